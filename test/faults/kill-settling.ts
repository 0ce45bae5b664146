// A service is killed in the middle of its work: before a statement of the transaction that settles, or before the journal
// forgets what is settled. Each next one goes on over what the last one left; then all is held against what was answered.
import { type KillPlace, killAt } from '../support/kill-at.ts';
import { type Alteration, alter } from './altered.ts';
import { seeded } from './disk.ts';
import { askUntilKilled, illAnsweredAlive, type KillResult } from './kill.ts';
import { type Asked, askMany } from './oracle.ts';
import { inTrial } from './trial.ts';

const BATCH = 20;

/** Statements of a service before which it may be killed; a batch of {@link BATCH} hits has some 150. */
const STATEMENTS_MAX = 400;
const PRUNINGS_MAX = 3;

/** The deliberate defect that must be found: what settles a batch is no longer one transaction. */
export const SETTLES_PIECEMEAL: Alteration = {
  file: 'store/settle-rows.ts',
  from: 'settle: (batch) => writer.beside(',
  to: 'settle: async (batch) => ((first, then) => then(first(), false))(',
};

/**
 * Kills `runs` services over one directory, in every third one as the journal is emptied; or all before they first write to
 * this table.
 */
export async function killSettling(of: {
  readonly seed: number;
  readonly runs: number;
  readonly table?: string;
  readonly alterations?: readonly Alteration[];
}): Promise<KillResult> {
  const { seed, runs, table, alterations } = of;
  const random = seeded(seed);
  const fileOf = alterations === undefined ? {} : { fileOf: alter(alterations) };
  return await inTrial(async ({ start, conclude }) => {
    // The schema is made by one that is not killed.
    const first = await start(fileOf);
    const asked: Asked[] = [...(await askMany(first.url, BATCH))];
    await first.end('SIGKILL');
    for (let run = 0; run < runs; run += 1) {
      const place = table === undefined ? placeOf(run, random) : { file: 'telltale.db', sql: `"${table}"`, at: 1 };
      asked.push(...(await askUntilKilled(() => start({ ...fileOf, env: killAt(place) }), BATCH)));
    }
    const last = await start(fileOf);
    asked.push(...(await askMany(last.url, BATCH)));
    return { ...(await conclude(last, asked)), runs, illAnswered: illAnsweredAlive(asked) };
  });
}

function placeOf(run: number, random: () => number): KillPlace {
  const among = (count: number) => 1 + Math.floor(random() * count);
  if (run % 3 === 2) return { file: 'journal.db', sql: '^DELETE FROM hits', at: among(PRUNINGS_MAX) };
  return { file: 'telltale.db', at: among(STATEMENTS_MAX) };
}
