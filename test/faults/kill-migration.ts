// Several services open one store at once that is new, or has an older schema, and the first that gets to a place of the
// migration is killed there. The others end it; who was killed comes back; all collect, and settle into it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, Migrator, SqliteDialect } from 'kysely';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { killAt } from '../support/kill-at.ts';
import { type Alteration, alter } from './altered.ts';
import { seeded } from './disk.ts';
import { isKill } from './kill.ts';
import { type Asked, type AskedJudgement, askMany, FLAWLESS, judgeAsked, type OracleService } from './oracle.ts';
import { inTrial, type Trial } from './trial.ts';

export interface KillMigrationResult extends AskedJudgement {
  readonly runs: number;
  /** Services that were killed. */
  readonly killed: number;
  /** Services that could not open the store, beside the one that was killed or after it. */
  readonly notStarted: number;
}

const SERVICES = 3;
const BATCH = 10;
/** A migration from nothing has some 60 statements that write. */
const STATEMENTS_MAX = 60;

/** The deliberate defect that must be found: the steps are no longer one transaction. */
export const MIGRATES_PIECEMEAL: readonly Alteration[] = [
  { file: 'store/bring-up-to-date.ts', from: "sqlite.exec('BEGIN IMMEDIATE')", to: 'undefined' },
  { file: 'store/bring-up-to-date.ts', from: "sqlite.exec('COMMIT')", to: 'undefined' },
];

/** Lets services meet at `runs` stores, of which every second one has only the first step of the schema. */
export async function killMigration(of: {
  readonly seed: number;
  readonly runs: number;
  readonly alterations?: readonly Alteration[];
}): Promise<KillMigrationResult> {
  const { seed, runs, alterations } = of;
  const random = seeded(seed);
  const fileOf = alterations === undefined ? {} : { fileOf: alter(alterations) };
  let sum: KillMigrationResult = { ...FLAWLESS, asked: 0, durable: 0, illAnswered: 0, runs, killed: 0, notStarted: 0 };
  for (let run = 0; run < runs; run += 1) {
    const isOld = run % 2 === 1;
    // The later steps are few.
    const at = 1 + Math.floor(random() * (isOld ? 4 : STATEMENTS_MAX));
    const met = await inTrial((trial) => meet(trial, { fileOf, isOld, at }));
    sum = add(sum, met);
  }
  return sum;
}

type Met = Omit<KillMigrationResult, 'runs'>;

async function meet(
  { directory, storePath, start }: Trial,
  of: { readonly fileOf: { readonly fileOf?: (source: URL) => string }; readonly isOld: boolean; readonly at: number },
): Promise<Met> {
  if (of.isOld) await makeOldStore(storePath);
  const env = killAt({ file: 'telltale.db', at: of.at, once: join(directory, 'killed') });
  const places = Array.from({ length: SERVICES }, (_, at) => join(directory, `place-${at}`));
  for (const place of places) mkdirSync(place);
  const first = await Promise.allSettled(places.map((place) => start({ ...of.fileOf, place, env })));
  const ended = first.filter((result) => result.status === 'rejected');
  const killed = ended.filter(({ reason }) => isKill(reason)).length;
  const second = await Promise.allSettled(
    first.map(async (result, at) => {
      return result.status === 'fulfilled' ? result.value : await start({ ...of.fileOf, place: places[at] ?? '' });
    }),
  );
  const services = second.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const notStarted = ended.length - killed + SERVICES - services.length;
  if (notStarted > 0) return { ...FLAWLESS, asked: 0, durable: 0, illAnswered: 0, killed, notStarted };
  const asked = (await Promise.all(services.map(({ url }) => askMany(url, BATCH)))).flat();
  return { ...(await concludeAll(directory, services, asked)), killed, notStarted };
}

async function concludeAll(directory: string, services: readonly OracleService[], asked: readonly Asked[]) {
  const counts = [];
  for (const service of services) counts.push(await service.ask('settle'));
  await Promise.all(services.map((service) => service.end('SIGTERM')));
  const journalPaths = services.map(({ place }) => join(place, 'journal.db'));
  return judgeAsked(directory, asked, { counts, journalPaths });
}

/** A store as a version left it that knew the first step alone. */
async function makeOldStore(path: string): Promise<void> {
  const database = new Database(path);
  database.pragma('application_id = 0x54545354');
  database.pragma('journal_mode = WAL');
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  const [first = ''] = Object.keys(MIGRATIONS);
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } }).migrateTo(first);
  await db.destroy();
  if (error !== undefined) throw error;
}

function add<T extends Met>(sum: T, met: Met): T {
  return {
    ...sum,
    ...{ lost: sum.lost + met.lost, doubled: sum.doubled + met.doubled, miscounted: sum.miscounted + met.miscounted },
    ...{ invented: sum.invented + met.invented, unaccounted: sum.unaccounted + met.unaccounted },
    integrity: [...new Set([...sum.integrity, ...met.integrity])],
    ...{ asked: sum.asked + met.asked, durable: sum.durable + met.durable },
    ...{ illAnswered: sum.illAnswered + met.illAnswered },
    ...{ killed: sum.killed + met.killed, notStarted: sum.notStarted + met.notStarted },
  };
}
