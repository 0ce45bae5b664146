import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { makeHit, makeLink, sentMs } from '../support/hits.ts';
import { playMailing } from '../support/mailing.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

describe('the estimated open rate of a report', () => {
  it('names its method, its samples and its assumption, and lies in its interval and its band', async () => {
    const { store } = await openTestStore();
    await playMailing(store, 'first', { recipients: 600, masked: 200, opensEvery: 3, clicksEvery: 12 });
    const { estimated } = (await buildReport(store, { message: 'first' })).rates.open;
    expect(estimated).toMatchObject({
      level: 0.9,
      method: 'first-mailing',
      n: 400,
      reason: null,
      sample: {
        measurable: 400,
        masked: 200,
        openers: 133,
        clickers: 33,
        both: 33,
        maskedClickers: 17,
        earlierMessages: 0,
      },
      band: { assumption: expect.stringContaining('20 %') },
    });
    const { value, low, high, band } = estimated;
    const order = [band.low, low, value, high, band.high].map(Number);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(Math.abs(Number(value) - 1 / 3)).toBeLessThan(0.03);
  });

  it('takes what is usual from messages sent before, and masked recipients from what was seen in them', async () => {
    const { store } = await openTestStore();
    const plan = { recipients: 600, masked: 200, opensEvery: 3, clicksEvery: 12 };
    await playMailing(store, 'first', plan);
    await playMailing(store, 'second', { ...plan, masked: 0 });
    const first = (await buildReport(store, { message: 'first' })).rates.open.estimated;
    const second = (await buildReport(store, { message: 'second' })).rates.open.estimated;
    expect([first.method, second.method]).toEqual(['first-mailing', 'sender-history']);
    expect(second.sample).toMatchObject({ measurable: 400, masked: 200, earlierMessages: 1 });
  });

  it('masks in a first mailing whose only event is a prefetch, and no one whose open was seen', async () => {
    const { store } = await openTestStore();
    await playMailing(store, 'first', { recipients: 100, masked: 40, opensEvery: 2, clicksEvery: 5 });
    await settleHits(store, [makeHit({ message: 'first', recipient: 'r0' })]);
    const { sample } = (await buildReport(store, { message: 'first' })).rates.open.estimated;
    expect(sample).toMatchObject({ measurable: 61, masked: 39 });
  });

  it.each([
    [29, 'too-few-measurable', null],
    [30, null, expect.any(Number)],
  ])('for %i measurable recipients is refused because of %s, or given', async (recipients, reason, value) => {
    const { store } = await openTestStore();
    await playMailing(store, 'm', { recipients: recipients + 50, masked: 50, opensEvery: 2, clicksEvery: 4 });
    expect((await buildReport(store, { message: 'm' })).rates.open.estimated).toMatchObject({ reason, value });
  });

  it('counts no recipient to whom no send was recorded, until it is', async () => {
    const { store } = await openTestStore();
    const sends = Array.from({ length: 40 }, (_, at) => ({ recipient: `r${at}`, atMs: sentMs }));
    const link = makeLink();
    await settleHits(
      store,
      sends.slice(0, 20).flatMap(({ recipient }) => [makeHit({ recipient }), makeHit({ recipient, link })]),
    );
    const sampleNow = async () => (await buildReport(store, { message: 'spring-sale' })).rates.open.estimated;
    expect(await sampleNow()).toMatchObject({ reason: 'no-sends', n: 0 });
    await store.recordSends('spring-sale', sends);
    expect(await sampleNow()).toMatchObject({ n: 40, sample: { openers: 20, clickers: 20, both: 20 } });
  });
});
