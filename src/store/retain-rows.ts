// Takes out of the store what has been kept for long enough: the raw signals of events, events, and texts that no event
// has any more. States, counts and sends stay. `kept_events` says from which event on a message may have some, so that a
// step looks at no more rows than it may, and no row is looked at every day.
import { type Kysely, sql } from 'kysely';
import { retainedAtOnce } from '../base/limits.ts';
import { familyOf } from '../classify/mail-clients.ts';
import { type ClockDoubt, doubtedSince, judgeClock } from '../retain/judge-clock.ts';
import { type Due, NOTHING_REMOVED, type RetainedStep, type RetentionStore } from '../retain/retain.ts';
import type { KeyedHit } from './count-rows.ts';
import { hitIdAt, timeOf } from './hit-ids.ts';
import type { DueMessage } from './retain-statements.ts';
import { sweepRows } from './sweep-rows.ts';
import { NO_TEXT, type Tables } from './tables.ts';
import type { Writer } from './writer.ts';

export function makeRetentionStore(db: Kysely<Tables>, writer: Writer): RetentionStore {
  return {
    retainStep: (due) => writer.transaction(() => retainStep(writer, due)),
    countDue: async (due) => ({
      signals: await countEvents(db, 'signals_from', due.eventsBeforeMs, due.signalsBeforeMs),
      events: await countEvents(db, 'events_from', null, due.eventsBeforeMs),
      texts: await countTexts(db, due),
      doubt: await readDoubt(db, due.nowMs),
    }),
  };
}

const DAY_MS = 86_400_000;

/** The number of the UTC day of a time. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

/** Within a transaction: notes that messages have new events. */
export function noteEvents({ statements: { retention } }: Writer, hits: readonly KeyedHit[]): void {
  const firsts = new Map<number, number>();
  let newestMs = 0;
  for (const { hit, message } of hits) {
    firsts.set(message, Math.min(hit.atMs, firsts.get(message) ?? hit.atMs));
    newestMs = Math.max(newestMs, hit.atMs);
  }
  for (const [message, firstMs] of firsts) retention.noteEvent.queue(message, hitIdAt(firstMs), hitIdAt(firstMs));
  if (hits.length > 0) retention.noteHit.queue(newestMs, newestMs);
}

function retainStep(writer: Writer, due: Due & { readonly trustClock: boolean }): RetainedStep {
  // What was deleted goes whatever the clock says.
  const mayLookAt = sweepRows(writer, retainedAtOnce);
  const doubt = askClock(writer, due);
  if (doubt !== undefined) return { removed: NOTHING_REMOVED, hasMore: false, doubt };
  const dropped = dropMonths(writer, due.eventsBeforeMs);
  const events = walkDue(writer, due.eventsBeforeMs, mayLookAt, DELETION);
  const way = due.keepsFamilies === true ? REDUCING : STRIPPING;
  const signals = walkDue(writer, due.signalsBeforeMs, events.left, way);
  const texts = deleteTexts(writer, due, signals.left);
  const removed = { events: dropped + events.rows, signals: signals.rows, texts: texts.rows };
  return { removed, hasMore: texts.left <= 0, doubt: undefined };
}

/** Drops what is due by the month, where events lie so; what is left of the month that is under way is walked through. */
function dropMonths(writer: Writer, beforeMs: number | null): number {
  if (beforeMs === null) return 0;
  const dropped = writer.dropMonths(hitIdAt(Math.max(beforeMs, 0)));
  if (dropped === undefined) return 0;
  writer.statements.retention.moveAll.run(dropped.through, dropped.through, dropped.through);
  return dropped.rows;
}

/** Whether the clock is believed; notes what comes of it. */
function askClock(
  { statements: { retention } }: Writer,
  { nowMs, trustClock }: Due & { readonly trustClock: boolean },
): ClockDoubt | undefined {
  const known = retention.clock.get() ?? { newestMs: null, believedMs: null, doubtedMs: null };
  const { newestMs, believedMs } = known;
  const doubt = trustClock ? undefined : judgeClock(known, nowMs);
  if (doubt !== undefined) retention.setClock.run(newestMs, believedMs, doubtedSince(known, doubt));
  // A hit from the future, once the clock is trusted, says nothing against it any more.
  else retention.setClock.run(newestMs !== null && trustClock ? Math.min(newestMs, nowMs) : newestMs, nowMs, null);
  return doubt;
}

/** One way to work on the events of a message. */
interface Way {
  readonly due: 'dueEvents' | 'dueSignals';
  readonly change: 'deleteEvents' | 'stripEvents' | 'stripButAgents';
  /** What comes before the change. */
  readonly prepare?: (writer: Writer, span: readonly [number, Buffer, Buffer]) => void;
  /** Notes from where on there may be more; `undefined` when there are none. */
  readonly move: (writer: Writer, message: number, next: Buffer | undefined) => void;
}

const DELETION: Way = {
  due: 'dueEvents',
  change: 'deleteEvents',
  move({ statements: { retention } }, message, next) {
    if (next === undefined) retention.dropMessage.run(message);
    else retention.moveEvents.run(next, next, message);
  },
};

const STRIPPING: Way = {
  due: 'dueSignals',
  change: 'stripEvents',
  move: ({ statements: { retention } }, message, next) => void retention.moveSignals.run(next ?? null, message),
};

/** Leaves the names of client and device of each agent. */
const REDUCING: Way = { ...STRIPPING, change: 'stripButAgents', prepare: reduceAgents };

function reduceAgents({ statements: { retention }, texts }: Writer, span: readonly [number, Buffer, Buffer]): void {
  for (const { key, text } of retention.agentsIn.all(...span)) {
    const family = familyOf(text);
    retention.setAgent.run(family === '' ? NO_TEXT : texts.keyOf(family), ...span, key);
  }
}

interface Walked {
  readonly rows: number;
  /** Of the rows the step may look at. */
  readonly left: number;
}

/** Changes events that came before a time, message by message, the oldest first. */
function walkDue(writer: Writer, beforeMs: number | null, mayLookAt: number, way: Way): Walked {
  if (beforeMs === null) return { rows: 0, left: mayLookAt };
  const before = hitIdAt(Math.max(beforeMs, 0));
  let rows = 0;
  let left = mayLookAt;
  while (left > 0) {
    const due = writer.statements.retention[way.due].get(before);
    if (due === undefined) break;
    const walked = walkMessage(writer, due, before, left, way);
    rows += walked.rows;
    left -= walked.lookedAt;
  }
  return { rows, left };
}

function walkMessage(writer: Writer, { message, from }: DueMessage, before: Buffer, limit: number, way: Way) {
  const { retention } = writer.statements;
  const last = retention.eventAfter.get(message, from, before, limit);
  const end = last ?? before;
  const lookedAt = last === undefined ? (retention.countEvents.get(message, from, end) ?? 0) : limit;
  way.prepare?.(writer, [message, from, end]);
  const { changes } = retention[way.change].run(message, from, end);
  way.move(writer, message, retention.nextEvent.get(message, end));
  // The message itself was looked at, too.
  return { rows: changes, lookedAt: lookedAt + 1 };
}

/** Once no event before a time has its signals any more: texts that came last on a day before are no event's. */
function deleteTexts(writer: Writer, due: Due, mayDelete: number): Walked {
  const beforeMs = textsBeforeMs(due);
  if (mayDelete <= 0 || beforeMs === null) return { rows: 0, left: mayDelete };
  const { changes } = writer.statements.retention.deleteTexts.run(dayOf(beforeMs), mayDelete);
  if (changes > 0) writer.forgetEverywhere();
  return { rows: changes, left: mayDelete - changes };
}

function textsBeforeMs({ signalsBeforeMs, eventsBeforeMs }: Due): number | null {
  if (signalsBeforeMs === null || eventsBeforeMs === null) return signalsBeforeMs ?? eventsBeforeMs;
  return Math.max(signalsBeforeMs, eventsBeforeMs);
}

/** Counts events in a span of time that are due, from where the store knows them to be. */
async function countEvents(
  db: Kysely<Tables>,
  column: 'signals_from' | 'events_from',
  fromMs: number | null,
  beforeMs: number | null,
) {
  if (beforeMs === null || (fromMs !== null && fromMs >= beforeMs)) return { rows: 0, oldestMs: null };
  const before = hitIdAt(Math.max(beforeMs, 0));
  const due = db
    .selectFrom('kept_events')
    .innerJoin('events', 'events.message_key', 'kept_events.message_key')
    .where(`kept_events.${column}`, '<', before)
    .whereRef('events.hit_id', '>=', `kept_events.${column}`)
    .where('events.hit_id', '>=', hitIdAt(Math.max(fromMs ?? 0, 0)))
    .where('events.hit_id', '<', before)
    .$if(column === 'signals_from', (query) => query.where('method_key', '!=', sql.lit(NO_TEXT)));
  const { rows } = await due.select((eb) => eb.fn.countAll<number>().as('rows')).executeTakeFirstOrThrow();
  if (rows === 0) return { rows, oldestMs: null };
  const oldest = await due.select('events.hit_id').orderBy('events.hit_id').limit(1).executeTakeFirst();
  return { rows, oldestMs: oldest === undefined ? null : timeOf(oldest.hit_id) };
}

async function countTexts(db: Kysely<Tables>, due: Due): Promise<number> {
  const beforeMs = textsBeforeMs(due);
  if (beforeMs === null) return 0;
  const { rows } = await db
    .selectFrom('texts')
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .where('last_day', '<', dayOf(beforeMs))
    .executeTakeFirstOrThrow();
  return rows;
}

async function readDoubt(db: Kysely<Tables>, nowMs: number): Promise<ClockDoubt | undefined> {
  const known = await db
    .selectFrom('clock')
    .select(['newest_ms as newestMs', 'believed_ms as believedMs', 'doubted_ms as doubtedMs'])
    .executeTakeFirstOrThrow();
  return judgeClock(known, nowMs);
}
