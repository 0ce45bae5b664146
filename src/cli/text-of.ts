// The text part of a mail that has none: its HTML as a reader of text would have it.
import { convert } from 'html-to-text';

/** Makes the text; merge tags stay as they are, and no line is broken, since a tag may stand there. */
export function textOf(html: string): string {
  return convert(html, {
    wordwrap: false,
    selectors: [
      { selector: 'img', format: 'skip' },
      // Capitals would make another field of one.
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
      { selector: 'table', options: { uppercaseHeaderCells: false } },
      { selector: 'a', options: { ignoreHref: false, hideLinkHrefIfSameAsText: true, linkBrackets: ['', ''] } },
    ],
  });
}
