// From journals through a stream to a store: every hit once, in order, whoever ends or goes away in between.
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import type { Hit } from '../../src/base/nouns.ts';
import type { Journal } from '../../src/journal/open-journal.ts';
import type { SettleStore } from '../../src/settle/settler.ts';
import type { Store } from '../../src/store/open-store.ts';
import { startConsuming } from '../../src/stream/consume.ts';
import { type ForwardedJournal, startForwarder } from '../../src/stream/forwarder.ts';
import { listParked } from '../../src/stream/parked.ts';
import { partitionOf } from '../../src/stream/partition.ts';
import { makeHit, startMs } from '../support/hits.ts';
import { accountedFor, appendAll, countsWith, openTestJournal } from '../support/journals.ts';
import { hasNats, linkTo, messagesOf, startNats, withNats } from '../support/nats.ts';
import { openTestStore } from '../support/stores.ts';
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

function settleFrom(url: string, store: SettleStore) {
  const link = linkTo(url);
  const problems: unknown[] = [];
  const consuming = startConsuming({
    ...{ link, store, lookMs: LOOK_MS, ackWaitMs: ACK_WAIT_MS },
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
});
void TelltaleError;
void listParked;
void startMs;
void endingBeforeItForgets;
