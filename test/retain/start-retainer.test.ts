import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { retainAgainMs, retainEveryMs, retainStartMs } from '../../src/base/limits.ts';
import { DEFAULT_RETENTION } from '../../src/retain/age.ts';
import type { RetainedStep, RetentionStore } from '../../src/retain/retain.ts';
import { startRetainer } from '../../src/retain/start-retainer.ts';
import { startMs } from '../support/hits.ts';

const DAY = 86_400_000;
const done: RetainedStep = { removed: { signals: 1, events: 2, texts: 3 }, hasMore: false, doubt: undefined };

let problems: unknown[];
let steps: { at: number; of: Parameters<RetentionStore['retainStep']>[0] }[];
beforeEach(() => {
  vi.useFakeTimers({ now: startMs });
  problems = [];
  steps = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function start(answer: (step: number) => RetainedStep) {
  const store: Pick<RetentionStore, 'retainStep'> = {
    async retainStep(of) {
      steps.push({ at: Date.now() - startMs, of });
      return answer(steps.length);
    },
  };
  return startRetainer({ store, policy: DEFAULT_RETENTION, onProblem: (error) => problems.push(error) });
}

describe('the retainer', () => {
  it('runs some minutes after the start, then daily, by its policy and clock', async () => {
    const retainer = start(() => done);
    expect(retainer.status()).toEqual({ removed: { signals: 0, events: 0, texts: 0 }, lastRunMs: null });
    await vi.advanceTimersByTimeAsync(retainStartMs + 2 * retainEveryMs);
    expect(steps.map(({ at }) => at)).toEqual([0, 1, 2].map((runs) => retainStartMs + runs * retainEveryMs));
    const nowMs = startMs + retainStartMs;
    expect(steps[0]?.of).toEqual({
      nowMs,
      signalsBeforeMs: nowMs - 30 * DAY,
      eventsBeforeMs: Date.UTC(2024, 11, 1) + retainStartMs,
      trustClock: false,
    });
    expect(retainer.status()).toEqual({
      removed: { signals: 3, events: 6, texts: 9 },
      lastRunMs: startMs + retainStartMs + 2 * retainEveryMs,
    });
    await retainer.stop();
    await vi.advanceTimersByTimeAsync(3 * retainEveryMs);
    expect(steps).toHaveLength(3);
    expect(problems).toEqual([]);
  });

  it('goes on until nothing is left, and rests between two steps', async () => {
    const retainer = start((step) => ({ ...done, hasMore: step < 4 }));
    const run = retainer.runNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(steps).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5_000);
    await run;
    expect(steps).toHaveLength(4);
    expect(retainer.status().removed.events).toBe(8);
    await retainer.stop();
  });

  it('tells of a failure, and tries again within the hour', async () => {
    const retainer = start((step) => {
      if (step === 1) throw new Error('locked');
      return done;
    });
    await vi.advanceTimersByTimeAsync(retainStartMs);
    expect(problems).toEqual([new Error('locked')]);
    expect(retainer.status().lastRunMs).toBeNull();
    await vi.advanceTimersByTimeAsync(retainAgainMs);
    expect(retainer.status().lastRunMs).toBe(startMs + retainStartMs + retainAgainMs);
    await retainer.stop();
  });

  it('tells of a clock that is not believed, with what to do', async () => {
    const doubt = { kind: 'ahead', nowMs: startMs + 9 * DAY, knownMs: startMs } as const;
    const retainer = start(() => ({ removed: { signals: 0, events: 0, texts: 0 }, hasMore: false, doubt }));
    await vi.advanceTimersByTimeAsync(retainStartMs);
    expect(problems).toEqual([
      new Error(
        'The clock says 2026-01-10T00:00:00.000Z, more than two days after 2026-01-01T00:00:00.000Z, which is the last time that was sure. Nothing is removed by such a clock until it has stood for a day. If it is right, run: telltale retain --trust-clock.',
      ),
    ]);
    expect(retainer.status().lastRunMs).toBeNull();
    await retainer.stop();
  });

  it('ends after the step at hand when it is stopped, without its rest', async () => {
    const retainer = start(() => ({ ...done, hasMore: true }));
    const run = retainer.runNow();
    await vi.advanceTimersByTimeAsync(0);
    await retainer.stop();
    await run;
    expect(steps).toHaveLength(1);
    expect(retainer.status().lastRunMs).toBeNull();
  });
});
