// Readers of several collectors, who go on while faults come; and what became of their hits, held against what they know.
import { setTimeout as pause } from 'node:timers/promises';
import { answerDeadlineMs } from '../../src/base/limits.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { openStore } from '../../src/store/open-store.ts';
import { accountedFor } from '../support/journals.ts';
import type { Node } from './cluster-nodes.ts';
import { type Asked, askMany, illAnswered, p99Of } from './oracle.ts';
import { onDatabase } from './private-postgres.ts';

/** Messages that the hits are of: each falls into a partition of its own, so that both settlers have work. */
const MESSAGES = ['spring-sale', 'summer-sale', 'autumn-sale'];

/** Requests that each collector is sent together, by so many readers, and milliseconds until the next: a busy machine settles as many. */
const TOGETHER = 24;
const READERS = 6;
const PACE_MS = 1_500;

/** Milliseconds that an answer takes at least which waits for a database that is stopped, or for a line that is cut. */
const HELD_UP_MS = 3_500;

/** While nothing is broken. */
export const NO_FAULT = 'none';

export interface AskedInCluster extends Asked {
  /** Under which fault. */
  readonly during: string;
  /** Whether its collector was dead at some time until the answer should have come. */
  readonly isOfDead: boolean;
  /** Whether its collector had only just begun: it compiles what it runs for the first time, as each process does. */
  readonly isOfNew: boolean;
}

/** Milliseconds for which a collector has only just begun. */
const NEW_MS = 3_000;

/** Asks a collector some times. */
export async function askNode(node: Node, during: () => string): Promise<readonly AskedInCluster[]> {
  const [life, fault] = [node.life, during()];
  const isOfNew = performance.now() - node.readyAtMs < NEW_MS;
  const asked = await askMany(node.url, TOGETHER, READERS, { messages: MESSAGES, isProxied: true });
  const isOfDead = life === 0 || node.life !== life;
  return asked.map((one) => ({ ...one, during: fault, isOfDead, isOfNew }));
}

interface Load {
  /** Asks nothing, or goes on. */
  pause(isOn: boolean): void;
  stop(): Promise<readonly AskedInCluster[]>;
}

/** Asks all collectors until it is stopped, which returns all that was asked. */
export function startLoad(nodes: readonly Node[], during: () => string): Load {
  let isStopping = false;
  let isPausing = false;
  const asked: AskedInCluster[] = [];
  const loops = nodes.map(async (node) => {
    while (!isStopping) {
      if (!isPausing) asked.push(...(await askNode(node, during)));
      await pause(PACE_MS);
    }
  });
  return {
    pause(isOn) {
      isPausing = isOn;
    },
    async stop() {
      isStopping = true;
      await Promise.all(loops);
      return asked;
    },
  };
}

export interface ClusterJudgement {
  readonly asked: number;
  readonly durable: number;
  /** Answered durable, and not in the database. */
  readonly lost: number;
  readonly doubled: number;
  readonly invented: number;
  /** By how much the reports differ from the oracle's count, over all messages, kinds, and both figures. */
  readonly miscounted: number;
  /** By how much the journals' accounts are wrong, and hits that they dropped. */
  readonly unaccounted: number;
  /** Of collectors that lived: neither a pixel nor a redirect, or nothing at all. */
  readonly illAnswered: number;
  /** Of collectors that lived, under faults: answers that came as late as if they had waited for what was broken. */
  readonly heldUp: number;
  /** Of collectors that lived, by their own clock: answers at the deadline, before the hit was on disk. */
  readonly unpromised: number;
  /** Of collectors that lived, as their readers saw it: answers after a server's deadline, which a busy machine has. */
  readonly late: number;
  /** Of collectors that had only just begun. */
  readonly lateOfNew: number;
  /** For each fault, in which time 99 % of the answers of the others came, and the last. */
  readonly answeredMs: Readonly<Record<string, readonly [p99: number, slowest: number]>>;
}

/** Holds what is in the database and in the journals, whose collectors have ended, against what was asked. */
export async function judgeCluster(
  databaseUrl: string,
  asked: readonly AskedInCluster[],
  journalPaths: readonly string[],
): Promise<ClusterJudgement> {
  const stored = await storedIn(databaseUrl);
  const known = new Set(asked.map(({ recipient }) => recipient));
  const alive = asked.filter(({ isOfDead }) => !isOfDead);
  return {
    asked: asked.length,
    durable: asked.filter(({ durable }) => durable).length,
    lost: asked.filter(({ recipient, durable }) => durable && !stored.has(recipient)).length,
    doubled: [...stored.values()].filter((count) => count > 1).length,
    invented: [...stored.keys()].filter((recipient) => !known.has(recipient)).length,
    miscounted: await miscounted(
      databaseUrl,
      asked.filter(({ recipient }) => stored.has(recipient)),
    ),
    unaccounted: await unaccounted(journalPaths),
    illAnswered: illAnswered(alive).length,
    heldUp: alive.filter(({ ms, during }) => during !== NO_FAULT && ms >= HELD_UP_MS).length,
    unpromised: alive.filter(({ durable }) => !durable).length,
    late: alive.filter(({ ms, isOfNew }) => ms > answerDeadlineMs && !isOfNew).length,
    lateOfNew: alive.filter(({ ms, isOfNew }) => ms > answerDeadlineMs && isOfNew).length,
    answeredMs: answeredMs(alive.filter(({ isOfNew }) => !isOfNew)),
  };
}

/** How many events each recipient has. */
async function storedIn(databaseUrl: string): Promise<ReadonlyMap<string, number>> {
  const found = await onDatabase(databaseUrl, (client) =>
    client.query<{ id: string; events: number }>(
      'SELECT recipients.id, count(*)::int AS events FROM events JOIN recipients ON recipients.key = events.recipient_key GROUP BY 1',
    ),
  );
  return new Map(found.rows.map(({ id, events }) => [id, events]));
}

/** Whether all these are in the database. */
export async function areStored(databaseUrl: string, asked: readonly Asked[]): Promise<boolean> {
  const found = await onDatabase(databaseUrl, (client) =>
    client.query(
      'SELECT id FROM recipients WHERE id = ANY($1) AND EXISTS (SELECT 1 FROM events WHERE recipient_key = recipients.key)',
      [asked.map(({ recipient }) => recipient)],
    ),
  );
  return found.rowCount === asked.length;
}

/** Each recipient asked once, so hits and recipients are as many. */
async function miscounted(databaseUrl: string, counted: readonly Asked[]): Promise<number> {
  const store = await openStore(databaseUrl);
  let off = 0;
  for (const message of MESSAGES) {
    const { opens, clicks } = await buildReport(store, { message });
    const ofMessage = counted.filter((one) => one.message === message);
    const opened = ofMessage.filter(({ kind }) => kind === 'open').length;
    const clicked = ofMessage.length - opened;
    off += Math.abs(opens.total - opened) + Math.abs(opens.unique - opened);
    off += Math.abs(clicks.total - clicked) + Math.abs(clicks.unique - clicked);
  }
  await store.close();
  return off;
}

async function unaccounted(journalPaths: readonly string[]): Promise<number> {
  let off = 0;
  for (const path of journalPaths) {
    const journal = await openJournal(path);
    const counts = journal.counts();
    await journal.close();
    const { overflow, failed, damaged } = counts.dropped;
    off += Math.abs(counts.received - accountedFor(counts)) + overflow + failed + damaged;
  }
  return off;
}

function answeredMs(alive: readonly AskedInCluster[]): Readonly<Record<string, readonly [number, number]>> {
  const faults = [...new Set(alive.map(({ during }) => during))];
  return Object.fromEntries(
    faults.map((fault) => {
      const of = alive.filter(({ during }) => during === fault);
      return [fault, [p99Of(of), Math.round(Math.max(...of.map(({ ms }) => ms)))]];
    }),
  );
}
