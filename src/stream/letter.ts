// What one message of the stream carries: hits of one journal and one partition, each with its place in the journal, and
// between which places they lie. Its headers alone say the places, so that a body that cannot be read leaves no gap.
import { readBody, writeBody } from '../base/hit-body.ts';
import type { FitEntry, SourceEntry } from '../settle/settle-entries.ts';

/** The places between which the hits of a letter lie, in the sequence of one journal's partition. */
export interface LetterPlace {
  /** `<id of the journal>#<partition>`. */
  readonly journal: string;
  readonly after: number;
  readonly through: number;
}

/** An entry with the text it was sent as. */
export interface LetterEntry extends SourceEntry {
  readonly text: string;
}

export type ReadLetter =
  | { readonly kind: 'letter'; readonly place: LetterPlace; readonly entries: readonly LetterEntry[] }
  /** Its format is a later one's: whoever reads that can settle it. */
  | { readonly kind: 'newer'; readonly format: string }
  /** Nothing of ours. */
  | { readonly kind: 'unreadable' };

export const LETTER_FORMAT = '1';

export const LETTER_HEADERS = {
  format: 'Telltale-Format',
  journal: 'Telltale-Journal',
  after: 'Telltale-After',
  through: 'Telltale-Through',
} as const;

/** The line of an entry. */
export function writeLine({ seq, hit }: FitEntry): string {
  return `${seq} ${writeBody(hit)}`;
}

/** Reads a message; a line that is no hit is an entry without one. */
export function readLetter(header: (name: string) => string, body: string): ReadLetter {
  const format = header(LETTER_HEADERS.format);
  if (/^\d+$/.test(format) && Number(format) > Number(LETTER_FORMAT)) return { kind: 'newer', format };
  const place = {
    journal: header(LETTER_HEADERS.journal),
    after: Number(header(LETTER_HEADERS.after)),
    through: Number(header(LETTER_HEADERS.through)),
  };
  if (format !== LETTER_FORMAT || !isPlace(place)) return { kind: 'unreadable' };
  const lines = body === '' ? [] : body.split('\n');
  return { kind: 'letter', place, entries: lines.map((line) => readLine(line, place.through)) };
}

function isPlace({ journal, after, through }: LetterPlace): boolean {
  const isBetween = Number.isSafeInteger(after) && Number.isSafeInteger(through) && after >= 0 && through > after;
  return /^[0-9a-f-]{36}#\d+$/.test(journal) && isBetween;
}

/** A line without a place counts as the last: it is kept aside, and hides none. */
function readLine(line: string, through: number): LetterEntry {
  const [, seq = '', text = line] = /^(\d{1,15}) (.*)$/s.exec(line) ?? [];
  return { seq: seq === '' ? through : Number(seq), hit: readHit(text), text };
}

function readHit(text: string): SourceEntry['hit'] {
  try {
    return readBody(text);
  } catch {
    return null;
  }
}
