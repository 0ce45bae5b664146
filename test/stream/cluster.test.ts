// Three servers that keep three copies: the leader is killed while hits come, and none is lost or counted twice.
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startConsuming } from '../../src/stream/consume.ts';
import { startForwarder } from '../../src/stream/forwarder.ts';
import { makeHit } from '../support/hits.ts';
import { appendAll, countsWith, openTestJournal } from '../support/journals.ts';
import { hasNats, linkTo, startCluster, withNats } from '../support/nats.ts';
import { openTestStore } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe.skipIf(!hasNats)(withNats('a cluster of three'), () => {
  it('keeps three copies, and loses and doubles nothing when the stream’s leader is killed', async () => {
    const cluster = await startCluster();
    const journal = await openTestJournal(join(temporaryDirectory(), 'journal.db'));
    const { store } = await openTestStore();
    const link = linkTo(cluster.url, '');
    const onProblem = () => undefined;
    // The servers agree on who leads before they make a stream.
    await expect.poll(() => link.open().then(({ replicas }) => replicas, String), { timeout: 60_000 }).toBe(3);
    const forwarder = startForwarder({ journal, link, lookMs: 50, onProblem });
    onTestFinished(() => forwarder.stop(0));
    const settling = linkTo(cluster.url, '');
    const consuming = startConsuming({ link: settling, store, lookMs: 50, ackWaitMs: 2_000, onProblem });
    onTestFinished(() => consuming.stop());
    const more = () =>
      appendAll(
        journal,
        Array.from({ length: 60 }, (_, at) => makeHit({ recipient: null, level: 'aggregate', message: `m${at % 6}` })),
      );
    await more();
    await expect.poll(() => journal.counts().forwarded, { timeout: 60_000 }).toBe(60);
    const { jsm } = await link.open();
    const leader = (await jsm.streams.info('telltale')).cluster?.leader ?? '';
    await cluster.kill(leader);
    for (let round = 0; round < 5; round += 1) await more();
    await expect
      .poll(() => journal.counts(), { timeout: 60_000 })
      .toEqual(countsWith({ received: 360, forwarded: 360 }));
    const totals = async () => {
      const all = await Promise.all(Array.from({ length: 6 }, (_, at) => store.countsOf(`m${at}`)));
      return all.map((rows) => rows.find(({ label }) => label === 'all')?.total ?? 0);
    };
    await expect.poll(totals, { timeout: 60_000 }).toEqual([60, 60, 60, 60, 60, 60]);
    await expect.poll(async () => (await link.status()).waiting, { timeout: 60_000 }).toBe(0);
    expect(await totals()).toEqual([60, 60, 60, 60, 60, 60]);
  });
});
