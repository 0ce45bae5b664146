// The statements that run once a hit or a send. Kysely writes each, SQLite prepares each, once; their arguments come in
// the order of the columns. To build and prepare them every time would cost ten times what running them does.
import { type Compilable, type Kysely, sql } from 'kysely';
import { maskMessages } from '../base/limits.ts';
import { codeOf, DELIVERY_STATES, KINDS } from './codes.ts';
import { type ConversionStatements, prepareConversions } from './conversion-statements.ts';
import { type DeliveryStatements, prepareDeliveries } from './delivery-statements.ts';
import { packId, type RecipientRows } from './recipient-keys.ts';
import { prepareRetention, type RetentionStatements } from './retain-statements.ts';
import { prepareSendLog, type SendLogStatements } from './send-log-statements.ts';
import type { Dialect, Sql, Statement } from './sql.ts';
import { prepareSweeping, type SweepStatements } from './sweep-statements.ts';
import { type ControlTopic, type LabelCounts, NO_TEXT, type Tables } from './tables.ts';
import { prepareWebhooks, type WebhookStatements } from './webhook-statements.ts';

export interface HotStatements {
  readonly recipients: RecipientRows;
  readonly retention: RetentionStatements;
  readonly sweeping: SweepStatements;
  readonly sendLog: SendLogStatements;
  readonly deliveries: DeliveryStatements;
  readonly webhooks: WebhookStatements;
  readonly conversions: ConversionStatements;
  /** A text that stays. */
  readonly findText: Statement<[string], number>;
  /** Makes a text that stays, or lets one stay; gives its number. */
  readonly addText: Statement<[string], number>;
  /** A text that stays, or is kept for hits of a day at least. */
  readonly findSignal: Statement<[text: string, day: number], number>;
  /** Makes a text that is kept for hits of a day, or keeps one for it; gives its number. */
  readonly addSignal: Statement<[text: string, day: number], number>;
  readonly findMessage: Statement<[string], number>;
  readonly addMessage: Statement<[id: string, createdAtMs: number], number>;
  readonly setName: Statement<[name: string | null, message: number]>;
  readonly setCost: Statement<[cost: string | null, currency: string | null, message: number]>;
  readonly findVerdict: Statement<VerdictColumns, number>;
  readonly addVerdict: Statement<VerdictColumns, number>;
  readonly addSend: Statement<SendColumns>;
  /** Adds to what the message itself keeps of its sends. */
  readonly countSends: Statement<
    [
      ...[sent: number, firstAtMs: number, lastAtMs: number | null, lastAtMs: number | null],
      ...[measurableOpens: number, measurableClicks: number, message: number],
    ]
  >;
  /** What a message keeps of the times of its sends and its deliveries. */
  readonly sentOf: Statement<[message: number], SentOf>;
  readonly sendOf: Statement<[message: number, recipient: Buffer], StoredSend>;
  readonly noteLinkCount: Statement<[count: number, message: number, count: number]>;
  readonly linkCountOf: Statement<[message: number], number | null>;
  readonly countHidden: Statement<[count: number, message: number]>;
  readonly countUnsubscribes: Statement<[count: number, message: number]>;
  readonly addLink: Statement<
    [message: number, index: number, destination: number, name: string, template: string | null]
  >;
  readonly countMails: Statement<[message: number], number>;
  readonly addMail: Statement<[message: number, hash: Buffer, atMs: number, bytes: number, packed: Buffer]>;
  readonly addEvent: Statement<EventColumns>;
  /** Clicks and unsubscribes of a recipient, without test traffic. */
  readonly followedBy: Statement<[message: number, recipient: Buffer], StoredEvent>;
  /** Events of an address in a span of time, without test traffic, the first so many. */
  readonly fromPeer: Statement<[peer: Buffer, from: Buffer, before: Buffer, limit: number], StoredEvent>;
  /** The last so many. */
  readonly fromPeerBefore: Statement<[peer: Buffer, from: Buffer, before: Buffer, limit: number], StoredEvent>;
  /** Opens of one mail to one recipient among these. */
  readonly opensFromPeer: Statement<PeerOpens, StoredEvent>;
  readonly opensFromPeerBefore: Statement<PeerOpens, StoredEvent>;
  /** Of addresses, a JSON array of their hexadecimal digits, those with two events and more. */
  readonly sharedPeers: Statement<[peers: string], string>;
  /** How many events there are of an address in a span of time, as far as so many. */
  readonly countFromPeer: Statement<[peer: Buffer, from: Buffer, before: Buffer, limit: number], number>;
  /** Whether a message has events with raw signals. */
  readonly hasSignals: Statement<[message: number], number>;
  /** Clicks and unsubscribes of a recipient, with all that is kept of them. */
  readonly keptFollowed: Statement<[message: number, recipient: Buffer], KeptEvent>;
  /** Opens of some recipients in a span of time, whose keys come as JSON of their hexadecimal. */
  readonly keptOpens: Statement<[message: number, from: Buffer, before: Buffer, recipients: string], KeptEvent>;
  /** The last so many events of an address in a span of time, with all that is kept of them. */
  readonly keptFromPeer: Statement<[peer: Buffer, from: Buffer, before: Buffer, limit: number], KeptEvent>;
  /** Where a stored event came from, by what was found since. */
  readonly setPlace: Statement<[network: number, host: number, message: number, hitId: Buffer]>;
  readonly hasKnownPeers: Statement<[], number>;
  /** What was found of addresses, a JSON array of their hexadecimal digits. */
  readonly knownPeers: Statement<[peers: string], KnownPeer>;
  readonly addKnownPeer: Statement<[peer: Buffer, network: number, host: number, fromMs: number, untilMs: number]>;
  readonly dropKnownPeers: Statement<[beforeMs: number]>;
  readonly peersBefore: Statement<[], number | null>;
  readonly notePeersBefore: Statement<[beforeMs: number, beforeMs: number]>;
  readonly findOwnRules: Statement<[version: string], string>;
  readonly ownRuleVersions: Statement<[], string>;
  readonly addOwnRules: Statement<[version: string, rules: string]>;
  /** The next events of all messages, in order. */
  readonly keptAfter: Statement<[message: number, hitId: Buffer, limit: number], KeptEvent>;
  readonly verdictOf: Statement<[key: number], StoredVerdict>;
  readonly textOf: Statement<[key: number], string>;
  readonly relabel: Statement<[verdict: number, message: number, hitId: Buffer]>;
  readonly addUnsubscribe: Statement<[message: number, recipient: Buffer, atMs: number]>;
  readonly suppressionOf: Statement<[recipient: Buffer], number>;
  readonly addSuppression: Statement<[recipient: Buffer, reason: number, source: string | null, atMs: number]>;
  readonly dropSuppression: Statement<[recipient: Buffer]>;
  readonly stateOf: Statement<[message: number, recipient: Buffer, kind: number], StoredState>;
  /** Of up to {@link maskMessages} messages, in how many a recipient was seen by prefetch, and in how many only opening. */
  readonly habitOf: Statement<
    [recipient: Buffer, ...messages: number[]],
    { readonly prefetched: number; readonly opened: number }
  >;
  readonly hasStates: Statement<[message: number], number>;
  /** The messages that were sent last, but one. */
  readonly lastMessages: Statement<[but: number, count: number], number>;
  readonly addAudience: Statement<[message: number, cohort: number, seen: number, recipients: number]>;
  readonly addDomain: Statement<[message: number, domain: number, sent: number, opened: number, clicked: number]>;
  /** Gives the counts after the change, in the order of the labels. */
  readonly addState: Statement<StateColumns, LabelCounts>;
  readonly addLinkState: Statement<LinkStateColumns, { readonly total: number; readonly people: number }>;
  readonly addCount: Statement<
    [message: number, kind: number, label: number, total: number, recipients: number, anonymous: number]
  >;
  readonly addLinkCount: Statement<
    [
      ...[message: number, index: number, destination: number],
      ...[total: number, recipients: number, people: number, anonymous: number],
    ]
  >;
  readonly addUsage: Statement<
    [message: number, kind: number, client: number, device: number, total: number, anonymous: number]
  >;
  readonly addQuarter: Statement<
    [message: number, quarter: number, kind: number, label: number, total: number, anonymous: number]
  >;
  /** Makes the place of a journal where there is none, and gives it. */
  readonly lockPlace: Statement<[journal: string, start: number], number>;
  readonly placeOf: Statement<[journal: string], number>;
  readonly keepPlace: Statement<[through: number, journal: string]>;
  /** Notes how far back what waits in a journal lies, and until when that is believed. */
  readonly noteWaiting: Statement<
    [journal: string, start: number, fromMs: number | null, untilMs: number | null],
    never
  >;
  /** The earliest that is believed now, of what may be; null when nobody told anything. */
  readonly waitingSince: Statement<[nowMs: number, latestMs: number], number | null>;
  /** Drops what has no place and of which nobody believes anything any more. */
  readonly dropWaiting: Statement<[nowMs: number]>;
  readonly notePeers: Statement<[message: number, fromMs: number]>;
  /** So many messages with events before a time that have a peer, the earliest first. */
  readonly duePeers: Statement<
    [beforeMs: number, limit: number],
    { readonly message_key: number; readonly from_ms: number }
  >;
  /** The event so many after the first of a span; nothing when the span has fewer. */
  readonly eventAfter: Statement<[message: number, from: Buffer, before: Buffer, count: number], Buffer>;
  readonly forgetPeers: Statement<[message: number, from: Buffer, before: Buffer]>;
  /** The first event from one on that has a peer. */
  readonly nextPeer: Statement<[message: number, from: Buffer], Buffer>;
  readonly movePeers: Statement<[fromMs: number, message: number]>;
  readonly dropPeers: Statement<[message: number]>;
  readonly hasChange: Statement<[topic: ControlTopic], number>;
  /** The value of the last change of a subject. */
  readonly lastChange: Statement<[topic: ControlTopic, subject: string], string>;
  readonly tombstoneKey: Statement<[], Buffer>;
}

export type VerdictColumns = [label: number, confidence: number, reasons: string, rulesVersion: string];

export interface StoredEvent {
  readonly message_key: number;
  readonly hit_id: Buffer;
  readonly kind: number;
  readonly recipient_key: Buffer;
  readonly link_index: number | null;
  readonly destination_key: number | null;
  readonly verdict_key: number;
  readonly agent_key: number;
  readonly peer: Buffer | null;
  readonly repeat: number;
}

interface SentOf {
  readonly sent: number;
  readonly lastMs: number | null;
  readonly lastDeliveredMs: number | null;
}

export interface StoredSend {
  readonly atMs: number;
  readonly timed: number;
  readonly domain: number | null;
  readonly cohort: number | null;
}

export interface StoredState extends LabelCounts {
  readonly first_at_ms: number;
  readonly span_ms: number;
}

/** What was found of an address, and for hits of which time. */
interface KnownPeer {
  readonly peer: Buffer;
  readonly network: number;
  readonly host: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

type PeerOpens = [peer: Buffer, from: Buffer, before: Buffer, limit: number, message: number, recipient: Buffer];

/** An event with all that is kept of its request. */
export interface KeptEvent extends StoredEvent {
  readonly method_key: number;
  readonly network: number;
  readonly host_key: number;
  readonly test: number;
}

export interface StoredVerdict {
  readonly label: number;
  readonly confidence: number;
  readonly reasons: string;
  readonly rules_version: string;
}

export type EventColumns = [
  message: number,
  hitId: Buffer,
  kind: number,
  recipient: Buffer,
  linkIndex: number | null,
  destination: number | null,
  verdict: number,
  agent: number,
  method: number,
  test: number,
  peer: Buffer | null,
  network: number,
  repeat: number,
  host: number,
];

export type SendColumns = [
  ...[message: number, recipient: Buffer, atMs: number, timed: number, domain: number | null],
  ...[opens: number, clicks: number, cohort: number | null],
];

export type LinkStateColumns = [
  ...[message: number, index: number, destination: number, recipient: Buffer],
  ...[total: number, people: number],
];

export type StateColumns = [
  message: number,
  recipient: Buffer,
  kind: number,
  human: number,
  proxyHuman: number,
  prefetch: number,
  scanner: number,
  preview: number,
  unknown: number,
  firstAtMs: number,
  spanMs: number,
];

/** Stands for a value in a query that is written once. */
const BLOB = Buffer.alloc(0);

export function prepareHotStatements(database: Sql): HotStatements {
  const { db, dialect } = database;
  const { greatest, least } = dialect;
  const prepare = (query: Compilable): Statement<never[]> => database.prepare(query.compile().sql);
  const first = (query: Compilable): Statement<never[]> => database.first(query.compile().sql);
  const statements = {
    recipients: {
      pack: dialect.name === 'sqlite' ? packId : (id: string) => id,
      idOf: first(db.selectFrom('recipients').select('id').where('key', '=', BLOB)),
      add: prepare(
        db
          .insertInto('recipients')
          .values({ key: BLOB, id: '' })
          .onConflict((conflict) => conflict.doNothing()),
      ),
    },
    retention: prepareRetention(database),
    sweeping: prepareSweeping(database),
    sendLog: prepareSendLog(database),
    webhooks: prepareWebhooks(database),
    deliveries: prepareDeliveries(database, {
      unknown: codeOf(DELIVERY_STATES, 'unknown'),
      delivered: codeOf(DELIVERY_STATES, 'delivered'),
    }),
    conversions: prepareConversions(database),
    findText: first(db.selectFrom('texts').select('key').where('text', '=', '').where('last_day', 'is', null)),
    addText: first(
      db
        .insertInto('texts')
        .values({ text: '' })
        .onConflict((conflict) => conflict.column('text').doUpdateSet({ last_day: sql.lit(null) }))
        .returning('key'),
    ),
    findSignal: first(
      db
        .selectFrom('texts')
        .select('key')
        .where('text', '=', '')
        .where((eb) => eb.or([eb('last_day', 'is', null), eb('last_day', '>=', 0)])),
    ),
    addSignal: first(
      db
        .insertInto('texts')
        .values({ text: '', last_day: 0 })
        // The later of the two; null, which stays, is later than any.
        .onConflict((conflict) =>
          conflict.column('text').doUpdateSet({
            last_day: sql<number>`CASE WHEN texts.last_day IS NOT NULL THEN ${greatest}(texts.last_day, excluded.last_day) END`,
          }),
        )
        .returning('key'),
    ),
    findMessage: first(db.selectFrom('messages').select('key').where('id', '=', '')),
    addMessage: first(
      db
        .insertInto('messages')
        .values({ id: '', created_at_ms: 0 })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet((eb) => ({ created_at_ms: eb.ref('messages.created_at_ms') })),
        )
        .returning('key'),
    ),
    setName: prepare(db.updateTable('messages').set({ name: '' }).where('key', '=', 0)),
    setCost: prepare(db.updateTable('messages').set({ cost: '', currency: '' }).where('key', '=', 0)),
    findVerdict: first(
      db
        .selectFrom('verdicts')
        .select('key')
        .where('label', '=', 0)
        .where('confidence', '=', 0)
        .where('reasons', '=', '')
        .where('rules_version', '=', ''),
    ),
    addVerdict: first(
      db
        .insertInto('verdicts')
        .values({ label: 0, confidence: 0, reasons: '', rules_version: '' })
        .onConflict((conflict) =>
          conflict
            .columns(['label', 'confidence', 'reasons', 'rules_version'])
            .doUpdateSet((eb) => ({ label: eb.ref('verdicts.label') })),
        )
        .returning('key'),
    ),
    addSend: prepare(
      db
        .insertInto('sends')
        .values({
          ...{ message_key: 0, recipient_key: BLOB, at_ms: 0, timed: 0, domain_key: 0 },
          ...{ opens: 0, clicks: 0, cohort: 0 },
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    countSends: prepare(
      db
        .updateTable('messages')
        .set((eb) => ({
          sent: eb('sent', '+', 0),
          first_sent_at_ms: sql<number>`${least}(coalesce(first_sent_at_ms, 9000000000000000), ${0})`,
          // Both null, and it stays null.
          last_sent_at_ms: sql<number>`${greatest}(coalesce(last_sent_at_ms, ${0}), coalesce(${0}, last_sent_at_ms))`,
          measurable_opens: eb('measurable_opens', '+', 0),
          measurable_clicks: eb('measurable_clicks', '+', 0),
        }))
        .where('key', '=', 0),
    ),
    sentOf: prepare(
      db
        .selectFrom('messages')
        .select(['sent', 'last_sent_at_ms as lastMs', 'last_delivered_at_ms as lastDeliveredMs'])
        .where('key', '=', 0),
    ),
    sendOf: prepare(
      db
        .selectFrom('sends')
        .select(['at_ms as atMs', 'timed', 'domain_key as domain', 'cohort'])
        .where('message_key', '=', 0)
        .where('recipient_key', '=', BLOB),
    ),
    noteLinkCount: prepare(
      db
        .updateTable('messages')
        .set({ link_count: 0 })
        .where('key', '=', 0)
        .where((eb) => eb.or([eb('link_count', 'is', null), eb('link_count', '<', 0)])),
    ),
    linkCountOf: first(db.selectFrom('messages').select('link_count').where('key', '=', 0)),
    countHidden: prepare(addToMessage(db, 'hidden')),
    countUnsubscribes: prepare(addToMessage(db, 'unsubscribes')),
    addLink: prepare(
      db
        .insertInto('links')
        .values({ message_key: 0, link_index: 0, destination_key: 0, name: '', template: null })
        .onConflict((conflict) =>
          conflict
            .columns(['message_key', 'link_index', 'destination_key'])
            .doUpdateSet((eb) => ({ name: eb.ref('excluded.name'), template: eb.ref('excluded.template') })),
        ),
    ),
    countMails: first(
      db
        .selectFrom('mails')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('message_key', '=', 0),
    ),
    addMail: prepare(
      db
        .insertInto('mails')
        .values({ message_key: 0, hash: BLOB, at_ms: 0, bytes: 0, packed: BLOB })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    addEvent: prepare(
      db
        .insertInto('events')
        .values({
          message_key: 0,
          hit_id: BLOB,
          kind: 0,
          recipient_key: BLOB,
          link_index: 0,
          destination_key: 0,
          verdict_key: 0,
          agent_key: 0,
          method_key: 0,
          test: 0,
          peer: BLOB,
          network: 0,
          repeat: 0,
          host_key: 0,
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    followedBy: prepare(
      storedEvents(db)
        // The plus keeps SQLite from walking through all of the message.
        .where(sql`+message_key`, '=', 0)
        .where('recipient_key', '=', BLOB)
        .where('kind', '>', sql.lit(0)),
    ),
    fromPeer: prepare(peerEvents(db, 'asc')),
    fromPeerBefore: prepare(peerEvents(db, 'desc')),
    opensFromPeer: prepare(peerOpens(db, 'asc')),
    opensFromPeerBefore: prepare(peerOpens(db, 'desc')),
    sharedPeers: first(
      db
        .selectFrom(dialect.textsIn('').as<'asked'>(sql`asked`))
        .select('asked.value')
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('events')
              .select('hit_id')
              .where('peer', '=', dialect.unhex(sql.ref('asked.value')))
              .where('peer', 'is not', null)
              .limit(sql.lit(1))
              .offset(sql.lit(1)),
          ),
        ),
    ),
    countFromPeer: first(
      db
        .selectFrom(
          db
            .selectFrom('events')
            .select('hit_id')
            .where('peer', '=', BLOB)
            .where('hit_id', '>=', BLOB)
            .where('hit_id', '<', BLOB)
            .where('peer', 'is not', null)
            .limit(0)
            .as('first_ones'),
        )
        .select((eb) => eb.fn.countAll<number>().as('count')),
    ),
    hasSignals: first(
      db
        .selectFrom('kept_events')
        .select('message_key')
        .where('message_key', '=', 0)
        .where('signals_from', 'is not', null),
    ),
    keptFollowed: prepare(
      db
        .selectFrom('events')
        .selectAll()
        .where(sql`+message_key`, '=', 0)
        .where('recipient_key', '=', BLOB)
        .where('kind', '>', sql.lit(0))
        .where('method_key', '!=', sql.lit(NO_TEXT)),
    ),
    keptOpens: prepare(
      db
        .selectFrom('events')
        .selectAll()
        .where('message_key', '=', 0)
        .where('hit_id', '>=', BLOB)
        .where('hit_id', '<', BLOB)
        .where(sql<boolean>`recipient_key IN ${dialect.hexesIn('')}`)
        .where('kind', '=', sql.lit(0))
        .where('method_key', '!=', sql.lit(NO_TEXT)),
    ),
    keptFromPeer: prepare(
      db
        .selectFrom('events')
        .selectAll()
        .where('peer', '=', BLOB)
        .where('hit_id', '>=', BLOB)
        .where('hit_id', '<', BLOB)
        .where('peer', 'is not', null)
        .where('method_key', '!=', sql.lit(NO_TEXT))
        .orderBy('hit_id', 'desc')
        .limit(0),
    ),
    setPlace: prepare(
      db.updateTable('events').set({ network: 0, host_key: 0 }).where('message_key', '=', 0).where('hit_id', '=', BLOB),
    ),
    hasKnownPeers: first(db.selectFrom('known_peers').select('from_ms').limit(sql.lit(1))),
    knownPeers: prepare(
      db
        .selectFrom('known_peers')
        .select(['peer', 'network', 'host_key as host', 'from_ms as fromMs', 'until_ms as untilMs'])
        .where(sql<boolean>`peer IN ${dialect.hexesIn('')}`),
    ),
    addKnownPeer: prepare(
      db
        .insertInto('known_peers')
        .values({ peer: BLOB, network: 0, host_key: 0, from_ms: 0, until_ms: 0 })
        .onConflict((conflict) =>
          conflict
            .columns(['peer', 'network', 'host_key'])
            .doUpdateSet({ until_ms: sql<number>`${greatest}(known_peers.until_ms, excluded.until_ms)` }),
        ),
    ),
    dropKnownPeers: prepare(db.deleteFrom('known_peers').where('until_ms', '<', 0)),
    peersBefore: first(db.selectFrom('clock').select('peers_before_ms')),
    notePeersBefore: prepare(
      db
        .updateTable('clock')
        .set({ peers_before_ms: 0 })
        .where((eb) => eb.or([eb('peers_before_ms', 'is', null), eb('peers_before_ms', '<', 0)])),
    ),
    findOwnRules: first(db.selectFrom('own_rules').select('rules').where('version', '=', '')),
    ownRuleVersions: first(db.selectFrom('own_rules').select('version')),
    addOwnRules: prepare(
      db
        .insertInto('own_rules')
        .values({ version: '', rules: '' })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    keptAfter: prepare(
      db
        .selectFrom('events')
        .selectAll()
        .where(sql<boolean>`(message_key, hit_id) > (${0}, ${BLOB})`)
        .orderBy('message_key')
        .orderBy('hit_id')
        .limit(0),
    ),
    verdictOf: prepare(
      db.selectFrom('verdicts').select(['label', 'confidence', 'reasons', 'rules_version']).where('key', '=', 0),
    ),
    textOf: first(db.selectFrom('texts').select('text').where('key', '=', 0)),
    relabel: prepare(
      db.updateTable('events').set({ verdict_key: 0 }).where('message_key', '=', 0).where('hit_id', '=', BLOB),
    ),
    addUnsubscribe: prepare(
      db
        .insertInto('unsubscribes')
        .values({ message_key: 0, recipient_key: BLOB, at_ms: 0 })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    suppressionOf: first(db.selectFrom('suppressions').select('reason').where('recipient_key', '=', BLOB)),
    addSuppression: prepare(
      db
        .insertInto('suppressions')
        .values({ recipient_key: BLOB, reason: 0, source: '', at_ms: 0 })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    dropSuppression: prepare(db.deleteFrom('suppressions').where('recipient_key', '=', BLOB)),
    stateOf: prepare(
      db
        .selectFrom('states')
        .select(['human', 'proxy_human', 'prefetch', 'scanner', 'preview', 'unknown', 'first_at_ms', 'span_ms'])
        .where('message_key', '=', 0)
        .where('recipient_key', '=', BLOB)
        .where('kind', '=', 0),
    ),
    habitOf: prepare(
      db
        .selectFrom('states')
        .select([
          sql<number>`count(CASE WHEN prefetch > 0 THEN 1 END)`.as('prefetched'),
          sql<number>`count(CASE WHEN prefetch = 0 AND human + proxy_human > 0 THEN 1 END)`.as('opened'),
        ])
        .where('recipient_key', '=', BLOB)
        .where('kind', '=', sql.lit(codeOf(KINDS, 'open')))
        .where(
          'message_key',
          'in',
          Array.from({ length: maskMessages }, () => 0),
        ),
    ),
    hasStates: first(db.selectFrom('states').select('kind').where('message_key', '=', 0).limit(sql.lit(1))),
    lastMessages: first(
      db
        .selectFrom('messages')
        .select('key')
        .where('key', '!=', 0)
        .where('sent', '>', sql.lit(0))
        .orderBy('key', 'desc')
        .limit(1),
    ),
    addAudience: prepare(
      db
        .insertInto('audiences')
        .values({ message_key: 0, cohort: 0, seen: 0, recipients: 0 })
        .onConflict((conflict) =>
          conflict.columns(['message_key', 'cohort', 'seen']).doUpdateSet((eb) => ({
            recipients: eb('audiences.recipients', '+', eb.ref('excluded.recipients')),
          })),
        ),
    ),
    addDomain: prepare(
      db
        .insertInto('domain_counts')
        .values({ message_key: 0, domain_key: 0, sent: 0, opened: 0, clicked: 0 })
        .onConflict((conflict) =>
          conflict.columns(['message_key', 'domain_key']).doUpdateSet((eb) => ({
            sent: eb('domain_counts.sent', '+', eb.ref('excluded.sent')),
            opened: eb('domain_counts.opened', '+', eb.ref('excluded.opened')),
            clicked: eb('domain_counts.clicked', '+', eb.ref('excluded.clicked')),
          })),
        ),
    ),
    addState: prepare(stateUpsert(db, dialect)),
    addLinkState: prepare(
      db
        .insertInto('link_states')
        .values({ message_key: 0, link_index: 0, destination_key: 0, recipient_key: BLOB, total: 0, people: 0 })
        .onConflict((conflict) =>
          conflict.columns(['message_key', 'link_index', 'destination_key', 'recipient_key']).doUpdateSet((eb) => ({
            total: eb('link_states.total', '+', eb.ref('excluded.total')),
            people: eb('link_states.people', '+', eb.ref('excluded.people')),
          })),
        )
        .returning(['total', 'people']),
    ),
    addCount: prepare(
      db
        .insertInto('counts')
        .values({ message_key: 0, kind: 0, label: 0, total: 0, recipients: 0, anonymous: 0 })
        .onConflict((conflict) =>
          conflict.columns(['message_key', 'kind', 'label']).doUpdateSet((eb) => ({
            total: eb('counts.total', '+', eb.ref('excluded.total')),
            recipients: eb('counts.recipients', '+', eb.ref('excluded.recipients')),
            anonymous: eb('counts.anonymous', '+', eb.ref('excluded.anonymous')),
          })),
        ),
    ),
    addLinkCount: prepare(
      db
        .insertInto('link_counts')
        .values({ message_key: 0, link_index: 0, destination_key: 0, total: 0, recipients: 0, people: 0, anonymous: 0 })
        .onConflict((conflict) =>
          conflict.columns(['message_key', 'link_index', 'destination_key']).doUpdateSet((eb) => ({
            total: eb('link_counts.total', '+', eb.ref('excluded.total')),
            recipients: eb('link_counts.recipients', '+', eb.ref('excluded.recipients')),
            people: eb('link_counts.people', '+', eb.ref('excluded.people')),
            anonymous: eb('link_counts.anonymous', '+', eb.ref('excluded.anonymous')),
          })),
        ),
    ),
    addUsage: prepare(
      db
        .insertInto('usage_counts')
        .values({ message_key: 0, kind: 0, client_key: 0, device: 0, total: 0, anonymous: 0 })
        .onConflict((conflict) =>
          conflict.columns(['message_key', 'kind', 'client_key', 'device']).doUpdateSet((eb) => ({
            total: eb('usage_counts.total', '+', eb.ref('excluded.total')),
            anonymous: eb('usage_counts.anonymous', '+', eb.ref('excluded.anonymous')),
          })),
        ),
    ),
    addQuarter: prepare(
      db
        .insertInto('quarter_counts')
        .values({ message_key: 0, quarter: 0, kind: 0, label: 0, total: 0, anonymous: 0 })
        .onConflict((conflict) =>
          conflict.columns(['message_key', 'quarter', 'kind', 'label']).doUpdateSet((eb) => ({
            total: eb('quarter_counts.total', '+', eb.ref('excluded.total')),
            anonymous: eb('quarter_counts.anonymous', '+', eb.ref('excluded.anonymous')),
          })),
        ),
    ),
    lockPlace: first(
      db
        .insertInto('journals')
        .values({ id: '', settled_through: 0 })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet((eb) => ({ settled_through: eb.ref('journals.settled_through') })),
        )
        .returning('settled_through'),
    ),
    placeOf: first(db.selectFrom('journals').select('settled_through').where('id', '=', '')),
    keepPlace: prepare(db.updateTable('journals').set({ settled_through: 0 }).where('id', '=', '')),
    noteWaiting: prepare(
      db
        .insertInto('journals')
        .values({ id: '', settled_through: 0, waiting_from_ms: 0, waiting_until_ms: 0 })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet((eb) => ({
            waiting_from_ms: eb.ref('excluded.waiting_from_ms'),
            waiting_until_ms: eb.ref('excluded.waiting_until_ms'),
          })),
        ),
    ),
    waitingSince: first(
      db
        .selectFrom('journals')
        .select((eb) => eb.fn.min('waiting_from_ms').as('since'))
        .where('waiting_until_ms', '>=', 0)
        .where('waiting_until_ms', '<=', 0),
    ),
    dropWaiting: prepare(
      db
        .deleteFrom('journals')
        .where('settled_through', '=', sql.lit(0))
        .where((eb) => eb.or([eb('waiting_until_ms', 'is', null), eb('waiting_until_ms', '<', 0)])),
    ),
    notePeers: prepare(
      db
        .insertInto('kept_peers')
        .values({ message_key: 0, from_ms: 0 })
        .onConflict((conflict) =>
          conflict
            .column('message_key')
            .doUpdateSet((eb) => ({ from_ms: eb.ref('excluded.from_ms') }))
            .whereRef('excluded.from_ms', '<', 'kept_peers.from_ms'),
        ),
    ),
    duePeers: prepare(db.selectFrom('kept_peers').selectAll().where('from_ms', '<', 0).orderBy('from_ms').limit(0)),
    eventAfter: first(eventsOf(db).where('hit_id', '<', BLOB).limit(sql.lit(1)).offset(0)),
    forgetPeers: prepare(
      db
        .updateTable('events')
        .set({ peer: sql.lit(null) })
        .where('message_key', '=', 0)
        .where('hit_id', '>=', BLOB)
        .where('hit_id', '<', BLOB)
        .where('peer', 'is not', null),
    ),
    nextPeer: first(eventsOf(db).where('peer', 'is not', null).limit(sql.lit(1))),
    movePeers: prepare(db.updateTable('kept_peers').set({ from_ms: 0 }).where('message_key', '=', 0)),
    dropPeers: prepare(db.deleteFrom('kept_peers').where('message_key', '=', 0)),
    hasChange: first(db.selectFrom('control_changes').select('seq').where('topic', '=', 'message').limit(sql.lit(1))),
    lastChange: first(
      db
        .selectFrom('control_changes')
        .select('value')
        .where('topic', '=', 'message')
        .where('subject', '=', '')
        .orderBy('seq', 'desc')
        .limit(sql.lit(1)),
    ),
    tombstoneKey: first(db.selectFrom('control_log').select('tombstone_key')),
  };
  // What Kysely wrote returns what the interface says; its types do not outlive compiling.
  return statements as unknown as HotStatements;
}

function addToMessage(db: Kysely<Tables>, column: 'hidden' | 'unsubscribes'): Compilable {
  return db
    .updateTable('messages')
    .set((eb) => ({ [column]: eb(column, '+', 0) }))
    .where('key', '=', 0);
}

/** Events of a message from one on, in order. */
function eventsOf(db: Kysely<Tables>) {
  return db
    .selectFrom('events')
    .select('hit_id')
    .where('message_key', '=', 0)
    .where('hit_id', '>=', BLOB)
    .orderBy('hit_id');
}

function peerEvents(db: Kysely<Tables>, order: 'asc' | 'desc') {
  return storedEvents(db)
    .where('peer', '=', BLOB)
    .where('hit_id', '>=', BLOB)
    .where('hit_id', '<', BLOB)
    .where('peer', 'is not', null)
    .orderBy('hit_id', order)
    .limit(0);
}

function peerOpens(db: Kysely<Tables>, order: 'asc' | 'desc') {
  return db
    .selectFrom(peerEvents(db, order).as('near'))
    .selectAll()
    .where('message_key', '=', 0)
    .where('recipient_key', '=', BLOB)
    .where('kind', '=', sql.lit(0));
}

function storedEvents(db: Kysely<Tables>) {
  return (
    db
      .selectFrom('events')
      .select(['message_key', 'hit_id', 'kind', 'recipient_key', 'link_index', 'destination_key'])
      .select(['verdict_key', 'agent_key', 'peer', 'repeat'])
      .where('test', '=', sql.lit(0))
      // Without its raw signals an event says nothing of others, and nothing new can be said of it.
      .where('method_key', '!=', sql.lit(NO_TEXT))
  );
}

function stateUpsert(db: Kysely<Tables>, { greatest, least }: Dialect): Compilable {
  return db
    .insertInto('states')
    .values({
      message_key: 0,
      recipient_key: BLOB,
      kind: 0,
      human: 0,
      proxy_human: 0,
      prefetch: 0,
      scanner: 0,
      preview: 0,
      unknown: 0,
      first_at_ms: 0,
      span_ms: 0,
    })
    .onConflict((conflict) =>
      conflict.columns(['message_key', 'recipient_key', 'kind']).doUpdateSet((eb) => ({
        human: eb('states.human', '+', eb.ref('excluded.human')),
        proxy_human: eb('states.proxy_human', '+', eb.ref('excluded.proxy_human')),
        prefetch: eb('states.prefetch', '+', eb.ref('excluded.prefetch')),
        scanner: eb('states.scanner', '+', eb.ref('excluded.scanner')),
        preview: eb('states.preview', '+', eb.ref('excluded.preview')),
        unknown: eb('states.unknown', '+', eb.ref('excluded.unknown')),
        first_at_ms: sql<number>`${least}(states.first_at_ms, excluded.first_at_ms)`,
        span_ms: sql<number>`${greatest}(states.first_at_ms + states.span_ms, excluded.first_at_ms + excluded.span_ms)
          - ${least}(states.first_at_ms, excluded.first_at_ms)`,
      })),
    )
    .returning(['human', 'proxy_human', 'prefetch', 'scanner', 'preview', 'unknown']);
}
