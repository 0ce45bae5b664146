// From journals through a stream to a store: every hit once, in order, whoever ends or goes away in between.
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import { writeBody } from '../../src/base/hit-body.ts';
import { strayAfterMs } from '../../src/base/limits.ts';
import type { Hit } from '../../src/base/nouns.ts';
import type { Journal } from '../../src/journal/open-journal.ts';
import type { SettleStore } from '../../src/settle/settler.ts';
import type { Store } from '../../src/store/open-store.ts';
import { startConsuming } from '../../src/stream/consume.ts';
import { prepareDropping } from '../../src/stream/drop-settled.ts';
import { type ForwardedJournal, startForwarder } from '../../src/stream/forwarder.ts';
import { type ErasureSource, listParked, park, replayParked } from '../../src/stream/parked.ts';
import { partitionOf } from '../../src/stream/partition.ts';
import { makeHit, startMs } from '../support/hits.ts';
import { accountedFor, appendAll, countsWith, openTestJournal } from '../support/journals.ts';
import { hasNats, linkTo, messagesOf, startNats, withNats } from '../support/nats.ts';
import { openTestStore, rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** So that what fails is soon tried again. */
const LOOK_MS = 50;
/** So that what a killed settler had is soon given to another. */
const ACK_WAIT_MS = 600;

const totalOf = async (store: Store, message = 'spring-sale') =>
  (await store.countsOf(message)).find(({ label }) => label === 'all')?.total ?? 0;
/** Each of nobody: only its place keeps it from being counted twice. */
const anonymous = (count: number, of: Partial<Hit> = {}) =>
  Array.from({ length: count }, () => makeHit({ recipient: null, level: 'aggregate', ...of }));
/** Of so many messages in turn. */
const spread = (count: number, messages: number) =>
  Array.from({ length: count }, (_, at) =>
    makeHit({ recipient: null, level: 'aggregate', message: `m${at % messages}` }),
  );

function forward(journal: ForwardedJournal, url: string) {
  const link = linkTo(url);
  const problems: unknown[] = [];
  const forwarder = startForwarder({ journal, link, lookMs: LOOK_MS, onProblem: (error) => problems.push(error) });
  onTestFinished(() => forwarder.stop(0));
  return { forwarder, link, problems };
}

function settleFrom(url: string, store: SettleStore, erasures?: ErasureSource) {
  const link = linkTo(url);
  const problems: unknown[] = [];
  const consuming = startConsuming({
    ...{ link, store, erasures, lookMs: LOOK_MS, ackWaitMs: ACK_WAIT_MS },
    onProblem: (error) => problems.push(error),
  });
  const stop = async () => {
    await consuming.stop();
    await link.close();
  };
  onTestFinished(stop);
  return { link, problems, stop };
}

async function openPlace(name = 'journal.db') {
  const directory = temporaryDirectory();
  return { directory, journal: await openTestJournal(join(directory, name)) };
}

/** A journal whose owner ends between the stream's acknowledgement and what the journal keeps of it. */
function endingBeforeItForgets(journal: Journal): ForwardedJournal {
  return { ...journal, forward: () => Promise.reject(new Error('the process ended')) };
}

describe.skipIf(!hasNats)(withNats('a stream'), () => {
  it('has each hit once, in its message’s partition and in order, and the journal forgets what is acknowledged', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const hits = spread(200, 40);
    await appendAll(journal, hits);
    const { forwarder, link } = forward(journal, url);
    await forwarder.settleNow();
    expect(journal.counts()).toEqual(countsWith({ received: 200, forwarded: 200 }));
    const messages = await messagesOf(await link.open());
    const found = messages.flatMap(({ subject, body, header }) =>
      body.split('\n').map((line) => ({ subject, line, journal: header('Telltale-Journal') })),
    );
    expect(found).toHaveLength(200);
    for (const hit of hits) {
      const partition = partitionOf(hit, 16);
      const [one, ...others] = found.filter(({ line }) => line.includes(hit.id));
      expect(others).toEqual([]);
      expect(one).toMatchObject({ subject: `telltale.hits.${partition}`, journal: `${journal.id}#${partition}` });
    }
    const places = messages.map(({ header }) => [header('Telltale-After'), header('Telltale-Through')].map(Number));
    expect(places.every(([after = 0, through = 0]) => after === 0 && through > 0)).toBe(true);
  });

  it('brings every hit to the store once, and is empty then', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    const { problems } = settleFrom(url, store);
    forward(journal, url);
    await appendAll(journal, [...spread(300, 30), ...anonymous(50)]);
    await expect.poll(() => totalOf(store), { timeout: 20_000 }).toBe(50);
    await expect
      .poll(async () => (await Promise.all(Array.from({ length: 30 }, (_, at) => totalOf(store, `m${at}`)))).join(), {
        timeout: 20_000,
      })
      .toBe(Array.from({ length: 30 }, () => 10).join());
    await expect.poll(async () => (await linkTo(url).status()).waiting, { timeout: 20_000 }).toBe(0);
    expect(problems).toEqual([]);
    expect(accountedFor(journal.counts())).toBe(350);
  });

  it('counts a hit once though the collector ends between the stream’s acknowledgement and what its journal keeps', async () => {
    const { url } = await startNats();
    const { directory, journal } = await openPlace();
    const { store } = await openTestStore();
    await appendAll(journal, anonymous(10));
    const first = forward(endingBeforeItForgets(journal), url);
    await expect(first.forwarder.settleNow()).rejects.toThrow('the process ended');
    await first.forwarder.stop(0);
    // What came meanwhile makes the next batch another one.
    await appendAll(journal, anonymous(7));
    await journal.close();
    const next = await openTestJournal(join(directory, 'journal.db'));
    await forward(next, url).forwarder.settleNow();
    await appendAll(next, anonymous(3));
    await forward(next, url).forwarder.settleNow();
    expect(next.counts()).toEqual(countsWith({ received: 20, forwarded: 20 }));
    const { link } = settleFrom(url, store);
    await expect.poll(async () => (await link.status()).waiting, { timeout: 20_000 }).toBe(0);
    expect(await totalOf(store)).toBe(20);
  });

  it('counts a hit once though a settler ends between the commit and its acknowledgement', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    await appendAll(journal, anonymous(25));
    await forward(journal, url).forwarder.settleNow();
    let settled = 0;
    const first = settleFrom(url, {
      ...store,
      async settle(batch) {
        await store.settle(batch);
        settled += 1;
        await first.link.close();
        return await new Promise(() => undefined);
      },
    });
    await expect.poll(() => settled, { timeout: 20_000 }).toBe(1);
    const { link } = settleFrom(url, store);
    await expect.poll(async () => (await link.status()).waiting, { timeout: 20_000 }).toBe(0);
    expect(await totalOf(store)).toBe(25);
  });

  it('keeps hits in the journal while it is away, and takes them when it is back, killed or not', async () => {
    const nats = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    const { forwarder, problems } = forward(journal, nats.url);
    const { link } = settleFrom(nats.url, store);
    await appendAll(journal, anonymous(5));
    await expect.poll(() => journal.counts().forwarded, { timeout: 20_000 }).toBe(5);
    for (let round = 1; round <= 3; round += 1) {
      await nats.kill();
      await appendAll(journal, anonymous(5));
      await expect(forwarder.settleNow()).rejects.toMatchObject({ code: 'STREAM_AWAY' });
      expect(journal.counts()).toMatchObject({ forwarded: 10 * round - 5, journalled: 5 });
      await nats.restart();
      await appendAll(journal, anonymous(5));
      await expect.poll(() => journal.counts().forwarded, { timeout: 20_000 }).toBe(10 * round + 5);
    }
    await expect.poll(() => totalOf(store), { timeout: 20_000 }).toBe(35);
    await expect.poll(async () => (await link.status()).waiting, { timeout: 20_000 }).toBe(0);
    expect(problems.map(String)).toContainEqual(expect.stringMatching(/STREAM|stream at .* cannot be reached/));
  });

  it('lets a stream that is silent end no forwarder: what it may have had is known again', async () => {
    const nats = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    const { link } = settleFrom(nats.url, store);
    await appendAll(journal, anonymous(4));
    const { forwarder } = forward(journal, nats.url);
    await forwarder.settleNow();
    await nats.freeze();
    await appendAll(journal, anonymous(6));
    await expect(forwarder.settleNow()).rejects.toMatchObject({ code: 'STREAM_AWAY' });
    expect(journal.counts().journalled).toBe(6);
    nats.thaw();
    await expect.poll(() => journal.counts().journalled, { timeout: 30_000 }).toBe(0);
    await expect.poll(async () => (await link.status()).waiting, { timeout: 30_000 }).toBe(0);
    expect(await totalOf(store)).toBe(10);
  });

  it('is shared by settlers, each of which settles some, none of them anything twice, each message in order', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    const { forwarder } = forward(journal, url);
    const orders = new Map<string, string[]>();
    const shares = [0, 0];
    const watched = (at: number): SettleStore => ({
      ...store,
      async settle(batch) {
        await store.settle(batch);
        shares[at] = (shares[at] ?? 0) + batch.hits.length;
        for (const { hit } of batch.hits) orders.set(hit.message, [...(orders.get(hit.message) ?? []), hit.id]);
        // Time for the other one to ask.
        await new Promise((resolve) => setTimeout(resolve, 5));
      },
    });
    settleFrom(url, watched(0));
    const { link } = settleFrom(url, watched(1));
    const sent: Hit[] = [];
    for (let round = 0; round < 10; round += 1) {
      const hits = spread(80, 20);
      sent.push(...hits);
      await appendAll(journal, hits);
      await forwarder.settleNow();
    }
    await expect.poll(async () => (await link.status()).waiting, { timeout: 30_000 }).toBe(0);
    for (const [message, ids] of orders) {
      expect(ids).toEqual(sent.filter((hit) => hit.message === message).map(({ id }) => id));
    }
    expect(orders.size).toBe(20);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(shares[0]).toBe(800 - (shares[1] ?? 0));
  });

  it('parks what the store refuses and what is no hit, and goes on with the others', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    const hits = anonymous(9);
    const bad = hits[4];
    await appendAll(journal, hits);
    const { forwarder, link } = forward(journal, url);
    await forwarder.settleNow();
    const { js } = await link.open();
    await js.publish('telltale.hits.0', 'a note of somebody');
    const settler = settleFrom(url, {
      ...store,
      async settle(batch) {
        if (batch.hits.some(({ hit }) => hit.id === bad?.id)) throw new TelltaleError('REFUSED_HITS', 'it is cursed');
        await store.settle(batch);
      },
    });
    await expect.poll(async () => (await link.status()).waiting, { timeout: 20_000 }).toBe(0);
    expect(await totalOf(store)).toBe(8);
    const parked = [];
    for await (const one of listParked(await link.open())) parked.push(one);
    expect(parked).toHaveLength(2);
    expect(parked).toContainEqual(
      expect.objectContaining({ seq: 5, reason: 'it is cursed', text: expect.stringContaining(bad?.id ?? '') }),
    );
    expect(parked).toContainEqual(
      expect.objectContaining({ journal: '', reason: 'it is no message of Telltale', text: 'a note of somebody' }),
    );
    expect((await link.status()).parked).toBe(2);
    expect(settler.problems.map(String)).toEqual([
      expect.stringContaining('parked'),
      expect.stringContaining('parked'),
    ]);
    const took: string[] = [];
    const take = async ({ journal: sequence, hit }: { journal: string; hit: { id: string } }) => {
      took.push(hit.id);
      expect(sequence).toMatch(/^parked\//);
      return undefined;
    };
    const replayed = [];
    for await (const { problem } of replayParked(await link.open(), take)) replayed.push(problem);
    expect(took).toEqual([bad?.id]);
    expect(replayed.sort()).toEqual(['it is no hit', undefined]);
    expect((await link.status()).parked).toBe(1);
  });

  it('parks the one hit that ends every settler that meets it, and no other', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    const hits = anonymous(6);
    const cursed = hits[3];
    await appendAll(journal, hits);
    const { forwarder, link } = forward(journal, url);
    await forwarder.settleNow();
    /** Ends without a word when it meets the hit, like a process that crashes. */
    const untilItEnds = async () => {
      let hasEnded = false;
      const settler = settleFrom(url, {
        ...store,
        async settle(batch) {
          if (!batch.hits.some(({ hit }) => hit.id === cursed?.id)) return await store.settle(batch);
          await settler.link.close();
          hasEnded = true;
          return await new Promise(() => undefined);
        },
      });
      const isDone = async () => hasEnded || (await link.status()).waiting === 0;
      await expect.poll(isDone, { timeout: 60_000, interval: 100 }).toBe(true);
      return hasEnded;
    };
    let ends = 0;
    while (await untilItEnds()) ends += 1;
    // One is also given out when nobody takes it: fewer may have met it than had it.
    expect(ends).toBeGreaterThan(1);
    expect(ends).toBeLessThanOrEqual(7);
    expect(await totalOf(store)).toBe(5);
    const parked = [];
    for await (const one of listParked(await link.open())) parked.push(one.text);
    expect(parked).toEqual([expect.stringContaining(cursed?.id ?? '')]);
  });

  it('holds back what follows hits that are missing, says so, and goes on once that is accepted', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    const { forwarder, link } = forward(journal, url);
    await appendAll(journal, anonymous(3));
    await forwarder.settleNow();
    const { jsm } = await link.open();
    await jsm.streams.purge('telltale');
    await appendAll(journal, anonymous(4));
    await forwarder.settleNow();
    const { problems } = settleFrom(url, store);
    await expect.poll(() => problems.length, { timeout: 20_000 }).toBe(1);
    const name = `${journal.id}#${partitionOf(makeHit(), 16)}`;
    expect(problems[0]).toMatchObject({ code: 'STREAM_GAP' });
    expect(String(problems[0])).toContain(`telltale stream accept-gap ${name} 3`);
    expect(await totalOf(store)).toBe(0);
    expect((await link.status()).waiting).toBe(1);
    await store.settle({ journal: name, after: 0, through: 3, hits: [] });
    await expect.poll(() => totalOf(store), { timeout: 20_000 }).toBe(4);
  });

  it('leaves a message of a newer format to a newer settler, and says so', async () => {
    const { url } = await startNats();
    const { store } = await openTestStore();
    const link = linkTo(url);
    const { js, headers } = await link.open();
    const told = headers();
    told.set('Telltale-Format', '2');
    await js.publish('telltale.hits.4', 'who knows', { headers: told });
    const { problems } = settleFrom(url, store);
    await expect
      .poll(() => problems.map(String), { timeout: 20_000 })
      .toEqual([expect.stringContaining('newer Telltale')]);
    expect(await link.status()).toMatchObject({ waiting: 1, parked: 0 });
  });

  it('holds hits while the store is away, and acknowledges them when it is back', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    await appendAll(journal, anonymous(12));
    const { forwarder, link } = forward(journal, url);
    await forwarder.settleNow();
    let isAway = true;
    const { problems } = settleFrom(url, {
      ...store,
      settle: (batch) => (isAway ? Promise.reject(new Error('the store is away')) : store.settle(batch)),
    });
    await expect.poll(() => problems.map(String), { timeout: 20_000 }).toEqual(['Error: the store is away']);
    expect(await link.status()).toMatchObject({ waiting: 1, parked: 0 });
    isAway = false;
    await expect.poll(async () => (await link.status()).waiting, { timeout: 20_000 }).toBe(0);
    expect(await totalOf(store)).toBe(12);
    expect(problems).toHaveLength(1);
  });

  it('has the store know how far back what is in it lies, for as long as somebody settles it', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const { store, path } = await openTestStore();
    await appendAll(journal, anonymous(3));
    await forward(journal, url).forwarder.settleNow();
    const told = () =>
      rowsOf(path, "SELECT waiting_from_ms AS since FROM journals WHERE id LIKE 'settler/%'").map(({ since }) => since);
    const settler = settleFrom(url, {
      ...store,
      settle: () => Promise.reject(new Error('the store is away')),
    });
    await expect.poll(told, { timeout: 20_000 }).toEqual([startMs]);
    await settler.stop();
    expect(told()).toEqual([null]);
  });

  it('sends nothing that a store has settled before the journal was forwarded', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    await appendAll(journal, anonymous(8));
    const link = linkTo(url);
    const forwarder = startForwarder({ journal, link, settledThrough: async () => 5, onProblem: () => undefined });
    onTestFinished(() => forwarder.stop(0));
    await forwarder.settleNow();
    expect(journal.counts()).toEqual(countsWith({ received: 8, settled: 5, forwarded: 3 }));
  });

  it('cuts a batch that is too large for one message, in order', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    const { store } = await openTestStore();
    const headers = { 'user-agent': 'x'.repeat(400) };
    await appendAll(journal, anonymous(3_000, { headers }));
    const { forwarder, link } = forward(journal, url);
    await forwarder.settleNow();
    const messages = await messagesOf(await link.open());
    expect(messages.length).toBeGreaterThan(1);
    expect(Math.max(...messages.map(({ body }) => Buffer.byteLength(body)))).toBeLessThanOrEqual(524_288);
    settleFrom(url, store);
    await expect.poll(() => totalOf(store), { timeout: 30_000 }).toBe(3_000);
  });

  it('gives up what is parked of who is erased, whoever erased them, and nothing else', async () => {
    const { url } = await startNats();
    const stream = await linkTo(url).open();
    const texts = ['gone', 'stays', 'gone'].map((recipient) => writeBody(makeHit({ recipient })));
    for (const [at, text] of [...texts, 'no hit, but of gone'].entries())
      await park(stream, { journal: 'j#1', seq: at + 1, reason: 'a test', parkedAtMs: 0, text });
    const { store } = await openTestStore();
    await store.leaveTombstone('gone', 'a test');
    settleFrom(url, store, store);
    await vi.waitFor(async () => {
      const left: string[] = [];
      for await (const { text } of listParked(stream)) left.push(text);
      expect(left).toEqual([texts[1], 'no hit, but of gone']);
    }, 20_000);
  });

  it('gives up old messages that are settled and were kept all the same, up to the first that is not', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    await appendAll(journal, anonymous(3));
    const { forwarder, link } = forward(journal, url);
    await forwarder.settleNow();
    await appendAll(journal, anonymous(2));
    await forwarder.settleNow();
    const stream = await link.open();
    const [first] = await messagesOf(stream);
    const { store } = await openTestStore();
    const place = first?.header('Telltale-Journal') ?? '';
    await store.settle({ journal: place, after: 0, through: 3, hits: [] });
    await prepareDropping(store, Date.now)(stream);
    expect((await link.status()).waiting).toBe(2);
    const later = () => Date.now() + strayAfterMs;
    await prepareDropping(store, later)(stream);
    expect((await messagesOf(stream)).map(({ header }) => header('Telltale-After'))).toEqual(['3']);
    await store.settle({ journal: place, after: 3, through: 5, hits: [] });
    // Two settlers find it at once.
    await Promise.all([prepareDropping(store, later)(stream), prepareDropping(store, later)(stream)]);
    expect((await link.status()).waiting).toBe(0);
  });

  it('takes a message again that it only remembers: what an election drops is still called a duplicate', async () => {
    const { url } = await startNats();
    const { journal } = await openPlace();
    await appendAll(journal, anonymous(3));
    const first = forward(endingBeforeItForgets(journal), url);
    await first.forwarder.settleNow().catch(() => undefined);
    const stream = await first.link.open();
    const [sent] = await messagesOf(stream);
    await stream.jsm.streams.deleteMessage('telltale', 1);
    await first.forwarder.stop(0);
    const again = forward(journal, url);
    await again.forwarder.settleNow();
    expect((await messagesOf(stream)).map(({ body }) => body)).toEqual([sent?.body]);
    expect(journal.counts()).toEqual(countsWith({ received: 3, forwarded: 3 }));
  });
});
