// The honeypot: a link that no person sees, tabs to or hears, so that whoever follows it is a program. It stands at the
// end of the mail and leads where the first link leads, so that a program finds nothing odd in it.

import { findPixelPlaces } from '../html/find-pixel-places.ts';
import type { Place } from '../html/line-index.ts';
import { overlapsTag } from '../html/merge-tags.ts';
import type { ParsedMail } from '../html/parse-mail.ts';
import type { SourceRange } from '../html/scan-attribute.ts';
import type { Fit } from './fit-link.ts';
import type { MailNote } from './mail-notes.ts';
import type { Splice } from './template.ts';

export interface Honeypot {
  readonly splices: readonly Splice[];
  readonly notes: readonly MailNote[];
}

export const NO_HONEYPOT: Honeypot = { splices: [], notes: [] };

/** Puts the honeypot into a mail with tracked links. */
export function addHoneypot(
  mail: ParsedMail,
  links: readonly { readonly index: number; readonly destination: string; readonly merged?: true }[],
  context: {
    readonly baseUrl: string;
    readonly fit: Fit;
    readonly tags: readonly SourceRange[];
    readonly placeAt: (offset: number) => Place;
  },
): Honeypot {
  const [place] = [...findPixelPlaces(mail, 'bottom'), ...findPixelPlaces(mail, 'top')].filter(
    (at) => !overlapsTag({ start: at, end: at }, context.tags),
  );
  const destination = links.find(({ merged }) => merged === undefined)?.destination;
  if (place === undefined || destination === undefined)
    return without('the mail has no tracked link, or no place for it');
  const index = links.reduce((most, link) => Math.max(most, link.index), 0) + 1;
  const token = context.fit({ index, count: index + 1, destination, honeypot: true });
  if (token === undefined) return without('its tracked URL could be too long');
  const after = `/${token}" aria-hidden="true" tabindex="-1" style="display:none;mso-hide:all"></a>`;
  const splice = { start: place, end: place, before: `<a href="${context.baseUrl}/c/`, after };
  const message = `a link that no person sees is put in as link ${index}: who follows it is a program`;
  return {
    splices: [splice],
    notes: [{ code: 'honeypot-added', severity: 'info', message, ...context.placeAt(place) }],
  };
}

function without(reason: string): Honeypot {
  const message = `no honeypot was put in: ${reason}`;
  return { splices: [], notes: [{ code: 'no-honeypot', severity: 'warning', message, line: 1, column: 1 }] };
}
