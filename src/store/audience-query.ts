// Finds audiences: one walks the rows of what they did first, a bounded window a page, and asks the others of each.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { listedRowsMax } from '../base/limits.ts';
import type { Criterion, Deed } from '../report/read-criteria.ts';
import type { AudienceQuery, ReportSource } from '../report/report-source.ts';
import { codeOf, KINDS, LEVELS } from './codes.ts';
import { controlNow } from './control-now.ts';
import { unpackId } from './recipient-keys.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

export function makeAudienceSource(
  db: Kysely<Tables>,
  { statements }: Pick<Writer, 'statements'>,
): Pick<ReportSource, 'audienceIn'> {
  return {
    async audienceIn(query) {
      const { rows, next } = await candidates(db, query);
      const control = controlNow(statements);
      const used = new Set([...query.who, ...query.not].map(({ deed }) => deed));
      const mayBeMailed = ({ key, id }: { readonly key: Buffer; readonly id: string }) => {
        if (control.isErased(id) || statements.suppressionOf.get(key) !== undefined) return false;
        const consent = control.consentOf(id);
        if (consent === undefined) return true;
        const opens = !used.has('opened') || consent.opens === 'individual';
        const clicks = !(used.has('clicked') || used.has('converted')) || consent.clicks === 'individual';
        return opens && clicks;
      };
      return { rows: rows.filter(mayBeMailed).map(({ id }) => id), next: next?.toString('hex') ?? null };
    },
  };
}

/** Keys have 8 bytes, so this is behind all of them. */
const LAST_KEY = Buffer.alloc(9, 0xff);

async function candidates(db: Kysely<Tables>, { who, not, machines, after, limit }: AudienceQuery) {
  const [first, ...others] = who;
  if (first === undefined) return { rows: [], next: undefined };
  const from = Buffer.from(after ?? '', 'hex');
  const table = DRIVERS[first.deed];
  const driven = sql`${sql.table(table)} WHERE message_key = ${keyOf(first.message)} AND recipient_key > ${from}`;
  const { rows: ends } = await sql<{ readonly key: Buffer }>`
    SELECT recipient_key AS key FROM ${driven} ORDER BY recipient_key LIMIT 1 OFFSET ${listedRowsMax - 1}`.execute(db);
  const end = ends[0]?.key;
  const conditions = [
    ...(first.deed === 'sent' ? [] : [didIt(first, machines)]),
    ...others.map((criterion) => didIt(criterion, machines)),
    ...not.map((criterion) => sql`NOT ${didIt(criterion, machines)} AND ${isKnown(criterion)}`),
  ];
  const { rows } = await sql<{ readonly key: Buffer; readonly id: string | Buffer }>`
    SELECT listed.key, recipients.id FROM (
      SELECT DISTINCT recipient_key AS key FROM ${driven} AND recipient_key <= ${end ?? LAST_KEY} ORDER BY recipient_key
    ) AS listed JOIN recipients ON recipients.key = listed.key
    WHERE ${sql.join([sql`1 = 1`, ...conditions], sql` AND `)} ORDER BY listed.key LIMIT ${limit + 1}`.execute(db);
  const shown = rows.slice(0, limit).map(({ key, id }) => ({ key, id: unpackId(id) }));
  return { rows: shown, next: rows.length > limit ? shown.at(-1)?.key : end };
}

/** The tables that have a row for each recipient who did it. */
const DRIVERS: Readonly<Record<Deed, 'sends' | 'states' | 'conversion_touches'>> = {
  sent: 'sends',
  opened: 'states',
  clicked: 'states',
  converted: 'conversion_touches',
};

function keyOf(message: string): RawBuilder<unknown> {
  return sql`(SELECT key FROM messages WHERE id = ${message})`;
}

function ofListed(table: string, message: string): RawBuilder<unknown> {
  return sql`SELECT 1 FROM ${sql.table(table)} AS asked
    WHERE asked.message_key = ${keyOf(message)} AND asked.recipient_key = listed.key`;
}

function didIt({ deed, message, link }: Criterion, machines: boolean): RawBuilder<unknown> {
  switch (deed) {
    case 'sent':
      return sql`EXISTS (${ofListed('sends', message)})`;
    case 'opened':
      return stateOf('open', message, machines);
    case 'clicked':
      return link === null ? stateOf('click', message, machines) : clickedLink(message, link, machines);
    case 'converted':
      // Of what was given back whole nothing was bought.
      return sql`EXISTS (${ofListed('conversion_touches', message)} AND EXISTS (SELECT 1 FROM conversions
        WHERE conversions.key = asked.conversion_key AND (refunded_minor = 0 OR refunded_minor < minor)))`;
  }
}

function stateOf(kind: 'open' | 'click', message: string, machines: boolean): RawBuilder<unknown> {
  const who = machines ? sql`` : sql` AND human + proxy_human > 0`;
  return sql`EXISTS (${ofListed('states', message)} AND kind = ${sql.lit(codeOf(KINDS, kind))}${who})`;
}

/** By the index of a link, or by its name. */
function clickedLink(message: string, link: string, machines: boolean): RawBuilder<unknown> {
  const index = /^\d{1,7}$/.test(link) ? Number(link) : -1;
  const who = machines ? sql`` : sql` AND people > 0`;
  return sql`EXISTS (${ofListed('link_states', message)}${who} AND (asked.link_index = ${index} OR EXISTS (
    SELECT 1 FROM links WHERE links.message_key = asked.message_key AND links.link_index = asked.link_index
      AND links.destination_key = asked.destination_key AND lower(links.name) = lower(${link}))))`;
}

/** Whether a recipient can be known to have not done it: their consent let it be seen when the message was sent. */
function isKnown({ deed, message }: Criterion): RawBuilder<unknown> {
  if (deed === 'sent') return sql`1 = 1`;
  const level = sql.ref(deed === 'opened' ? 'asked.opens' : 'asked.clicks');
  return sql`NOT EXISTS (${ofListed('sends', message)} AND ${level} <> ${sql.lit(codeOf(LEVELS, 'individual'))})`;
}
