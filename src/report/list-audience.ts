// An audience: recipients by what they did and did not do, over one message or several, so that they can be mailed next. Who
// gets no more mail, or has taken back what the question needs, is in none; who may not be known to have opened or
// clicked is not said to have not.
import { decodeKey, encodeKey, type Page, type PageOf } from './cursor.ts';
import { knownMessage } from './known-message.ts';
import { readCriteria } from './read-criteria.ts';
import type { FlatTable } from './report-rows.ts';
import type { ReportSource } from './report-source.ts';

export interface AudienceRow {
  readonly recipient: string;
}

export interface AudienceOptions extends PageOf {
  readonly message: string;
  /** What they did, all of it: see {@link readCriteria}. @default 'sent' */
  readonly who?: string | undefined;
  /** What they did not do, none of it. @default nothing */
  readonly not?: string | undefined;
  /** Takes opens and clicks of machines for theirs, too. @default false */
  readonly machines?: boolean | undefined;
}

/** Bytes of a recipient's key in the store. */
const KEY_BYTES = 8;

/**
 * One page of an audience, in the order of the recipients' keys.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`, `INVALID_OPTION`, `INVALID_CURSOR`.
 */
export async function listAudience(source: ReportSource, options: AudienceOptions): Promise<Page<AudienceRow>> {
  const { message, who = 'sent', not, machines = false, cursor, limit } = options;
  const after = decodeKey(cursor, 'a', KEY_BYTES);
  const did = readCriteria(who, message, 'who');
  const didNot = not === undefined ? [] : readCriteria(not, message, 'not');
  for (const id of new Set([...did, ...didNot].map((criterion) => criterion.message))) await knownMessage(source, id);
  const { rows, next } = await source.audienceIn({ who: did, not: didNot, machines, after, limit });
  return { items: rows.map((recipient) => ({ recipient })), next: encodeKey('a', next) };
}

/** As a list that `telltale send` and `rewrite` take. */
export function audienceTable(items: readonly AudienceRow[]): FlatTable {
  return { columns: ['recipient'], rows: items.map(({ recipient }) => ({ recipient })) };
}
