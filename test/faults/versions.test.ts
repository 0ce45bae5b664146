// Two versions side by side, one step of the schema apart, either way: readers are answered all through, nothing is lost
// or doubled, and no version tells of a problem. The next version is a copy of this one with one step more.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasPostgres, makeDatabase } from '../support/postgres.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { alter } from './altered.ts';
import { type Asked, askMany, FLAWLESS, illAnswered, judge, type OracleService, startOracleService } from './oracle.ts';

/** A step that adds a column to each table that settling reads or writes. */
function nextVersion(name: string): (source: URL) => string {
  const tables = ['events', 'sends', 'states', 'counts', 'messages', 'conversion_touches', 'own_rules', 'webhooks'];
  const step = `async (db) => {
    for (const table of ${JSON.stringify(tables)}) await db.schema.alterTable(table).addColumn('next', 'integer').execute();
  }`;
  const last = "'0002_audiences': { up: addAudiences }";
  return alter([{ file: 'store/migrations.ts', from: last, to: `${last}, '${name}': { up: ${step} }` }]);
}

interface Place {
  readonly databaseUrl: string;
  readonly directory: string;
}

/** Starts a service of a version, with a journal of its own, over one store. */
async function startIn(place: Place, journal: string, fileOf?: (source: URL) => string): Promise<OracleService> {
  const { databaseUrl, directory } = place;
  const own = join(directory, journal);
  mkdirSync(own, { recursive: true });
  const service = await startOracleService(directory, { place: own, databaseUrl, ...(fileOf && { fileOf }) });
  onTestFinished(() => service.end('SIGKILL'));
  return service;
}

async function settleAndEnd(service: OracleService) {
  const counts = await service.ask('settle');
  await service.end('SIGTERM');
  return counts;
}

/** Milliseconds between a few requests and the next few, and how often at most: who settles ends when nothing comes any more. */
const PACE_MS = 50;
const ROUNDS_MAX = 60;

/** Keeps asking while something is done. */
async function askWhile<T>(service: OracleService, done: Promise<T>, asked: Asked[]): Promise<T> {
  let isDone = false;
  const watched = done.finally(() => {
    isDone = true;
  });
  for (let round = 0; round === 0 || (!isDone && round < ROUNDS_MAX); round += 1) {
    asked.push(...(await askMany(service.url, 2, 2)));
    await pause(PACE_MS);
  }
  return await watched;
}

/** An update and a rollback, one process after the other; what was asked, the accounts, and what was told of problems. */
async function goForthAndBack(place: Place) {
  const next = nextVersion('0003_next_since_0002');
  const asked: Asked[] = [];
  const old = await startIn(place, 'a');
  asked.push(...(await askMany(old.url, 20, 4)));
  await old.ask('settle');
  const newer = await askWhile(old, startIn(place, 'b', next), asked);
  await askWhile(newer, askWhile(old, old.ask('settle'), asked), asked);
  const ofOld = await askWhile(newer, settleAndEnd(old), asked);
  const back = await askWhile(newer, startIn(place, 'c'), asked);
  await askWhile(back, newer.ask('settle'), asked);
  const ofNewer = await askWhile(back, settleAndEnd(newer), asked);
  const ofBack = await settleAndEnd(back);
  return { asked, counts: [ofOld, ofNewer, ofBack], problems: [old, newer, back].flatMap(problemsOf) };
}

/** All of them come from this machine, which it may tell. */
function problemsOf({ problems }: OracleService): readonly string[] {
  return problems.filter((problem) => !problem.includes('came from one address'));
}

describe('an update and its rollback, one process at a time', () => {
  it('lose and double nothing on SQLite', async () => {
    const directory = temporaryDirectory();
    const place = { directory, databaseUrl: `sqlite:${join(directory, 'telltale.db')}` };
    const { asked, counts, problems } = await goForthAndBack(place);
    const journalPaths = ['a', 'b', 'c'].map((name) => join(directory, name, 'journal.db'));
    expect(illAnswered(asked)).toEqual([]);
    expect(judge(directory, asked, { counts, journalPaths })).toEqual(FLAWLESS);
    expect(problems).toEqual([]);
  });

  it.skipIf(!hasPostgres)(
    'lose and double nothing on PostgreSQL',
    async () => {
      const { url, drop } = await makeDatabase();
      onTestFinished(drop);
      const { asked, problems } = await goForthAndBack({ directory: temporaryDirectory(), databaseUrl: url });
      expect(illAnswered(asked)).toEqual([]);
      const rows = rowsOf(
        url,
        'SELECT recipients.id FROM events JOIN recipients ON recipients.key = events.recipient_key',
      );
      const stored = rows.map(({ id }) => String(id));
      const durable = asked.filter(({ durable }) => durable).map(({ recipient }) => recipient);
      expect(durable.filter((recipient) => !stored.includes(recipient))).toEqual([]);
      expect(new Set(stored).size).toBe(stored.length);
      expect(problems).toEqual([]);
    },
    300_000,
  );
});
