// The first mails of a mailing before it is sent: what each reader would get, with the tracked links marked.
import { heatOf } from '../report/mark-mail.ts';
import { queryOf } from './addresses.ts';
import type { MailWidth } from './click-map-page.ts';
import { MAIL_WIDTHS, WIDTH_NAMES } from './click-map-page.ts';
import { renderPage } from './render-page.ts';
import { countWords, cut, numberWords } from './words.ts';

/** A mail that would be sent, or why it would not. */
export interface PreviewedMail {
  readonly to: string;
  readonly subject: string;
  /** All headers, a line each, as they would go out. */
  readonly headers: string;
  readonly text: string;
  /** Of the HTML. */
  readonly bytes: number;
  readonly links: readonly { readonly index: number; readonly destination: string; readonly name: string }[];
  /** Why this recipient would get none; null for who gets one. */
  readonly problem: string | null;
}

export interface PreviewPage {
  readonly message: string;
  readonly mails: readonly PreviewedMail[];
  /** The place of the one that is shown. */
  readonly shown: number;
  /** Of the whole list. */
  readonly total: number;
  readonly width: MailWidth;
  readonly images: boolean;
  /** What the sender should know of the mail. */
  readonly warnings: readonly string[];
}

const TITLE_CHARS = 80;
const DESTINATION_CHARS = 200;

/** The page. */
export function previewPage(page: PreviewPage): string {
  const { message, mails, shown, total, width, images, warnings } = page;
  const mail = mails[shown];
  const self = (place: number, query: { readonly width?: MailWidth; readonly images?: string }) =>
    `${place + 1}${trimmed(queryOf({ width, images: images ? 'load' : '', ...query }))}`;
  return renderPage('preview', {
    ...{ root: '', csrf: '', width, warnings },
    title: cut(message, TITLE_CHARS),
    total: countWords(total, 'recipient'),
    mails: mails.map(({ to, problem }, place) => ({
      ...{ to: cut(to, TITLE_CHARS), isBad: problem !== null, href: self(place, {}), isShown: place === shown },
    })),
    mail: {
      ...{
        subject: mail?.subject ?? '',
        headers: mail?.headers ?? '',
        text: mail?.text ?? '',
        problem: mail?.problem ?? '',
      },
      bytes: numberWords(mail?.bytes ?? 0),
      frame: `${shown + 1}/mail${trimmed(queryOf({ images: images ? 'load' : '' }))}`,
      links: (mail?.links ?? []).map((link) => ({
        ...{ index: link.index, heat: heatOf({ human: 0 }, 0) },
        ...{ name: cut(link.name, TITLE_CHARS), destination: cut(link.destination, DESTINATION_CHARS) },
      })),
    },
    widths: MAIL_WIDTHS.map((one) => ({
      ...{ name: WIDTH_NAMES[one], href: self(shown, { width: one }), isShown: one === width },
    })),
    images: { isLoading: images, href: self(shown, { images: images ? '' : 'load' }) },
  });
}

function trimmed(query: string): string {
  return query === '?' ? '' : query;
}
