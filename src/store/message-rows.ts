// The list of messages with the counts that it shows, one query a page, sorted by what is kept; and what a sender says of
// a message.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { MessageQuery, MessageSort, ReportSource } from '../report/report-source.ts';
import { COUNT_LABELS, codeOf, KINDS } from './codes.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

/** What a sender says of a message; what is not said stays, null takes it back. Cost and currency go together. */
export interface MessageDescription {
  readonly name?: string | null | undefined;
  readonly cost?: string | null | undefined;
  readonly currency?: string | null | undefined;
}

export interface Descriptions {
  /** Describes a message, and makes it where there is none; whether it was made. */
  describeMessage(id: string, description: MessageDescription): Promise<boolean>;
}

export function makeDescriptions(writer: Writer): Descriptions {
  return {
    describeMessage: (id, { name, cost, currency }) =>
      writer.transaction(() => {
        const { findMessage, setName, setCost } = writer.statements;
        const isNew = findMessage.get(id) === undefined;
        const key = writer.messages.keyOf({ id, atMs: Date.now() });
        if (name !== undefined) setName.run(name, key);
        if (cost !== undefined && currency !== undefined) setCost.run(cost, currency, key);
        return isNew;
      }, 'none'),
  };
}

/** What a report needs of a message's own row. */
export const MESSAGE_COLUMNS = [
  'id',
  'name',
  'sent',
  'first_sent_at_ms as firstSentAtMs',
  'measurable_opens as measurableOpens',
  'measurable_clicks as measurableClicks',
  'unsubscribes',
  'hidden',
  'cost',
  'currency',
  'delivered',
  'bounces',
  'complaints',
] as const;

export function makeMessageList(db: Kysely<Tables>): Pick<ReportSource, 'listMessages'> {
  return {
    async listMessages(page) {
      const rows = await listed(db, page).execute();
      return rows.map(
        ({
          key,
          by,
          openTotal,
          openers,
          openPeople,
          openAnonymous,
          clickTotal,
          clickers,
          clickPeople,
          clickAnonymous,
          ...message
        }) => ({
          ...message,
          opens: { total: openTotal, recipients: openers, people: openPeople, anonymous: openAnonymous },
          clicks: { total: clickTotal, recipients: clickers, people: clickPeople, anonymous: clickAnonymous },
          place: { by, key },
        }),
      );
    },
  };
}

function listed(db: Kysely<Tables>, { sort, search, after, limit }: MessageQuery) {
  const by = SORT_KEYS[sort];
  const direction = sort === 'name' ? 'asc' : 'desc';
  const isBehind = sort === 'name' ? sql`>` : sql`<`;
  const like = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return db
    .selectFrom('messages')
    .select(MESSAGE_COLUMNS)
    .select(['messages.key', by.as('by')])
    .select([
      total('open').as('openTotal'),
      recipients('open', 'all').as('openers'),
      recipients('open', 'people').as('openPeople'),
      count('open', 'all', 'anonymous').as('openAnonymous'),
      total('click').as('clickTotal'),
      recipients('click', 'all').as('clickers'),
      recipients('click', 'people').as('clickPeople'),
      count('click', 'all', 'anonymous').as('clickAnonymous'),
    ])
    .$if(search !== '', (query) =>
      query.where(
        sql<boolean>`(lower(id) LIKE lower(${like}) ESCAPE '\\' OR lower(name) LIKE lower(${like}) ESCAPE '\\')`,
      ),
    )
    .$if(after !== null && sort === 'newest', (query) => query.where('messages.key', '<', after?.key ?? 0))
    .$if(after !== null && sort !== 'newest', (query) =>
      query.where(sql<boolean>`(${by}, messages.key) ${isBehind} (${after?.by ?? 0}, ${after?.key ?? 0})`),
    )
    .orderBy(sort === 'newest' ? 'messages.key' : by, direction)
    .orderBy('messages.key', direction)
    .limit(limit);
}

function total(kind: 'open' | 'click') {
  return count(kind, 'all', 'total');
}

function recipients(kind: 'open' | 'click', label: 'all' | 'people') {
  return count(kind, label, 'recipients');
}

function count(kind: 'open' | 'click', label: 'all' | 'people', column: 'total' | 'recipients' | 'anonymous') {
  return sql<number>`coalesce((SELECT ${sql.ref(column)} FROM counts WHERE message_key = messages.key
    AND kind = ${sql.lit(codeOf(KINDS, kind))} AND label = ${sql.lit(codeOf(COUNT_LABELS, label))}), 0)`;
}

const SORT_KEYS: Readonly<Record<MessageSort, RawBuilder<string | number>>> = {
  newest: sql<number>`0`,
  name: sql<string>`coalesce(messages.name, messages.id)`,
  sent: sql<number>`messages.sent`,
  opened: recipients('open', 'people'),
  clicked: recipients('click', 'people'),
};
