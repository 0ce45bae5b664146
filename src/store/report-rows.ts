// Reads what reports show: counts that were kept when hits and sends came. None of it grows with events or sends.
import type { Kysely } from 'kysely';
import { getOrSet } from '../base/get-or-set.ts';
import { DEVICES } from '../classify/mail-clients.ts';
import type { DomainRow, ReportSource } from '../report/report-source.ts';
import type { AudienceCell } from '../stats/audience.ts';
import { audienceCell } from './audience-rows.ts';
import { COUNT_LABELS, NO_DEVICE, wordOf } from './codes.ts';
import { MESSAGE_COLUMNS } from './message-rows.ts';
import { NO_TEXT, type Tables } from './tables.ts';

/** The kinds for which there are counts: the first of all. */
const COUNTED_KINDS = ['open', 'click'] as const;

/** What is kept of a message whole. */
type Methods = Pick<ReportSource, 'findMessage' | 'countsOf' | 'audiencesOf' | 'usageOf' | 'linksOf' | 'domainsOf'>;

export function makeReportSource(db: Kysely<Tables>): Methods {
  return {
    async findMessage(id) {
      return await db.selectFrom('messages').select(MESSAGE_COLUMNS).where('id', '=', id).executeTakeFirst();
    },
    async countsOf(id) {
      const rows = await db
        .selectFrom('counts')
        .innerJoin('messages', 'messages.key', 'counts.message_key')
        .select(['kind', 'label', 'total', 'recipients', 'anonymous'])
        .where('messages.id', '=', id)
        .execute();
      return rows.map(({ kind, label, ...counts }) => ({
        kind: wordOf(COUNTED_KINDS, kind),
        label: wordOf(COUNT_LABELS, label),
        ...counts,
      }));
    },
    async audiencesOf(id, earlierMax) {
      const message = await db.selectFrom('messages').select('key').where('id', '=', id).executeTakeFirst();
      if (message === undefined) return { message: [], earlier: [] };
      const earlier = db
        .selectFrom('messages')
        .select('key')
        .where('key', '<', message.key)
        .where('sent', '>', 0)
        .orderBy('key', 'desc')
        .limit(earlierMax);
      const rows = await db
        .selectFrom('audiences')
        .select(['message_key', 'cohort', 'seen', 'recipients'])
        .where((eb) => eb.or([eb('message_key', '=', message.key), eb('message_key', 'in', earlier)]))
        .where('recipients', '>', 0)
        .orderBy('message_key', 'desc')
        .orderBy('cohort')
        .orderBy('seen')
        .execute();
      const cells = new Map<number, AudienceCell[]>([[message.key, []]]);
      for (const row of rows) getOrSet(cells, row.message_key, () => []).push(audienceCell(row));
      const [own = [], ...others] = cells.values();
      return { message: own, earlier: others };
    },
    async usageOf(id) {
      const rows = await db
        .selectFrom('usage_counts')
        .innerJoin('messages', 'messages.key', 'usage_counts.message_key')
        .innerJoin('texts', 'texts.key', 'usage_counts.client_key')
        .select(['kind', 'client_key', 'texts.text', 'device', 'total', 'anonymous'])
        .where('messages.id', '=', id)
        .where('total', '>', 0)
        .execute();
      return rows.map(({ kind, client_key, text, device, total, anonymous }) => ({
        kind: wordOf(COUNTED_KINDS, kind),
        client: client_key === NO_TEXT ? null : text,
        device: device === NO_DEVICE ? null : wordOf(DEVICES, device - 1),
        ...{ total, anonymous },
      }));
    },
    async linksOf(id, limit) {
      const message = await db.selectFrom('messages').select('key').where('id', '=', id).executeTakeFirst();
      if (message === undefined) return [];
      const registered = db
        .selectFrom('links')
        .select(['link_index', 'destination_key'])
        .where('message_key', '=', message.key);
      const clicked = db
        .selectFrom('link_counts')
        .select(['link_index', 'destination_key'])
        .where('message_key', '=', message.key);
      const rows = await db
        .selectFrom(registered.union(clicked).as('seen'))
        .innerJoin('texts', 'texts.key', 'seen.destination_key')
        .leftJoin('links', (join) =>
          join
            .onRef('links.link_index', '=', 'seen.link_index')
            .onRef('links.destination_key', '=', 'seen.destination_key')
            .on('links.message_key', '=', message.key),
        )
        .leftJoin('link_counts', (join) =>
          join
            .onRef('link_counts.link_index', '=', 'seen.link_index')
            .onRef('link_counts.destination_key', '=', 'seen.destination_key')
            .on('link_counts.message_key', '=', message.key),
        )
        .select([
          'seen.link_index',
          'texts.text',
          'links.name',
          'links.template',
          'link_counts.total',
          'link_counts.recipients',
          'link_counts.people',
          'link_counts.anonymous',
        ])
        .orderBy('seen.link_index')
        .orderBy('texts.text')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        index: row.link_index,
        // What a merged link leads to is kept nowhere; what it is made of says which it is.
        destination: row.template ?? row.text,
        name: row.name,
        total: row.total ?? 0,
        recipients: row.recipients ?? 0,
        people: row.people ?? 0,
        anonymous: row.anonymous ?? 0,
      }));
    },
    async domainsOf(id, limit) {
      const domains = db
        .selectFrom('messages')
        .innerJoin('domain_counts', 'domain_counts.message_key', 'messages.key')
        .where('messages.id', '=', id);
      const figures = ['domain_counts.sent', 'domain_counts.opened', 'domain_counts.clicked'] as const;
      const all = await domains.select(figures).where('domain_key', '=', NO_TEXT).executeTakeFirst();
      const rows = await domains
        .innerJoin('texts', 'texts.key', 'domain_key')
        .select(['texts.text as domain', ...figures])
        .where('domain_key', '!=', NO_TEXT)
        .orderBy('domain_counts.message_key')
        .orderBy('domain_counts.sent', 'desc')
        .limit(limit)
        .execute();
      return { all: all ?? { sent: 0, opened: 0, clicked: 0 }, rows: rows.sort(byFigures) };
    },
  };
}

/** The largest first; those of one size by name, so that their order never changes by itself. */
function byFigures(a: DomainRow, b: DomainRow): number {
  return b.sent - a.sent || (a.domain < b.domain ? -1 : 1);
}
