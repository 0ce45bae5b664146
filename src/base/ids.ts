// Message and recipient ids: the sender's own names, opaque to us, 1-128 bytes of UTF-8 without control characters.
import { TelltaleError } from './errors.ts';
import { idBytesMax } from './limits.ts';

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Returns `id` when it can name a message or a recipient.
 *
 * @throws TelltaleError `INVALID_ID` with what was wrong; `noun` names it in the sentence.
 */
export function checkId(id: unknown, noun: 'message' | 'recipient'): string {
  const problem = idProblem(id);
  if (problem === undefined) return id as string;
  throw new TelltaleError(
    'INVALID_ID',
    `A ${noun} id must be ${EXPECTED}, but ${problem}. Use an opaque id of your own.`,
  );
}

/** Says what keeps `id` from being an id, or nothing when it is one. */
export function idProblem(id: unknown): string | undefined {
  if (typeof id !== 'string') return `it is ${id === null ? 'null' : `of type ${typeof id}`}`;
  if (id === '') return 'it is empty';
  if (LONE_SURROGATE.test(id)) return `${quote(id)} holds half of a surrogate pair`;
  const bytes = Buffer.byteLength(id);
  if (bytes > idBytesMax) return `${quote(id)} has ${bytes} bytes, and ${idBytesMax} is the most`;
  if (CONTROL.test(id)) return `${quote(id)} holds a control character`;
  return undefined;
}

const EXPECTED = `1 to ${idBytesMax} bytes of text without control characters`;

/** A stranger's text made safe to print: JSON-quoted, controls escaped, cut to 60 characters. */
export function quote(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return JSON.stringify(cut).replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g, escapeCode);
}

function escapeCode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
