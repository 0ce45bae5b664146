// The file of a list of networks, and JSON that owners publish, read and checked. Loaded only where there is one to read.
import { z } from 'zod';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { NETWORK_KINDS } from '../base/nouns.ts';
import { prefixOf, readRange } from './ip-range.ts';
import type { NetworkList } from './network-list.ts';

const LIST = z.strictObject({
  id: z.string(),
  kind: z.enum(NETWORK_KINDS),
  source: z.string(),
  date: z.iso.date(),
  ranges: z.array(z.string()).min(1),
});

/**
 * Reads the file of a list: the JSON of a {@link NetworkList}.
 *
 * @throws TelltaleError `INVALID_NETWORKS`.
 */
export function readNetworkList(text: string): NetworkList {
  const list = parseAs(LIST, text);
  const problem = rangesProblem(list.ranges);
  if (problem !== undefined) throw invalidList(problem);
  return list;
}

/** What is wrong with the ranges of a list, if anything. */
export function rangesProblem(ranges: readonly string[]): string | undefined {
  for (const [index, text] of ranges.entries()) {
    const range = readRange(text);
    if (range === undefined) return `range ${index + 1} is ${quote(text)}`;
    const { family, bits } = prefixOf(range);
    if (bits < BITS_MIN[family]) return `range ${index + 1}, ${quote(text)}, is wider than any network of one owner`;
  }
  return undefined;
}

/** Wider ranges can only be a mistake, and would give half the world one kind. */
const BITS_MIN = { 4: 8, 6: 16 } as const;

/**
 * Reads JSON of a shape.
 *
 * @throws TelltaleError `INVALID_NETWORKS`.
 */
export function parseAs<T>(shape: z.ZodType<T>, text: string): T {
  const read = shape.safeParse(parseJson(text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw invalidList(`${place === '' ? '' : `at ${quote(place)} `}came something else: ${issue?.message}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidList('it is no JSON');
  }
}

export function invalidList(problem: string): TelltaleError {
  return new TelltaleError('INVALID_NETWORKS', `A list of networks was expected, but ${problem}.`);
}
