// The events of a message as lists show them, in the order of their key, which is that of time.
import { type Kysely, sql } from 'kysely';
import { LABELS } from '../base/nouns.ts';
import type { EventQuery, ReportSource, StoredEventRow } from '../report/report-source.ts';
import { KINDS, NETWORKS, wordOf } from './codes.ts';
import { hitIdAt, timeOf } from './hit-ids.ts';
import { unpackId } from './recipient-keys.ts';
import type { Tables } from './tables.ts';

export function makeEventSource(db: Kysely<Tables>): Pick<ReportSource, 'eventsOf'> {
  return {
    async eventsOf(id, query) {
      const rows = await selectEvents(db, id, query).execute();
      const shown = rows.slice(0, query.limit);
      const next = rows.length > query.limit ? (shown.at(-1)?.hit_id.toString('hex') ?? null) : null;
      // Test traffic is left out here, so that a page never looks for others behind however much of it.
      const isShown = (row: (typeof rows)[number]) => query.isTestIncluded || row.test === 0;
      return { rows: shown.filter(isShown).map(toEvent), next };
    },
  };
}

function selectEvents(db: Kysely<Tables>, id: string, { after, fromMs, beforeMs, limit }: EventQuery) {
  return (
    db
      .selectFrom('messages')
      .innerJoin('events', 'events.message_key', 'messages.key')
      .innerJoin('verdicts', 'verdicts.key', 'events.verdict_key')
      .leftJoin('recipients', 'recipients.key', 'events.recipient_key')
      .leftJoin('texts as agents', 'agents.key', 'events.agent_key')
      .leftJoin('texts as methods', 'methods.key', 'events.method_key')
      .leftJoin('texts as destinations', 'destinations.key', 'events.destination_key')
      .select([
        ...(['events.hit_id', 'events.kind', 'events.link_index', 'events.network', 'events.repeat'] as const),
        ...(['events.test', 'recipients.id as recipient', 'destinations.text as destination'] as const),
        ...(['agents.text as agent', 'methods.text as method', 'verdicts.label', 'verdicts.confidence'] as const),
        ...(['verdicts.reasons', 'verdicts.rules_version'] as const),
      ])
      .where('messages.id', '=', id)
      .$if(after !== null, (query) => query.where('events.hit_id', '>', Buffer.from(after ?? '', 'hex')))
      .$if(fromMs !== null, (query) => query.where('events.hit_id', '>=', hitIdAt(fromMs ?? 0)))
      .$if(beforeMs !== null, (query) => query.where('events.hit_id', '<', hitIdAt(beforeMs ?? 0)))
      // By the message too, or SQLite sorts.
      .orderBy('events.message_key')
      .orderBy('events.hit_id')
      .limit(sql.lit(limit + 1))
  );
}

type SelectedEvent = Awaited<ReturnType<ReturnType<typeof selectEvents>['execute']>>[number];

function toEvent(row: SelectedEvent): StoredEventRow {
  return {
    id: row.hit_id.toString('hex'),
    recipient: row.recipient === null ? null : unpackId(row.recipient),
    kind: wordOf(KINDS, row.kind),
    atMs: timeOf(row.hit_id),
    link: row.link_index,
    destination: row.destination,
    label: wordOf(LABELS, row.label),
    confidence: row.confidence,
    reasons: row.reasons.split(' '),
    rulesVersion: row.rules_version,
    agent: row.agent ?? '',
    method: row.method ?? '',
    network: wordOf(NETWORKS, row.network),
    repeat: row.repeat === 1,
    test: row.test === 1,
  };
}
