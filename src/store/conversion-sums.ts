// Reads the sums of conversions that reports show: by link, and by UTC quarter hour folded into spans.
import { sql } from 'kysely';
import { ATTRIBUTION_MODELS } from '../base/conversion.ts';
import type { ConversionSumRow } from '../report/conversion-figures.ts';
import type { ReportSource } from '../report/report-source.ts';
import { codeOf, wordOf } from './codes.ts';
import type { Sql } from './sql.ts';

interface SumRow {
  readonly model: number;
  readonly verified: number;
  readonly currency: string;
  readonly parts: number;
  readonly minor: string;
}

export function makeConversionSums({
  db,
  dialect,
}: Pick<Sql, 'db' | 'dialect'>): Pick<ReportSource, 'conversionsOf' | 'conversionQuartersIn' | 'lastConversionOf'> {
  return {
    async conversionsOf(id) {
      const { rows } = await sql<SumRow & { readonly link: number }>`
        SELECT model, verified, link_index AS link, conversion_counts.currency, parts, CAST(minor AS TEXT) AS minor
        FROM conversion_counts JOIN messages ON messages.key = message_key
        WHERE messages.id = ${id} AND (parts <> 0 OR minor <> 0)`.execute(db);
      return rows.map((row) => ({ ...toSum(row), link: row.link < 0 ? null : row.link }));
    },
    async conversionQuartersIn(id, spans) {
      const places = JSON.stringify(spans.map(({ from, before }) => [from, before]));
      const { rows } = await sql<SumRow & { readonly at: number }>`
        SELECT spans.at, model, verified, currency, sum(parts) AS parts, CAST(sum(minor) AS TEXT) AS minor
        FROM ${dialect.pairsIn(places)} AS spans CROSS JOIN conversion_quarters
        WHERE message_key = (SELECT key FROM messages WHERE id = ${id})
          AND quarter >= spans.first AND quarter < spans.second
        GROUP BY spans.at, model, verified, currency HAVING sum(parts) <> 0 OR sum(minor) <> 0`.execute(db);
      return rows.map((row) => ({ ...toSum(row), at: row.at }));
    },
    async lastConversionOf(id, model) {
      const row = await db
        .selectFrom('conversion_quarters')
        .select((eb) => eb.fn.max('quarter').as('quarter'))
        .where('message_key', '=', db.selectFrom('messages').select('key').where('id', '=', id))
        .where('model', '=', codeOf(ATTRIBUTION_MODELS, model))
        .where('parts', '>', 0)
        .executeTakeFirst();
      return row?.quarter ?? undefined;
    },
  };
}

function toSum({ model, verified, currency, parts, minor }: SumRow): ConversionSumRow {
  return {
    model: wordOf(ATTRIBUTION_MODELS, model),
    isVerified: verified === 1,
    currency: currency === '' ? null : currency,
    parts,
    minor,
  };
}
