// The control state's sequence of changes, only ever added to. Its last place stands in one row that every writer takes
// first, so places follow each other without a gap and in the order of the commits: who has read up to one has all
// before it.
import { type Kysely, sql, type Transaction } from 'kysely';
import type {
  ControlChange,
  ControlPage,
  Erasures,
  LinkOfMessage,
  Revocable,
  ShortDestination,
} from '../base/control-change.ts';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import type { Consent } from '../base/nouns.ts';
import type { Tombstone } from '../retain/erase.ts';
import { tombstoneMaker } from '../token/tombstone.ts';
import type { ShortLinkStore } from '../track/send-queue.ts';
import { codeOf, LEVELS, wordOf } from './codes.ts';
import { type ChangeRow, readChange, subjectOf, toRow } from './control-row.ts';
import type { Dialect, Sql } from './sql.ts';
import type { Tables } from './tables.ts';

/** A revocation, in force or undone, and by whom: an API token's id, `environment` for its one extra token, `command`. */
export interface Revocation {
  readonly of: Revocable;
  readonly revokedAt: string;
  readonly revokedBy: string;
  readonly restoredAt: string | null;
  readonly restoredBy: string | null;
}

/** What proves a consent or its withdrawal. */
export interface ConsentProof {
  /** What it is for, in the sender's words. */
  readonly purpose: string;
  /** Where it was given: a form, a letter, a page. */
  readonly source: string;
  readonly atMs: number;
}

/** A consent as it was recorded, and by whom. */
export interface ConsentEntry extends ConsentProof {
  readonly consent: Consent;
  readonly recordedAtMs: number;
  readonly by: string;
}

export interface ControlRows extends ShortLinkStore {
  /** Changes after a place, in order. */
  changesAfter(seq: number, limit: number): Promise<ControlPage>;
  /** Calls back after each change made through this store; returns what stops it. */
  onControlChange(listener: () => void): () => void;
  /** Revokes; the revocation that was in force already stays as it is. */
  revoke(of: Revocable, by: string): Promise<Revocation>;
  /** Undoes a revocation; nothing when none is in force. */
  restore(of: Revocable, by: string): Promise<Revocation | undefined>;
  /** Revocations, the newest first; `place` is what `after` takes. */
  listRevocations(page: {
    readonly after: number | null;
    readonly limit: number;
  }): Promise<readonly (Revocation & { readonly place: number })[]>;
  /** Corrects where a link leads; false when it led there already. */
  correctLink(link: LinkOfMessage, destination: string, by: string): Promise<boolean>;
  /**
   * Sets the most that may be learnt of a recipient; false when it was so already, or the recipient is erased. What proves
   * it is kept either way, unless the recipient is erased.
   */
  setConsent(recipient: string, consent: Consent, by: string, proof?: ConsentProof): Promise<boolean>;
  /** What is on record of a recipient's consent, the newest first, at most `limit`. */
  consentsOf(recipient: string, limit: number): Promise<readonly ConsentEntry[]>;
  /** Leaves a tombstone in place of what the sequence holds of a recipient; false when it stands already. */
  eraseRecipient(recipient: string, by: string): Promise<boolean>;
  /** The same, with what it removed: the first step of an erasure (`erase` in src/retain). */
  leaveTombstone(recipient: string, by: string): Promise<Tombstone>;
  /** Recipients erased after a place, for whoever looks for them in files. */
  erasuresAfter(seq: number): Promise<Erasures>;
}

export function makeControlRows(
  database: Pick<Sql, 'db' | 'dialect' | 'announce' | 'onAnnouncement'>,
  now: () => number = Date.now,
): ControlRows {
  const { db, dialect } = database;
  const listeners = new Set<() => void>();
  let stopListening: (() => void) | undefined;

  /** Makes changes under the lock of the sequence; `plan` sees what stands and says what to add. */
  async function record<T>(by: string, plan: (log: Log) => Promise<T>): Promise<T> {
    let added = 0;
    const result = await db.transaction().execute(async (tx) => {
      const log = await lockLog(tx, { by, atMs: now(), dialect });
      const planned = await plan(log);
      added = log.added();
      if (added > 0) await database.announce(tx);
      return planned;
    });
    if (added > 0) tell();
    return result;
  }

  function tell(): void {
    for (const listener of listeners) listener();
  }

  return {
    onControlChange(listener) {
      listeners.add(listener);
      stopListening ??= database.onAnnouncement(tell);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stopListening?.();
        stopListening = undefined;
      };
    },
    changesAfter: (seq, limit) => db.transaction().execute((tx) => changesAfter(tx, seq, limit)),
    revoke: (of, by) =>
      record(by, async (log) => {
        if ((await log.latest({ kind: 'revoked', of }))?.kind !== 'revoked') await log.add({ kind: 'revoked', of });
        return newestOf(log.tx, of);
      }),
    restore: (of, by) =>
      record(by, async (log) => {
        if ((await log.latest({ kind: 'restored', of }))?.kind !== 'revoked') return undefined;
        await log.add({ kind: 'restored', of });
        return newestOf(log.tx, of);
      }),
    listRevocations: (page) => listRevocations(db, page),
    correctLink: (link, destination, by) =>
      record(by, (log) => log.addIfNew({ kind: 'destination', ...link, destination })),
    async recordShortLinks(message, set, links, by) {
      const change = { kind: 'short-links', message, set, links: inOrder(links) } as const;
      await record(by, async (log) => {
        const known = await log.latest(change);
        if (known === undefined) await log.add(change);
        else if (!isSame(known, change)) throw collision(message);
      });
    },
    setConsent: (recipient, consent, by, proof) =>
      record(by, async (log) => {
        if ((await log.latest({ kind: 'erased', tombstone: log.tombstoneOf(recipient) })) !== undefined) return false;
        const isOutdated = proof !== undefined && (await isBeforeLast(log.tx, recipient, proof.atMs));
        if (proof !== undefined) {
          const { purpose, source, atMs } = proof;
          const levels = { opens: codeOf(LEVELS, consent.opens), clicks: codeOf(LEVELS, consent.clicks) };
          const row = { recipient, ...levels, purpose, source, at_ms: atMs, recorded_at_ms: now(), by };
          await log.tx.insertInto('consents').values(row).execute();
        }
        return isOutdated ? false : log.addIfNew({ kind: 'consent', recipient, consent });
      }),
    eraseRecipient: (recipient, by) => record(by, async (log) => (await leaveTombstone(log, recipient)).isNew),
    leaveTombstone: (recipient, by) => record(by, (log) => leaveTombstone(log, recipient)),
    erasuresAfter: (seq) => db.transaction().execute((tx) => erasuresAfter(tx, seq)),
    async consentsOf(recipient, limit) {
      const rows = await db
        .selectFrom('consents')
        .selectAll()
        .where('recipient', '=', recipient)
        .orderBy('key', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ opens, clicks, purpose, source, at_ms: atMs, recorded_at_ms: recordedAtMs, by }) => ({
        consent: { opens: wordOf(LEVELS, opens), clicks: wordOf(LEVELS, clicks) },
        ...{ purpose, source, atMs, recordedAtMs, by },
      }));
    },
  };
}

/** The sequence, locked. */
interface Log {
  readonly id: string;
  readonly dialect: Dialect;
  readonly tx: Transaction<Tables>;
  /** The last change of the same subject. */
  latest(change: ControlChange): Promise<ControlChange | undefined>;
  add(change: ControlChange): Promise<void>;
  /** Adds a change unless it says what the last one of its subject said. */
  addIfNew(change: ControlChange): Promise<boolean>;
  added(): number;
  tombstoneOf(recipient: string): string;
}

async function lockLog(
  tx: Transaction<Tables>,
  by: { readonly by: string; readonly atMs: number; readonly dialect: Dialect },
): Promise<Log> {
  const {
    id,
    last_seq: last,
    tombstone_key: key,
  } = await tx
    .updateTable('control_log')
    .set((eb) => ({ last_seq: eb.ref('last_seq') }))
    .returning(['id', 'last_seq', 'tombstone_key'])
    .executeTakeFirstOrThrow();
  let added = 0;

  async function latest(change: ControlChange): Promise<ControlChange | undefined> {
    const row = await tx
      .selectFrom('control_changes')
      .selectAll()
      .where('topic', '=', subjectOf(change).topic)
      .where('subject', '=', subjectOf(change).subject)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && readChange(row);
  }

  async function add(change: ControlChange): Promise<void> {
    added += 1;
    const seq = last + added;
    await tx
      .insertInto('control_changes')
      .values({ seq, ...toRow(change), at_ms: by.atMs, by: by.by })
      .execute();
    await tx.updateTable('control_log').set({ last_seq: seq }).execute();
  }

  return {
    id,
    dialect: by.dialect,
    tx,
    latest,
    add,
    async addIfNew(change) {
      const known = await latest(change);
      if (known !== undefined && isSame(known, change)) return false;
      await add(change);
      return true;
    },
    added: () => added,
    tombstoneOf: (recipient) => tombstoneMaker(key)(recipient).toString('hex'),
  };
}

/** Whether a consent was told of that was given later: what is recorded of an earlier time proves it, and changes nothing. */
async function isBeforeLast(tx: Transaction<Tables>, recipient: string, atMs: number): Promise<boolean> {
  // What was told to be in the future was so when it was told, at the latest.
  const { last } = await tx
    .selectFrom('consents')
    .where('recipient', '=', recipient)
    .select((eb) =>
      eb.fn
        .max(
          eb
            .case()
            .when('at_ms', '<', eb.ref('recorded_at_ms'))
            .then(eb.ref('at_ms'))
            .else(eb.ref('recorded_at_ms'))
            .end(),
        )
        .as('last'),
    )
    .executeTakeFirstOrThrow();
  return last !== null && atMs < Number(last);
}

async function leaveTombstone(log: Log, recipient: string): Promise<Tombstone> {
  // Whole pages that become free are written over, too.
  const overwrite = async (how: 'ON' | 'FAST') => {
    if (log.dialect.name === 'sqlite') await sql.raw(`PRAGMA secure_delete = ${how}`).execute(log.tx);
  };
  await overwrite('ON');
  const consents = await log.tx.deleteFrom('consents').where('recipient', '=', recipient).executeTakeFirst();
  const changes = await log.tx
    .deleteFrom('control_changes')
    .where('topic', '=', 'consent')
    .where('subject', '=', recipient)
    .executeTakeFirst();
  await overwrite('FAST');
  const erased = { kind: 'erased', tombstone: log.tombstoneOf(recipient) } as const;
  const isNew = await log.addIfNew(erased);
  const { seq } = await log.tx
    .selectFrom('control_changes')
    .select('seq')
    .where('topic', '=', 'erased')
    .where('subject', '=', erased.tombstone)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return {
    ...{ isNew, seq, log: log.id },
    consents: Number(consents.numDeletedRows),
    controlChanges: Number(changes.numDeletedRows),
  };
}

async function erasuresAfter(tx: Transaction<Tables>, seq: number): Promise<Erasures> {
  const log = await tx.selectFrom('control_log').selectAll().executeTakeFirstOrThrow();
  const rows = await tx
    .selectFrom('control_changes')
    .select(['seq', 'subject'])
    .where('topic', '=', 'erased')
    .where('seq', '>', seq)
    .execute();
  return {
    log: log.id,
    through: rows.reduce((last, row) => Math.max(last, row.seq), seq),
    tombstoneKey: log.tombstone_key,
    tombstones: rows.map(({ subject }) => subject),
  };
}

function isSame(a: ControlChange, b: ControlChange): boolean {
  return toRow(a).value === toRow(b).value;
}

function inOrder(links: readonly ShortDestination[]): readonly ShortDestination[] {
  return [...links].sort((a, b) => a.index - b.index);
}

function collision(message: string): TelltaleError {
  return new TelltaleError(
    'LINKS_NOT_REGISTERED',
    `Other links of message ${quote(message)} have the same short name, which happens once in 33 million. Compile this mail with links: 'self-contained'.`,
  );
}

async function changesAfter(tx: Transaction<Tables>, seq: number, limit: number): Promise<ControlPage> {
  const log = await tx.selectFrom('control_log').selectAll().executeTakeFirstOrThrow();
  const rows = await tx
    .selectFrom('control_changes')
    .selectAll()
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return {
    log: log.id,
    tombstoneKey: log.tombstone_key,
    last: log.last_seq,
    changes: rows.map((row) => ({ seq: row.seq, change: readChange(row) })),
  };
}

/** Each revocation with what undid it: the next change of its subject, since nothing is revoked twice in a row. */
function revocations(db: Kysely<Tables>) {
  return db
    .selectFrom('control_changes as made')
    .leftJoin('control_changes as undone', (join) =>
      join.on(
        'undone.seq',
        '=',
        sql<number>`(SELECT min(seq) FROM control_changes
          WHERE topic = made.topic AND subject = made.subject AND seq > made.seq)`,
      ),
    )
    .select([
      ...(['made.seq', 'made.topic', 'made.subject', 'made.value', 'made.at_ms', 'made.by'] as const),
      ...(['undone.at_ms as undone_at_ms', 'undone.by as undone_by'] as const),
    ])
    .where('made.topic', 'in', ['message', 'link', 'host'])
    .where('made.value', '=', 'revoked')
    .orderBy('made.seq', 'desc');
}

async function listRevocations(
  db: Kysely<Tables>,
  { after, limit }: { readonly after: number | null; readonly limit: number },
) {
  const rows = await revocations(db)
    .$if(after !== null, (query) => query.where('made.seq', '<', after ?? 0))
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...toRevocation(row), place: row.seq }));
}

async function newestOf(tx: Transaction<Tables>, of: Revocable): Promise<Revocation> {
  const { topic, subject } = subjectOf({ kind: 'revoked', of });
  const row = await revocations(tx)
    .where('made.topic', '=', topic)
    .where('made.subject', '=', subject)
    .limit(1)
    .executeTakeFirstOrThrow();
  return toRevocation(row);
}

function toRevocation(
  row: ChangeRow & {
    readonly at_ms: number;
    readonly by: string;
    readonly undone_at_ms: number | null;
    readonly undone_by: string | null;
  },
): Revocation {
  const change = readChange(row);
  if (change.kind !== 'revoked') throw new Error(`change ${row.subject} of the control state is no revocation`);
  return {
    of: change.of,
    revokedAt: new Date(row.at_ms).toISOString(),
    revokedBy: row.by,
    restoredAt: row.undone_at_ms === null ? null : new Date(row.undone_at_ms).toISOString(),
    restoredBy: row.undone_by,
  };
}
