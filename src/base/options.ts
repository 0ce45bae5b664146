// Checks a caller's options object at the edge: unknown names are refused with the nearest known one in the message.
import { TelltaleError } from './errors.ts';
import { quote } from './ids.ts';

/**
 * Refuses anything but a plain object with known names.
 *
 * @throws TelltaleError `INVALID_OPTION` or `UNKNOWN_OPTION`; `of` names the call in the sentence.
 */
export function checkOptionNames(options: unknown, known: readonly string[], of: string): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new TelltaleError('INVALID_OPTION', `${of} expects an object of options (${known.join(', ')}).`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TelltaleError('UNKNOWN_OPTION', `${of} has no option ${quote(name)}. ${suggestion(name, known)}`);
  }
}

/** Returns `value` when it is one of `allowed`; otherwise says what is. */
export function checkChoice<T extends string>(value: unknown, allowed: readonly T[], name: string): T {
  const found = allowed.find((choice) => choice === value);
  if (found !== undefined) return found;
  const came = typeof value === 'string' ? quote(value) : String(value);
  throw new TelltaleError('INVALID_OPTION', `${name} must be one of ${allowed.join(', ')}, but ${came} came.`);
}

/** Returns `value` when it is true or false, and false when it is not given: the text "false" would mean true. */
export function checkFlag(value: unknown, name: string): boolean {
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw new TelltaleError('INVALID_OPTION', `${name} must be true or false, but ${kindOf(value)} came.`);
}

/** What a value is, for a sentence that says what came. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Promise) return 'a promise';
  return value instanceof Uint8Array ? 'bytes' : typeof value;
}

function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? `Known options: ${known.join(', ')}.` : `Did you mean ${near}?`;
}

/** The known name at most three edits away from `name`, if any. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= 3 ? best.candidate : undefined;
}

function editDistance(a: string, b: string): number {
  if (a.length > 60 || b.length > 60) return 60;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
