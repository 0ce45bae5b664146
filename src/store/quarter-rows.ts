// Totals of a message by UTC quarter hour, folded into the hours and days that a timeline shows.
import { sql } from 'kysely';
import { smallCellHits } from '../base/limits.ts';
import { LABELS } from '../base/nouns.ts';
import type { QuarterSpan, ReportSource } from '../report/report-source.ts';
import { KINDS, wordOf } from './codes.ts';
import type { Dialect, Sql } from './sql.ts';

export function makeQuarterSource({
  db,
  dialect,
}: Pick<Sql, 'db' | 'dialect'>): Pick<ReportSource, 'quarterSpanOf' | 'quartersIn'> {
  return {
    async quarterSpanOf(id) {
      const quarters = (order: 'asc' | 'desc') =>
        db
          .selectFrom('quarter_counts')
          .select('quarter')
          .where('message_key', '=', db.selectFrom('messages').select('key').where('id', '=', id))
          .orderBy('message_key', order)
          .orderBy('quarter', order)
          .limit(1)
          .executeTakeFirst();
      const [first, last] = [await quarters('asc'), await quarters('desc')];
      return first === undefined || last === undefined ? undefined : { first: first.quarter, last: last.quarter };
    },
    async quartersIn(id, spans) {
      const { rows } = await foldQuarters(dialect, id, spans).execute(db);
      return rows.map(({ at, kind, label, total }) => ({
        ...{ at, total, label: wordOf(LABELS, label) },
        kind: wordOf(KINDS, kind) === 'open' ? 'open' : 'click',
      }));
    },
  };
}

/**
 * One look for each span, in its order; a total that late evidence took back is 0. Hits without a recipient are left out of a
 * quarter hour that has few, so that no two time zones tell of one between them.
 */
function foldQuarters({ pairsIn }: Dialect, id: string, spans: readonly QuarterSpan[]) {
  const places = JSON.stringify(spans.map(({ from, before }) => [from, before]));
  return sql<{ readonly at: number; readonly kind: number; readonly label: number; readonly total: number }>`
    SELECT spans.at, kind, label,
      sum(total - CASE WHEN anonymous < ${sql.lit(smallCellHits)} THEN anonymous ELSE 0 END) AS total
    FROM ${pairsIn(places)} AS spans CROSS JOIN quarter_counts
    WHERE message_key = (SELECT key FROM messages WHERE id = ${id})
      AND quarter >= spans.first AND quarter < spans.second
    GROUP BY spans.at, kind, label`;
}
