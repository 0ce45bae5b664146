import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../../src/engine/start-engine.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** The nice value of each thread of this process (proc(5), field 19 of stat). */
function niceValues(): readonly number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

it.runIf(process.platform === 'linux')('settling gives way to answering, and nothing else does', async () => {
  const own = getPriority();
  const engine = await startEngine({
    databaseUrl: `sqlite:${join(temporaryDirectory(), 'telltale.db')}`,
    onProblem: () => {},
  });
  onTestFinished(() => engine.close());
  const values = niceValues();
  expect(values.filter((nice) => nice > own)).toHaveLength(1);
  expect(values.filter((nice) => nice === own).length).toBeGreaterThan(1);
});
