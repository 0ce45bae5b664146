// The few counts from which the open rate is estimated, against a plain join of the rows they stand for.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSENT_LEVELS } from '../../src/base/nouns.ts';
import { strataOf, sumStrata } from '../../src/stats/audience.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, sentMs, startMs } from '../support/hits.ts';
import { changeFile, openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const KEPT = 'SELECT message_key, cohort, seen, recipients FROM audiences WHERE recipients <> 0 ORDER BY 1, 2, 3';
const JOINED = `SELECT message_key, cohort, seen, count(*) AS recipients FROM (
  SELECT message_key, cohort,
    CASE WHEN EXISTS (SELECT 1 FROM states s WHERE s.message_key = sends.message_key AND s.recipient_key = sends.recipient_key
      AND s.kind = 0 AND s.human + s.proxy_human > 0) THEN 1 ELSE 0 END
    + CASE WHEN EXISTS (SELECT 1 FROM states s WHERE s.message_key = sends.message_key AND s.recipient_key = sends.recipient_key
      AND s.kind = 1 AND s.human + s.proxy_human > 0) THEN 2 ELSE 0 END
    + CASE WHEN EXISTS (SELECT 1 FROM states s WHERE s.message_key = sends.message_key AND s.recipient_key = sends.recipient_key
      AND s.kind = 0 AND s.prefetch > 0) THEN 4 ELSE 0 END AS seen
  FROM sends WHERE cohort IS NOT NULL
) AS seen_sends GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

/** Recipients by domain, and all of them under no name. */
const KEPT_DOMAINS = `SELECT message_key, domain_key, sent, opened, clicked FROM domain_counts ORDER BY 1, 2`;
const SEEN_DOMAINS = `SELECT message_key, domain_key,
    CASE WHEN EXISTS (SELECT 1 FROM states s WHERE s.message_key = sends.message_key AND s.recipient_key = sends.recipient_key
      AND s.kind = 0 AND s.human + s.proxy_human > 0) THEN 1 ELSE 0 END AS opened,
    CASE WHEN EXISTS (SELECT 1 FROM states s WHERE s.message_key = sends.message_key AND s.recipient_key = sends.recipient_key
      AND s.kind = 1 AND s.human + s.proxy_human > 0) THEN 1 ELSE 0 END AS clicked
  FROM sends WHERE domain_key IS NOT NULL`;
const JOINED_DOMAINS = `SELECT message_key, domain_key, count(*) AS sent, sum(opened) AS opened, sum(clicked) AS clicked
  FROM (${SEEN_DOMAINS}) AS seen_domains GROUP BY 1, 2
  UNION ALL SELECT message_key, 0, count(*), sum(opened), sum(clicked) FROM (${SEEN_DOMAINS}) AS seen_domains GROUP BY 1 ORDER BY 1, 2`;

const sendTo = (store: Store, message: string, ...recipients: readonly string[]) =>
  store.recordSends(
    message,
    recipients.map((recipient) => ({ recipient, atMs: sentMs })),
  );
const prefetch = (message: string, recipient: string) => makeHit({ message, recipient, from: CLIENTS.speculative });

/** Measurable and masked recipients of a message. */
async function sizesOf(store: Store, message: string): Promise<readonly [number, number]> {
  const { measurable, masked } = sumStrata(strataOf((await store.audiencesOf(message, 0)).message));
  return [measurable.recipients, masked.recipients];
}

describe('audiences', () => {
  it('equal a join of sends and states, in whatever order and how often sends and hits came', async () => {
    const { store, path } = await openTestStore();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(sending, hitting), { maxLength: 20 }), async (steps) => {
        for (const step of steps) {
          if (step.kind === 'send') await store.recordSends(step.message, step.sends);
          else
            await settleHits(
              store,
              [...step.hits, ...step.hits.slice(0, 1)].map((of) => makeHit(of)),
            );
        }
        expect(rowsOf(path, KEPT)).toEqual(rowsOf(path, JOINED));
        expect(rowsOf(path, KEPT_DOMAINS)).toEqual(rowsOf(path, JOINED_DOMAINS));
      }),
      { numRuns: 40 },
    );
  });

  it('know by history whom a machine hides, also those of whom this message shows nothing', async () => {
    const { store } = await openTestStore();
    await sendTo(store, 'first', 'r1', 'r2', 'r3');
    await settleHits(store, [
      prefetch('first', 'r1'),
      prefetch('first', 'r2'),
      makeHit({ message: 'first', recipient: 'r3' }),
    ]);
    await sendTo(store, 'second', 'r1', 'r2', 'r3', 'r4');
    expect(await sizesOf(store, 'second')).toEqual([2, 2]);
    await settleHits(store, [prefetch('second', 'r4'), makeHit({ message: 'second', recipient: 'r1' })]);
    expect(await sizesOf(store, 'second')).toEqual([1, 3]);
  });

  it('take one who is mostly seen opening for measurable, whatever was once fetched ahead', async () => {
    const { store } = await openTestStore();
    for (const message of ['a', 'b', 'c']) await sendTo(store, message, 'r1');
    const opens = ['a', 'b'].map((message) => makeHit({ message, recipient: 'r1' }));
    await settleHits(store, [...opens, prefetch('c', 'r1')]);
    await sendTo(store, 'd', 'r1');
    expect(await sizesOf(store, 'd')).toEqual([1, 0]);
  });

  it('forget a habit that was not seen in the last six messages', async () => {
    const { store } = await openTestStore();
    await sendTo(store, 'm0', 'r1');
    await settleHits(store, [prefetch('m0', 'r1')]);
    for (let number = 1; number <= 7; number += 1) await sendTo(store, `m${number}`, 'r1');
    expect(await sizesOf(store, 'm6')).toEqual([0, 1]);
    expect(await sizesOf(store, 'm7')).toEqual([1, 0]);
  });

  it('leave out who may not be counted one by one', async () => {
    const { store } = await openTestStore();
    const consents = CONSENT_LEVELS.map((opens) => ({ opens, clicks: 'individual' as const }));
    await store.recordSends(
      'spring-sale',
      consents.map((consent, at) => ({ recipient: `r${at}`, atMs: startMs, consent })),
    );
    expect(await sizesOf(store, 'spring-sale')).toEqual([1, 0]);
  });

  it('are read without sends, states or events, and those of earlier messages with them, the last first', async () => {
    const { store, path } = await openTestStore();
    for (const message of ['a', 'b', 'c', 'd']) await sendTo(store, message, 'r1', message);
    await settleHits(store, [makeHit({ message: 'b', recipient: 'b' })]);
    const before = await store.audiencesOf('c', 2);
    changeFile(path, 'DELETE FROM sends; DELETE FROM states; DELETE FROM events');
    expect(await store.audiencesOf('c', 2)).toEqual(before);
    expect(before.message).toEqual([expect.objectContaining({ opened: false, recipients: 2 })]);
    expect(before.earlier.map((cells) => cells.some(({ opened }) => opened))).toEqual([true, false]);
    expect(await store.audiencesOf('nothing', 2)).toEqual({ message: [], earlier: [] });
  });
});

const message = fc.nat(2).map((number) => `m${number}`);
const recipient = fc.nat(4).map((number) => `r${number}`);

const sending = fc.record({
  kind: fc.constant('send' as const),
  message,
  sends: fc.array(
    fc.record({
      recipient,
      atMs: fc.constantFrom(startMs, sentMs),
      domain: fc.constantFrom(undefined, 'gmail.com', 'icloud.com', 'example.com'),
      consent: fc.option(
        fc.record({ opens: fc.constantFrom(...CONSENT_LEVELS), clicks: fc.constantFrom(...CONSENT_LEVELS) }),
        { nil: undefined },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

const hitting = fc.record({
  kind: fc.constant('hit' as const),
  hits: fc.array(
    fc.record({
      message,
      recipient,
      from: fc.constantFrom(...Object.values(CLIENTS)),
      link: fc.constantFrom(null, makeLink()),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});
