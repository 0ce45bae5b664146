// Notes: what the sender should know of a mail, in words, with a place and a code to look up.
import { gmailClipBytes } from '../base/limits.ts';
import type { FoundLinks } from '../html/find-links.ts';
import type { PixelPlacement } from '../html/find-pixel-places.ts';
import { type WarningCode, warnOfLink, warnOfMail } from '../html/find-warnings.ts';
import type { NoteCode, Severity } from '../html/judge-link.ts';
import type { Place } from '../html/line-index.ts';
import type { MergeSyntax } from '../html/merge-tags.ts';
import type { ParsedMail } from '../html/parse-mail.ts';
import type { AdornNoteCode } from './adorn-link.ts';

/** Something the sender should know: a link left alone, a mail that will be cut. */
export interface MailNote extends Place {
  readonly code: MailNoteCode;
  readonly severity: Severity;
  readonly message: string;
}

export type MailNoteCode =
  | NoteCode
  | 'not-a-link'
  | 'tracked-url-too-long'
  | 'no-pixel-place'
  | 'too-complex'
  | 'whole-message'
  | 'gmail-clip'
  | 'opt-out-attribute-removed'
  | 'honeypot-added'
  | 'no-honeypot'
  | AdornNoteCode
  | WarningCode;

/** A link that a merge tag touches. */
export const MERGED = {
  code: 'merge-tag',
  severity: 'warning',
  message: 'left alone: where it leads is known only when its merge tag is expanded',
} as const;

/** A link that is tracked when the mail is merged. */
export const LEFT_TO_MERGE = {
  code: 'merge-tag',
  severity: 'info',
  message: 'left to the merge: sendAll tracks where it leads for each recipient, another engine leaves it alone',
} as const;

interface NotedLink extends Place {
  readonly destination: string;
  readonly text: string;
}

/** Says when there was no place for the pixel. */
export function placeNotes(input: { readonly pixel: PixelPlacement }, places: readonly number[]): readonly MailNote[] {
  if (input.pixel === 'none' || places.length > 0) return [];
  const message = 'opens are not measured: the mail has no place where clients would load a pixel';
  return [{ code: 'no-pixel-place', severity: 'warning', message, line: 1, column: 1 }];
}

/** Warnings of tracked links. */
export function linkWarnings(input: { readonly baseUrl: string }, links: readonly NotedLink[]): readonly MailNote[] {
  const trackingHost = new URL(input.baseUrl).hostname;
  return links.flatMap(({ destination, text, line, column }) =>
    warnOfLink({ destination, text }, trackingHost).map(({ code, message }) => warn(code, message, { line, column })),
  );
}

/** Warnings of the mail as a whole. */
export function mailWarnings(
  input: { readonly merge: MergeSyntax | undefined },
  mail: ParsedMail,
  found: FoundLinks,
  placeAt: (offset: number) => Place,
): readonly MailNote[] {
  const hrefs = found.links.map((link) => link.value);
  return warnOfMail(mail, hrefs)
    .filter(({ code }) => code !== 'merge-tags-left' || input.merge === undefined)
    .map(({ code, message, offset }) => warn(code, message, placeAt(offset)));
}

function warn(code: WarningCode, message: string, { line, column }: Place): MailNote {
  return { code, severity: 'warning', message, line, column };
}

/** Says that an attribute was taken out. */
export function cutNote({ line, column }: Place): MailNote {
  const message = 'an attribute that speaks of tracking is taken out, as asked';
  return { code: 'opt-out-attribute-removed', severity: 'info', message, line, column };
}

/** Says when Gmail will cut the mail. */
export function sizeNotes(bytes: number): readonly MailNote[] {
  if (bytes < gmailClipBytes) return [];
  const message = `Gmail cuts mail near ${gmailClipBytes.toLocaleString('en')} bytes; this one will have about ${bytes.toLocaleString('en')}`;
  return [{ code: 'gmail-clip', severity: 'warning', message, line: 1, column: 1 }];
}
