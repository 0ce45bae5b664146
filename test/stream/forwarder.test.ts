import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SourceEntry } from '../../src/settle/settle-entries.ts';
import { startForwarder } from '../../src/stream/forwarder.ts';
import type { StreamLink } from '../../src/stream/open-stream.ts';
import { makeHit } from '../support/hits.ts';

/** A journal in memory, whose every hit is a commit, and a stream that says how many messages wait in it. */
function forwardTo(waiting: number | Error) {
  const published: string[] = [];
  const entries: SourceEntry[] = [];
  let onCommit: () => void = () => undefined;
  const info = async () => {
    if (waiting instanceof Error) throw waiting;
    return { state: { messages: waiting } };
  };
  const stream = {
    ...{ partitions: 1, payloadMax: 1_000_000, headers: () => new Map(), jsm: { streams: { info } } },
    js: { publish: async (_: string, body: string) => published.push(body) },
  };
  const forwarder = startForwarder({
    journal: {
      id: 'j',
      read: async (after) => entries.filter(({ seq }) => seq > after),
      forwardedPlaces: async () => ({ through: 0, partitions: [{ partition: 0, place: 0 }], isNew: false }),
      onCommit(listener) {
        onCommit = listener;
        return () => undefined;
      },
      ...{ forward: async () => undefined, prune: async () => undefined, setAside: async () => undefined },
    } as Parameters<typeof startForwarder>[0]['journal'],
    link: { open: async () => stream as unknown, failed: (error: unknown) => error } as unknown as StreamLink,
    onProblem(error) {
      throw error;
    },
  });
  return {
    forwarder,
    published,
    commit() {
      entries.push({ seq: entries.length + 1, hit: makeHit() });
      onCommit();
    },
  };
}

/** Five hits, a tenth of a second and more between them, once one told how the stream stands. */
async function messagesOfFive(waiting: number | Error): Promise<number> {
  const { forwarder, published, commit } = forwardTo(waiting);
  commit();
  await vi.advanceTimersByTimeAsync(2_000);
  published.length = 0;
  for (let hit = 0; hit < 5; hit += 1) {
    commit();
    await vi.advanceTimersByTimeAsync(150);
  }
  await vi.advanceTimersByTimeAsync(2_000);
  expect(published.flatMap((body) => body.split('\n'))).toHaveLength(5);
  await forwarder.stop(0);
  return published.length;
}

describe('forwarding', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('gathers for a tenth of a second, and for up to a second while settlers are behind', async () => {
    expect(await messagesOfFive(1_000)).toBe(5);
    expect(await messagesOfFive(1_001)).toBeLessThan(3);
  });

  it('goes on as ever when nobody says how the stream stands', async () => {
    expect(await messagesOfFive(new Error('no answer'))).toBe(5);
  });
});
