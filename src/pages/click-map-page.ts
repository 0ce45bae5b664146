// The click map: the mail as it was sent with what its links were worth, in a frame, and the same as a table.
import type { ClickMap, MappedLink } from '../report/click-map.ts';
import { heatOf, mostClicked, shareWords } from '../report/mark-mail.ts';
import { addressOf, partOf } from './addresses.ts';
import { renderPage } from './render-page.ts';
import { tableBar } from './share-bar.ts';
import { countWords, cut, numberWords, timeWords } from './words.ts';

/** How wide the mail is shown: as in a window on a desk, or as on a phone. */
export const MAIL_WIDTHS = ['desk', 'phone'] as const;
export type MailWidth = (typeof MAIL_WIDTHS)[number];

export interface ClickMapPage {
  readonly map: ClickMap;
  readonly width: MailWidth;
  /** Whether images from elsewhere load. */
  readonly images: boolean;
  readonly csrf: string;
  readonly root: string;
}

/** The page. */
export function clickMapPage({ map, width, images, csrf, root }: ClickMapPage): string {
  const { id, name } = map.message;
  const chosen = { mail: map.shown === null || isFirst(map) ? '' : map.shown.id, images: images ? 'load' : '' };
  const self = (query: Readonly<Record<string, string>>) => partOf(root, id, 'map', { width, ...chosen, ...query });
  const most = mostClicked(map.links);
  return renderPage('click-map', {
    ...{ root, csrf, width },
    message: { title: cut(name ?? id, TITLE_CHARS), href: addressOf(root, 'messages', id) },
    frame: map.shown === null ? '' : partOf(root, id, 'mail', chosen),
    widths: MAIL_WIDTHS.map((one) => ({ name: WIDTH_NAMES[one], href: self({ width: one }), isShown: one === width })),
    images: { isLoading: images, href: self({ images: images ? '' : 'load' }) },
    variants: map.variants.map((variant, place) => ({
      name: `Version ${place + 1}`,
      note: `${timeWords(variant.firstCompiledAt, 'UTC')} UTC, ${countWords(variant.bytes, 'byte')}`,
      href: self({ mail: place === 0 ? '' : variant.id }),
      isShown: variant.id === map.shown?.id,
    })),
    clicks: numberWords(map.links.reduce((sum, { human }) => sum + human, 0)),
    links: map.links.map((link) => lineOf(link, most)),
  });
}

/** What the widths are called. */
export const WIDTH_NAMES: Readonly<Record<MailWidth, string>> = { desk: 'Desktop', phone: 'Phone' };

const TITLE_CHARS = 80;
const NAME_CHARS = 60;
const DESTINATION_CHARS = 90;

/** Why a link has no mark in the mail. */
const UNSEEN: Readonly<Record<string, string>> = {
  area: 'A place of an image, so it has no mark of its own.',
  outlook: 'Shown by Outlook on Windows alone, so not in this picture.',
  text: 'In the text part, so not in this picture.',
};

function isFirst({ variants, shown }: ClickMap): boolean {
  return variants[0]?.id === shown?.id;
}

function lineOf(link: MappedLink, most: number) {
  const { index, name, destination, human, total, share, shown } = link;
  const bar = tableBar({ className: 'human', value: human }, most);
  return {
    ...{ index, bar, heat: heatOf(link, most) },
    ...{ name: cut(name, NAME_CHARS), destination: cut(destination, DESTINATION_CHARS) },
    note: UNSEEN[shown ?? ''] ?? '',
    ...{ human: numberWords(human), total: numberWords(total), share: shareWords(share).replace(' ', '\u00a0') },
  };
}
