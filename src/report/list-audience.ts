// An audience: recipients by what they did and did not do, over one message or several, so that they can be mailed next. Who
// gets no more mail, or has taken back what the question needs, is in none; who may not be known to have opened or
// clicked is not said to have not.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { reportLinksMax } from '../base/limits.ts';
import { decodeKey, encodeKey, type Page, type PageOf } from './cursor.ts';
import { knownMessage } from './known-message.ts';
import { type Criterion, readCriteria } from './read-criteria.ts';
import type { FlatTable } from './report-rows.ts';
import type { LinkRow, ReportSource } from './report-source.ts';

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
 * @throws TelltaleError `UNKNOWN_MESSAGE`, `UNKNOWN_LINK`, `INVALID_OPTION`, `INVALID_CURSOR`.
 */
export async function listAudience(source: ReportSource, options: AudienceOptions): Promise<Page<AudienceRow>> {
  const { message, who = 'sent', not, machines = false, cursor, limit } = options;
  const after = decodeKey(cursor, 'a', KEY_BYTES);
  const did = readCriteria(who, message, 'who');
  const didNot = not === undefined ? [] : readCriteria(not, message, 'not');
  for (const id of new Set([...did, ...didNot].map((criterion) => criterion.message))) await knownMessage(source, id);
  if (after === null) {
    for (const criterion of did) await checkLink(source, criterion, 'who');
    for (const criterion of didNot) await checkLink(source, criterion, 'not');
  }
  const { rows, next } = await source.audienceIn({ who: did, not: didNot, machines, after, limit });
  return { items: rows.map((recipient) => ({ recipient })), next: encodeKey('a', next) };
}

/** Links that are named where another was asked for. */
const LINKS_NAMED = 10;

/** A misspelt link would make everybody one who did not click it. */
async function checkLink(source: ReportSource, { message, link }: Criterion, option: string): Promise<void> {
  if (link === null) return;
  const links = await source.linksOf(message, reportLinksMax);
  const isKnown = ({ index, name }: LinkRow) => String(index) === link || (name !== null && fold(name) === fold(link));
  // Of more links than are looked at, one may be behind them.
  if (links.length === reportLinksMax || links.some(isKnown)) return;
  const named = links.map(({ index, name }) => (name === null ? String(index) : `${index} ${quote(name)}`));
  const there = named.length === 0 ? 'It has none.' : `It has ${named.slice(0, LINKS_NAMED).join(', ')}`;
  const more = named.length > LINKS_NAMED ? ` and ${named.length - LINKS_NAMED} more.` : named.length > 0 ? '.' : '';
  throw new TelltaleError(
    'UNKNOWN_LINK',
    `${option}: the message ${quote(message)} has no link ${quote(link)} that is known. ${there}${more}`,
  );
}

/** As the store compares names: letters of ASCII alike in both cases. */
function fold(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** As a list that `telltale send` and `rewrite` take. */
export function audienceTable(items: readonly AudienceRow[]): FlatTable {
  return { columns: ['recipient'], rows: items.map(({ recipient }) => ({ recipient })) };
}
