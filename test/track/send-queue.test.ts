import { describe, expect, it } from 'vitest';
import { sendBatch, sendQueueMax } from '../../src/base/limits.ts';
import { createSendQueue, type Send, type SendStore } from '../../src/track/send-queue.ts';

function sendOf(number: number): Send {
  return { recipient: `r${number}`, atMs: number };
}

/** A store that remembers its calls. */
function recordingStore() {
  const calls: { readonly message: string; readonly sends: readonly Send[] }[] = [];
  const store: SendStore = {
    recordSends: async (message, sends) => calls.push({ message, sends }),
    recordLinks: async () => undefined,
  };
  return { calls, store };
}

function failOnProblem(error: unknown): never {
  throw error;
}

describe('the send queue', () => {
  it('writes what was pushed together in one batch, in order', async () => {
    const { calls, store } = recordingStore();
    const queue = createSendQueue(store, failOnProblem);
    for (let i = 0; i < 3; i += 1) expect(queue.push('m', sendOf(i))).toBe(true);
    expect(calls).toEqual([]);
    await queue.drain();
    expect(calls).toEqual([{ message: 'm', sends: [sendOf(0), sendOf(1), sendOf(2)] }]);
  });

  it('begins a batch with every other message and keeps the order', async () => {
    const { calls, store } = recordingStore();
    const queue = createSendQueue(store, failOnProblem);
    for (const [i, message] of ['a', 'a', 'b', 'a'].entries()) queue.push(message, sendOf(i));
    await queue.drain();
    expect(calls.map(({ message, sends }) => `${message}${sends.map((send) => send.atMs)}`)).toEqual([
      'a0,1',
      'b2',
      'a3',
    ]);
  });

  it(`writes at most ${sendBatch} at a time`, async () => {
    const { calls, store } = recordingStore();
    const queue = createSendQueue(store, failOnProblem);
    for (let i = 0; i < 2 * sendBatch + 1; i += 1) queue.push('m', sendOf(i));
    await queue.drain();
    expect(calls.map(({ sends }) => sends.length)).toEqual([sendBatch, sendBatch, 1]);
    expect(calls.flatMap(({ sends }) => sends).map((send) => send.atMs)).toEqual(
      Array.from({ length: 2 * sendBatch + 1 }, (_, i) => i),
    );
  });

  it('writes one batch after the other, and what came meanwhile', async () => {
    const log: string[] = [];
    const store: SendStore = {
      recordSends: async (_, sends) => {
        log.push(`begin ${sends.length}`);
        if (sends[0]?.atMs === 0) queue.push('m', sendOf(9));
        await Promise.resolve();
        log.push('end');
      },
      recordLinks: async () => undefined,
    };
    const queue = createSendQueue(store, failOnProblem);
    queue.push('m', sendOf(0));
    await queue.drain();
    expect(log).toEqual(['begin 1', 'end', 'begin 1', 'end']);
  });

  it('is in use again after it was drained', async () => {
    const { calls, store } = recordingStore();
    const queue = createSendQueue(store, failOnProblem);
    queue.push('m', sendOf(0));
    await queue.drain();
    queue.push('m', sendOf(1));
    await queue.drain();
    await queue.drain();
    expect(calls).toHaveLength(2);
  });

  it(`takes ${sendQueueMax} and refuses the next, without losing one`, async () => {
    const { calls, store } = recordingStore();
    const queue = createSendQueue(store, failOnProblem);
    const taken = Array.from({ length: sendQueueMax }, (_, i) => queue.push('m', sendOf(i)));
    expect(taken.every((isTaken) => isTaken)).toBe(true);
    expect(queue.push('m', sendOf(0))).toBe(false);
    await queue.drain();
    expect(calls.flatMap(({ sends }) => sends)).toHaveLength(sendQueueMax);
    expect(queue.push('m', sendOf(0))).toBe(true);
    await queue.drain();
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('locked'))],
    [
      'throws',
      () => {
        throw new Error('locked');
      },
    ],
  ])('tells of a store that %s, once a batch, and goes on', async (_, fail) => {
    const problems: unknown[] = [];
    const written: string[] = [];
    const store: SendStore = {
      recordSends: (message) => (message === 'bad' ? fail() : Promise.resolve(written.push(message))),
      recordLinks: async () => undefined,
    };
    const queue = createSendQueue(store, (error) => problems.push(error));
    for (const message of ['bad', 'bad', 'good']) queue.push(message, sendOf(0));
    await queue.drain();
    expect(problems).toEqual([new Error('locked')]);
    expect(written).toEqual(['good']);
    queue.push('good', sendOf(1));
    await queue.drain();
    expect(written).toEqual(['good', 'good']);
  });
});
