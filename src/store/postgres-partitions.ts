// Events of PostgreSQL lie in a table for each UTC month: what is old goes by dropping one. The id of a hit begins with
// its time, so ids bound the months.
import { hitIdAt } from './hit-ids.ts';

/** A month of events: its table, the first id in it, and the first behind it. */
export interface EventMonth {
  readonly table: string;
  readonly from: Buffer;
  readonly before: Buffer;
}

const FIRST_YEAR = 2020;
const LAST_YEAR = 2099;

/** The month of a time; nothing for times that no clock should have, whose events lie together in one table. */
export function monthOf(atMs: number): EventMonth | undefined {
  const at = new Date(atMs);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) return undefined;
  return {
    table: `events_${year}_${String(month + 1).padStart(2, '0')}`,
    from: hitIdAt(Date.UTC(year, month)),
    before: hitIdAt(Date.UTC(year, month + 1)),
  };
}

/** The month whose events a table has. */
export function monthIn(table: string): EventMonth | undefined {
  const [, year, month] = /^events_(\d{4})_(\d{2})$/.exec(table) ?? [];
  return year === undefined ? undefined : monthOf(Date.UTC(Number(year), Number(month) - 1));
}

/** Makes the table of a month, if it is not there. */
export function createMonth({ table, from, before }: EventMonth): string {
  return `CREATE TABLE IF NOT EXISTS ${table} PARTITION OF events
    FOR VALUES FROM ('\\x${from.toString('hex')}') TO ('\\x${before.toString('hex')}')`;
}

/** The tables of months that there are. */
export const MONTHS = "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'events'::regclass";
