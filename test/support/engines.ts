// Engines in tests: one for each test, over files of its own, with the journals that it settles.
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Engine, startEngine } from '../../src/engine/start-engine.ts';
import type { Journal } from '../../src/journal/open-journal.ts';
import type { Settler } from '../../src/settle/settler.ts';
import { openTestJournal } from './journals.ts';
import { temporaryDirectory } from './temporary.ts';

export interface TestEngine {
  readonly engine: Engine;
  readonly directory: string;
  /** The store's file. */
  readonly path: string;
  readonly problems: readonly unknown[];
  /** Opens a journal and settles it. */
  addJournal(name: string): Promise<{ readonly journal: Journal; readonly settler: Settler }>;
}

/** Starts an engine that is closed when the test has ended. */
export async function startTestEngine(
  directory: string = temporaryDirectory(),
  lookMs = 50,
  repeatWindowMs = 0,
): Promise<TestEngine> {
  const path = join(directory, 'telltale.db');
  const problems: unknown[] = [];
  const engine = await startEngine({
    databaseUrl: `sqlite:${path}`,
    lookMs,
    repeatWindowMs,
    onProblem: (error) => problems.push(error),
  });
  const settlers: Settler[] = [];
  async function addJournal(name: string) {
    const journal = await openTestJournal(join(directory, name));
    const settler = await engine.settle(journal);
    settlers.push(settler);
    // Before the journal closes.
    onTestFinished(() => settler.stop().catch(() => undefined));
    return { journal, settler };
  }
  onTestFinished(() => engine.close());
  return { engine, directory, path, problems, addJournal };
}
