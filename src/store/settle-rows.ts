// Settling in the database: hits become events; recipients' states and messages' counts follow in the same transaction
// and change only for events that were really new, so a batch may come twice. Hits without a recipient leave no event:
// for them the place in the journal says what is new.
import type { Kysely, Transaction } from 'kysely';
import type { Hit } from '../base/nouns.ts';
import type { JudgedHit, SettleBatch, SettleStore } from '../settle/settler.ts';
import { Changes, countsInReports, type Keys } from './count-rows.ts';
import { keyIn, messageKeys, recipientKeys, textKeys } from './dictionaries.ts';
import { applyStates } from './state-rows.ts';
import type { Tables } from './tables.ts';

/** Rows in one statement, at most 15 values each. */
const CHUNK = 500;

export function makeSettleStore(db: Kysely<Tables>): SettleStore {
  return {
    async settledThrough(journal) {
      const row = await db
        .selectFrom('journals')
        .select('settled_through')
        .where('id', '=', journal)
        .executeTakeFirst();
      return row?.settled_through ?? 0;
    },
    settle: (batch) => db.transaction().execute((tx) => settle(tx, batch)),
  };
}

async function settle(tx: Transaction<Tables>, batch: SettleBatch): Promise<void> {
  const place = await lockPlace(tx, batch.journal);
  if (place >= batch.through) return;
  if (place !== batch.after) {
    throw new Error(`Another process settles this journal too: it stands at ${place}, not at ${batch.after}.`);
  }
  const keys = await findKeys(tx, batch.hits);
  const known = batch.hits.filter(({ hit }) => hit.level === 'individual' && hit.recipient !== null);
  const fresh = await insertEvents(tx, distinctById(known), keys);
  const anonymous = batch.hits.filter(({ hit }) => hit.level === 'aggregate' || hit.recipient === null);
  const changes = new Changes(keys);
  await applyStates(tx, fresh.filter(countsInReports), keys, changes);
  for (const judged of anonymous.filter(countsInReports)) changes.addAnonymous(judged);
  await changes.write(tx);
  await insertUnsubscribes(tx, fresh, keys);
  await keepPlace(tx, batch);
}

async function findKeys(tx: Transaction<Tables>, hits: readonly JudgedHit[]): Promise<Keys> {
  const firstAtMs = hits.reduce((least, { hit }) => Math.min(least, hit.atMs), Number.MAX_SAFE_INTEGER);
  const known = hits.filter(({ hit }) => hit.level === 'individual');
  const destinations = hits.flatMap(({ hit }) => hit.link?.destination ?? []);
  return {
    messages: await messageKeys(
      tx,
      hits.map(({ hit }) => hit.message),
      firstAtMs,
    ),
    recipients: await recipientKeys(
      tx,
      known.flatMap(({ hit }) => hit.recipient ?? []),
    ),
    texts: await textKeys(tx, [
      ...destinations,
      ...known.flatMap((judged) => [agentOf(judged.hit), reasonsOf(judged)]),
    ]),
  };
}

function agentOf(hit: Hit): string {
  return hit.headers['user-agent'] ?? '';
}

function reasonsOf({ verdict }: JudgedHit): string {
  return `${verdict.rulesVersion} ${verdict.reasons.join(' ')}`;
}

function distinctById(hits: readonly JudgedHit[]): readonly JudgedHit[] {
  return [...new Map(hits.map((judged) => [judged.hit.id, judged])).values()];
}

/** Inserts events and returns those that were not there. */
async function insertEvents(
  tx: Transaction<Tables>,
  hits: readonly JudgedHit[],
  keys: Keys,
): Promise<readonly JudgedHit[]> {
  const fresh = new Set<string>();
  for (let at = 0; at < hits.length; at += CHUNK) {
    const rows = hits.slice(at, at + CHUNK).map((judged) => eventRow(judged, keys));
    const inserted = await tx
      .insertInto('events')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .returning('hit_id')
      .execute();
    for (const row of inserted) fresh.add(row.hit_id.toString('hex'));
  }
  return hits.filter(({ hit }) => fresh.has(hit.id));
}

function eventRow(judged: JudgedHit, keys: Keys) {
  const { hit, verdict } = judged;
  return {
    message_key: keyIn(keys.messages, hit.message),
    at_ms: hit.atMs,
    hit_id: Buffer.from(hit.id, 'hex'),
    kind: hit.kind,
    recipient_key: keyIn(keys.recipients, hit.recipient ?? ''),
    link_index: hit.link?.index ?? null,
    destination_key: hit.link === null ? null : keyIn(keys.texts, hit.link.destination),
    label: verdict.label,
    confidence: verdict.confidence,
    reasons_key: keyIn(keys.texts, reasonsOf(judged)),
    agent_key: keyIn(keys.texts, agentOf(hit)),
    method: hit.method,
    test: hit.test ? 1 : 0,
  } as const;
}

async function insertUnsubscribes(tx: Transaction<Tables>, hits: readonly JudgedHit[], keys: Keys): Promise<void> {
  for (const { hit } of hits.filter((judged) => judged.hit.kind === 'unsubscribe' && !judged.hit.test)) {
    await tx
      .insertInto('unsubscribes')
      .values({
        message_key: keyIn(keys.messages, hit.message),
        recipient_key: keyIn(keys.recipients, hit.recipient ?? ''),
        at_ms: hit.atMs,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** How far the journal is settled. A write, so that from here on no other process settles anything. */
async function lockPlace(tx: Transaction<Tables>, journal: string): Promise<number> {
  const row = await tx
    .insertInto('journals')
    .values({ id: journal, settled_through: 0 })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({ settled_through: eb.ref('journals.settled_through') })),
    )
    .returning('settled_through')
    .executeTakeFirstOrThrow();
  return row.settled_through;
}

async function keepPlace(tx: Transaction<Tables>, batch: SettleBatch): Promise<void> {
  await tx.updateTable('journals').set({ settled_through: batch.through }).where('id', '=', batch.journal).execute();
}
