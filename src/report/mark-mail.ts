// A kept mail with its links marked: an attribute behind each tag's name says what the link was worth, and a style sheet
// shows it. Both are spliced in; no other byte of the mail changes. Browsers take the first of two attributes of a name, so
// what stands in the mail cannot gainsay the marks.
import type { KeptMail, ReachingTag } from '../base/kept-mail.ts';
import type { MappedLink } from './click-map.ts';

/** A share beside that of the most clicked link, from 0 (none) to 5. */
export type Heat = 0 | 1 | 2 | 3 | 4 | 5;

/**
 * Marks the links of a mail.
 *
 * @param options.images whether images from elsewhere will load; where not, their places are shown.
 */
export function markMail(mail: KeptMail, links: readonly MappedLink[], options: { readonly images: boolean }): string {
  const byIndex = new Map(links.map((link) => [link.index, link]));
  const most = mostClicked(links);
  const marks = mail.marks.flatMap(({ at, index }) => {
    const link = byIndex.get(index);
    return link === undefined ? [] : { at, text: attributesOf(link, heatOf(link, most)) };
  });
  const tamed = mail.reaching.map(({ tag, at }) => ({ at, text: HARMLESS[tag] }));
  const sheet = `<style>${MARKS}${options.images ? '' : NO_IMAGES}</style>`;
  const style = { at: mail.bodyAt ?? mail.html.length, text: sheet };
  return insert(mail.html, [...marks, ...tamed, style]);
}

/**
 * Browsers connect to the host of a frame, of a link that is followed, or of one that asks for it ahead of time, before they
 * ask the policy of the page.
 */
const HARMLESS: Readonly<Record<ReachingTag['tag'], string>> = {
  a: ' href="#"',
  area: ' href="#"',
  link: ' rel="none"',
  iframe: ' srcdoc=""',
  frame: ' src="about:blank"',
};

/** The human clicks of the link that has most. */
export function mostClicked(links: readonly MappedLink[]): number {
  return links.reduce((most, { human }) => Math.max(most, human), 0);
}

/** How hot a link is, beside the most clicked one. */
export function heatOf({ human }: Pick<MappedLink, 'human'>, most: number): Heat {
  if (human === 0 || most === 0) return 0;
  return Math.ceil((human / most) * 5) as Heat;
}

/** A share of clicks in words: `12 %`, `<1 %`; a dash where there are no clicks to share. */
export function shareWords(share: number | null): string {
  if (share === null) return '–';
  const percent = share * 100;
  return percent > 0 && percent < 1 ? '<1 %' : `${Math.round(percent)} %`;
}

function attributesOf(link: MappedLink, heat: Heat): string {
  // It breaks behind the number alone.
  const words = link.share === null ? '' : ` ·\u00a0${shareWords(link.share).replace(' ', '\u00a0')}`;
  return ` data-telltale-heat="${heat}" data-telltale-share="#${link.index}${words.replace('<', '&lt;')}"`;
}

function insert(source: string, insertions: readonly { readonly at: number; readonly text: string }[]): string {
  let out = '';
  let from = 0;
  for (const { at, text } of [...insertions].sort((a, b) => a.at - b.at)) {
    out += source.slice(from, at) + text;
    from = at;
  }
  return out + source.slice(from);
}

/** Thrice, so that it comes before what a mail says of its links. */
const LINK = 'a[data-telltale-share][data-telltale-share][data-telltale-share]';

/** From pale to strong: the tint over a link, its frame, its badge and the letters in that. */
const HEATS: readonly (readonly [tint: string, frame: string, badge: string, ink: string])[] = [
  ['rgba(120,120,120,.06)', '#9aa0a3', '#eceeee', '#3c4346'],
  ['rgba(240,160,60,.10)', '#e2b06a', '#fdebd0', '#5e3a06'],
  ['rgba(240,150,50,.16)', '#e0993c', '#fbd7a3', '#5b3303'],
  ['rgba(235,130,40,.22)', '#d97f20', '#f5b265', '#4a2600'],
  ['rgba(225,100,30,.28)', '#c85f12', '#b8510c', '#ffffff'],
  ['rgba(205,70,20,.34)', '#a83c0c', '#8f320a', '#ffffff'],
];

const BADGE: Readonly<Record<string, string>> = {
  content: 'attr(data-telltale-share)',
  ...{ display: 'inline-block', position: 'static', float: 'none', visibility: 'visible', opacity: '1' },
  ...{ width: 'auto', height: 'auto', margin: '0 0 0 4px', padding: '1px 6px', border: '0', 'border-radius': '9px' },
  ...{ font: '600 11px/16px system-ui,sans-serif', 'letter-spacing': '0', 'text-transform': 'none' },
  ...{ 'text-decoration': 'none', 'text-indent': '0', 'text-shadow': 'none', 'white-space': 'nowrap' },
  ...{ 'vertical-align': 'middle', direction: 'ltr', 'box-shadow': '0 0 0 1px #fff' },
};

/**
 * A badge beside an image would push the mail apart, and one at the corner of the link stands far from the image: of a link
 * around an image a browser knows a line of text alone. So it is anchored to the image itself (CSS Anchor Positioning), in its
 * corner, or half below one that is lower than {@link SMALL}; there it is as wide as its number.
 */
const SMALL = '64px';
const OVER_IMAGE: Readonly<Record<string, string>> = {
  ...{ position: 'absolute', 'position-anchor': '--telltale', right: 'anchor(right)', left: 'auto', top: 'auto' },
  bottom: `calc(anchor(bottom) - clamp(0px, (${SMALL} - anchor-size(height)) * 999, 12px))`,
  ...{ margin: '0', padding: '1px 4px', 'box-sizing': 'border-box', height: '18px', overflow: 'hidden' },
  // The share is on a second line, which is not seen, where the first has no room for it.
  ...{ 'max-width': 'max(34px, anchor-size(width))', 'white-space': 'normal', 'text-align': 'center' },
  'z-index': '2147483646',
};

const ANCHORED = [
  rule(`${LINK}:has(img)`, { 'anchor-scope': '--telltale' }),
  rule(`${LINK} img`, { 'anchor-name': '--telltale' }),
  rule(`${LINK}:has(img)::after`, OVER_IMAGE),
  rule(`${LINK}:has(img):hover::after`, { 'max-width': 'none', 'white-space': 'nowrap', 'z-index': '2147483647' }),
].join('');

const MARKS = [
  rule('a,area', { cursor: 'default' }),
  rule(`${LINK}::after`, BADGE),
  // Elsewhere it stands behind the image.
  `@supports (anchor-scope:all){${ANCHORED}}`,
  ...HEATS.flatMap(([tint, frame, badge, ink], heat) => {
    const hot = `${LINK}[data-telltale-heat="${heat}"]`;
    return [
      // A shadow keeps to the link's own lines, where an outline would run round its badge.
      rule(hot, { 'box-shadow': `inset 0 0 0 999px ${tint}, 0 0 0 2px ${frame}` }),
      rule(`${hot}:has(img)`, { 'box-shadow': 'none' }),
      rule(`${hot} img`, { outline: `3px solid ${frame}`, 'outline-offset': '-3px' }),
      rule(`${hot}::after`, { background: badge, color: ink }),
    ];
  }),
].join('');

/** The place of an image that did not come. */
const NO_IMAGES = rule('img:not([src^="data:"])', {
  ...{ 'background-color': '#ecebe6', outline: '1px dashed #c4c0b4', 'outline-offset': '-1px' },
});

function rule(selector: string, properties: Readonly<Record<string, string>>): string {
  const lines = Object.entries(properties).map(([name, value]) => `${name}:${value}!important`);
  return `${selector}{${lines.join(';')}}`;
}
