// Empties a journal after its commits, whatever it empties it into: soon after each of them, with a look every second
// besides, one run at a time. While it fails it only looks, and tells once what is wrong.
import { messageOf } from '../base/errors.ts';
import { settleGatherMs, settleStopMs } from '../base/limits.ts';

export interface Runner {
  /** Does all that is to be done now. */
  runNow(): Promise<void>;
  /** Does what is left and stops; `mayGoOn` says no once `withinMs` have passed (1,500). */
  stop(withinMs?: number): Promise<void>;
}

export interface RunnerOptions {
  readonly journal: { onCommit(listener: () => void): () => void };
  /** Does what there is to do, for as long as it may go on. */
  readonly work: (mayGoOn: () => boolean) => Promise<void>;
  readonly lookMs: number;
  /** Milliseconds for which commits gather before there is a run. @default 100 */
  readonly gatherMs?: (() => number) | undefined;
  readonly onProblem: (error: unknown) => void;
}

/** Starts with what the journal already holds. */
export function runOnCommit(options: RunnerOptions): Runner {
  const { journal, work, lookMs, gatherMs = () => settleGatherMs, onProblem } = options;
  let endsMs = Number.POSITIVE_INFINITY;
  let running: Promise<void> | undefined;
  let isDirty = false;
  /** What was told last; nothing while all is well. */
  let told: string | undefined;

  function wake(): Promise<void> {
    isDirty = true;
    running ??= run();
    return running;
  }

  async function run(): Promise<void> {
    try {
      while (isDirty) {
        isDirty = false;
        await work(() => performance.now() < endsMs);
      }
      told = undefined;
    } catch (error) {
      tell(error);
      throw error;
    } finally {
      // In the same step in which the loop ends: whoever wakes us later starts a new run.
      running = undefined;
    }
  }

  function tell(error: unknown): void {
    const message = messageOf(error);
    if (message !== told) onProblem(error);
    told = message;
  }

  const look = () => void wake().catch(() => undefined);
  let gathering: NodeJS.Timeout | undefined;
  const unsubscribe = journal.onCommit(() => {
    // While it fails, commits only pile up behind what fails; the next look tries again.
    if (told !== undefined || gathering !== undefined) return;
    gathering = setTimeout(() => {
      gathering = undefined;
      look();
    }, gatherMs());
  });
  const looking = setInterval(look, lookMs);
  look();
  return {
    runNow: wake,
    async stop(withinMs = settleStopMs) {
      endsMs = performance.now() + withinMs;
      unsubscribe();
      clearInterval(looking);
      clearTimeout(gathering);
      await wake().catch(() => undefined);
    },
  };
}
