import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import type { EndedSend, SendEnd, SendRun } from '../../src/track/send-log.ts';
import { changeFile, openTestStore, rowsOf } from '../support/stores.ts';

const run = (id: string, more: Partial<SendRun> = {}): SendRun => ({ id, host: hostname(), pid: process.pid, ...more });
/** No process has it. */
const DEAD = 2 ** 22 + 1;

function ended(recipient: string, end: SendEnd): EndedSend {
  return {
    recipient,
    end,
    atMs: 5,
    reply: end === 'sent' ? 250 : null,
    send: end === 'sent' ? { recipient, atMs: 5 } : null,
  };
}

const begin = (store: Store, by: SendRun, begun: readonly string[]) => store.logSends('m', by, { ended: [], begun });

describe('the send log', () => {
  it('begins with each recipient once, and says how the others ended', async () => {
    const { store } = await openTestStore();
    const one = run('one');
    await store.startSending('m', one);
    expect(await begin(store, one, ['a', 'b', 'c', 'd'])).toEqual(['begun', 'begun', 'begun', 'begun']);
    const ends = [ended('a', 'sent'), ended('b', 'refused'), ended('c', 'deferred'), ended('d', 'doubtful')];
    const begun = ['d', 'c', 'b', 'a', 'e'];
    expect(await store.logSends('m', one, { ended: ends, begun })).toEqual([
      ...['doubtful', 'begun', 'refused', 'sent', 'begun'],
    ]);
    expect(
      await store.logSends('m', one, { ended: [], begun: ['b', 'd', 'a'], again: ['refused', 'doubtful'] }),
    ).toEqual(['begun', 'begun', 'sent']);
  });

  it('counts as sent what was sent, in the same step', async () => {
    const { store } = await openTestStore();
    const one = run('one');
    await store.startSending('m', one);
    await begin(store, one, ['a', 'b']);
    await store.logSends('m', one, { ended: [ended('a', 'sent'), ended('b', 'doubtful')], begun: [] });
    expect(await store.findMessage('m')).toMatchObject({ sent: 1 });
  });

  it('has doubts of what a run that is no more began and did not end', async () => {
    const { store, path } = await openTestStore();
    const dead = run('dead', { pid: DEAD });
    expect(await store.startSending('m', dead)).toEqual({ sent: 0, refused: 0, deferred: 0, doubtful: 0 });
    await begin(store, dead, ['a', 'b']);
    await store.logSends('m', dead, { ended: [ended('a', 'sent')], begun: ['c'] });
    const next = run('next');
    expect(await store.startSending('m', next)).toEqual({ sent: 1, refused: 0, deferred: 0, doubtful: 2 });
    expect(await begin(store, next, ['a', 'b', 'c', 'd'])).toEqual(['sent', 'doubtful', 'doubtful', 'begun']);
    expect(rowsOf(path, 'SELECT count(*) AS runs FROM send_runs')).toEqual([{ runs: 1 }]);
  });

  it.each([
    ['this process', {}],
    ['a process that lives', { pid: process.ppid }],
    ['another machine', { host: 'elsewhere', pid: DEAD }],
  ])('leaves a message to the run of %s that has it', async (_, of) => {
    const { store } = await openTestStore();
    const first = run('first', of);
    await store.startSending('m', first);
    const late = run('late');
    await expect(store.startSending('m', late)).rejects.toMatchObject({ code: 'SENDING' });
    await expect(begin(store, late, ['a'])).rejects.toMatchObject({ code: 'SENDING' });
    await store.startSending('other', late);
    await store.endSending('m', late);
    await expect(store.startSending('m', late)).rejects.toThrow(/is being sent by process/);
    await store.endSending('m', first);
    await store.startSending('m', late);
    await expect(begin(store, first, ['a'])).rejects.toMatchObject({ code: 'SENDING' });
  });

  it('takes a message over from another machine that has said nothing for long', async () => {
    const { store, path } = await openTestStore();
    await store.startSending('m', run('first', { host: 'elsewhere' }));
    changeFile(path, 'UPDATE send_runs SET until_ms = 1');
    expect(await store.startSending('m', run('late'))).toMatchObject({ doubtful: 0 });
  });

  it('goes with its message', async () => {
    const { store, path } = await openTestStore();
    await store.startSending('m', run('one'));
    await begin(store, run('one'), ['a']);
    await store.deleteMessage('m');
    while (await store.sweepStep());
    expect(rowsOf(path, 'SELECT 1 FROM send_log UNION ALL SELECT 1 FROM send_runs')).toEqual([]);
  });
});
