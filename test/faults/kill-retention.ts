// A service is killed while it removes what is old, and is asked all the while. Each next one goes on where the last one
// was: what is due goes, what is not due stays, and no count changes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { hitIdAt } from '../../src/store/hit-ids.ts';
import { NO_TEXT } from '../../src/store/tables.ts';
import { killAt } from '../support/kill-at.ts';
import { type Alteration, alter } from './altered.ts';
import { seeded } from './disk.ts';
import { askUntilEnd, illAnsweredAlive, type KillResult, LIFE_REQUESTS } from './kill.ts';
import { type Asked, askMany, judgeAsked, type OracleService } from './oracle.ts';
import { inTrial } from './trial.ts';

export interface KillRetentionResult extends KillResult {
  /** Events that were due and are still there, or still have raw signals. */
  readonly overdue: number;
  /** Events that were not due, and have no raw signals. */
  readonly premature: number;
}

const BATCH = 20;
const DAY_MS = 86_400_000;
/** Older than raw signals, and than events, are kept by default. */
const SIGNALS_DUE_MS = -31 * DAY_MS;
const EVENTS_DUE_MS = -400 * DAY_MS;

/** A step that looks at few rows: a run has many of them. */
const SHORT_STEPS: Alteration = { file: 'base/limits.ts', from: 'retainedAtOnce = 5_000', to: 'retainedAtOnce = 7' };
const REMOVES = '^(delete from "(events|texts)"|update "(events|kept_events)")';
/** A run of {@link BATCH} events of each age has some 20. */
const REMOVALS_MAX = 16;

const CHANGE = 'const { changes } = retention[way.change].run(message, from, end);';
const MOVE = 'way.move(writer, message, retention.nextEvent.get(message, end));';

/** The deliberate defect that must be found: a step notes first that it is done, and is no longer one transaction. */
export const NOTES_FIRST: readonly Alteration[] = [
  { file: 'store/retain-rows.ts', from: CHANGE, to: `${MOVE} ${CHANGE}` },
  {
    file: 'store/retain-rows.ts',
    from: 'retainStep: (due) => writer.transaction(() => retainStep(writer, due)),',
    to: 'retainStep: async (due) => retainStep(writer, due),',
  },
];

/** Kills `runs` services over one directory. */
export async function killRetention(of: {
  readonly seed: number;
  readonly runs: number;
  readonly alterations?: readonly Alteration[];
}): Promise<KillRetentionResult> {
  const { seed, runs, alterations = [] } = of;
  const random = seeded(seed);
  const fileOf = alter([SHORT_STEPS, ...alterations]);
  return await inTrial(async ({ directory, storePath, start }) => {
    const all: AllAges = { kept: [], gone: [] };
    for (let run = 0; run < runs; run += 1) {
      const at = 1 + Math.floor(random() * REMOVALS_MAX);
      const when = join(directory, `retaining-${run}`);
      const service = await start({ fileOf, env: killAt({ file: 'telltale.db', sql: REMOVES, at, when }) });
      await askOfAllAges(service, all);
      writeFileSync(when, '');
      service.ask('retain').catch(() => undefined);
      all.kept.push(...(await askUntilEnd(service, BATCH, LIFE_REQUESTS)));
    }
    const last = await start({ fileOf });
    await askOfAllAges(last, all);
    await last.ask('retain');
    const counts = await last.ask('settle');
    await last.end('SIGTERM');
    const { invented: still, ...judged } = judgeAsked(directory, all.kept, { counts: [counts], isRetained: true });
    const { due, premature } = signalsIn(storePath);
    const asked = [...all.kept, ...all.gone];
    const seen = { asked: asked.length, illAnswered: illAnsweredAlive(asked) };
    return { ...judged, ...seen, invented: 0, runs, overdue: due + still, premature };
  });
}

interface AllAges {
  /** Whose events stay. */
  readonly kept: Asked[];
  /** Whose events are due. */
  readonly gone: Asked[];
}

/** Asks at times when signals, events and nothing is due by now, and has all of it settled. */
async function askOfAllAges(service: OracleService, { kept, gone }: AllAges): Promise<void> {
  const askAt = async (offsetMs: number) => {
    await service.ask(offsetMs);
    return await askMany(service.url, BATCH);
  };
  kept.push(...(await askAt(SIGNALS_DUE_MS)));
  gone.push(...(await askAt(EVENTS_DUE_MS)));
  kept.push(...(await askAt(0)));
  await service.ask('settle');
}

/** How many events have raw signals though they are due, and how many have none though they are not. */
function signalsIn(path: string): { readonly due: number; readonly premature: number } {
  const db = new Database(path, { readonly: true });
  const dueBefore = hitIdAt(Date.now() + SIGNALS_DUE_MS / 2);
  const count = db.prepare<[Buffer], number>(
    `SELECT count(*) FROM events WHERE hit_id < ? AND method_key <> ${NO_TEXT}`,
  );
  const none = db.prepare<[Buffer], number>(
    `SELECT count(*) FROM events WHERE hit_id >= ? AND method_key = ${NO_TEXT}`,
  );
  const found = { due: count.pluck().get(dueBefore) ?? 0, premature: none.pluck().get(dueBefore) ?? 0 };
  db.close();
  return found;
}
