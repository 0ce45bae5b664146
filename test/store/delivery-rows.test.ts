// Deliveries in the store: what counts, what suppresses, and what they say of hits.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELIVERY_EVENTS, type Delivery } from '../../src/deliveries/delivery.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { erase } from '../../src/retain/erase.ts';
import { CLIENTS, makeHit, sentMs, startMs } from '../support/hits.ts';
import { allRows, openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const MESSAGE = 'spring-sale';

function delivery(of: Partial<Delivery> = {}): Delivery {
  const { event = 'delivered' } = of;
  return {
    ...{ id: null, message: MESSAGE, recipient: 'r1', event, atMs: startMs - 60_000, isTimed: true },
    ...{ isHard: event === 'bounced', ...of },
  };
}

const reasonsIn = (path: string) =>
  rowsOf(path, 'SELECT reasons FROM events JOIN verdicts ON key = verdict_key ORDER BY hit_id').map(
    ({ reasons }) => reasons,
  );

describe('deliveries', () => {
  it('count each recipient once, by the first end that was told', async () => {
    const { store } = await openTestStore();
    const told = [
      delivery({ event: 'deferred' }),
      delivery(),
      delivery({ event: 'bounced', atMs: startMs }),
      delivery({ recipient: 'r2', event: 'bounced' }),
      delivery({ recipient: 'r2' }),
      delivery({ recipient: 'r3', event: 'complained' }),
      delivery({ recipient: 'r3' }),
    ];
    expect(await store.recordDeliveries(told)).toEqual(told.map(() => 'accepted'));
    expect(await store.findMessage(MESSAGE)).toMatchObject({ sent: 0, delivered: 2, bounces: 1, complaints: 1 });
  });

  it('count an event once by its name, and one without a name by what it says', async () => {
    const { store } = await openTestStore();
    const named = delivery({ id: 'e1', event: 'deferred' });
    expect(await store.recordDeliveries([named, named])).toEqual(['accepted', 'duplicate']);
    expect(await store.recordDeliveries([delivery({ id: 'e1' })])).toEqual(['duplicate']);
    expect(await store.recordDeliveries([delivery(), delivery()])).toEqual(['accepted', 'duplicate']);
    const untimed = delivery({ recipient: 'r2', isTimed: false });
    expect(await store.recordDeliveries([untimed, { ...untimed, atMs: startMs }])).toEqual(['accepted', 'duplicate']);
    expect(await store.findMessage(MESSAGE)).toMatchObject({ delivered: 2 });
  });

  it('let nobody get more mail who complained or bounced for good, and once only', async () => {
    const { store } = await openTestStore();
    const told = [
      delivery({ recipient: 'hard', event: 'bounced' }),
      delivery({ recipient: 'soft', event: 'bounced', isHard: false }),
      delivery({ recipient: 'angry', event: 'complained' }),
      delivery({ recipient: 'late', event: 'deferred' }),
    ];
    await store.recordDeliveries(told);
    const reasons = async () =>
      (await store.sendability(['hard', 'soft', 'angry', 'late'])).map(({ suppressed }) => suppressed);
    expect(await reasons()).toEqual(['bounce', null, 'complaint', null]);
    await store.unsuppress(['hard', 'angry']);
    await store.recordDeliveries(told);
    expect(await reasons()).toEqual([null, null, null, null]);
  });

  it('suppress by a bounce of a mail that had been delivered', async () => {
    const { store } = await openTestStore();
    await store.recordDeliveries([delivery(), delivery({ event: 'bounced', atMs: startMs })]);
    expect(await store.sendability(['r1'])).toMatchObject([{ suppressed: 'bounce' }]);
    expect(await store.findMessage(MESSAGE)).toMatchObject({ delivered: 1, bounces: 0 });
  });

  it('are kept in counts that equal a recount of the rows, however they came', async () => {
    const { store, path } = await openTestStore();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(batches, async (told) => {
        run += 1;
        for (const batch of told)
          await store.recordDeliveries(batch.map((of) => delivery({ ...of, message: `m${run}` })));
        const [recounted] = rowsOf(
          path,
          `SELECT (SELECT count(*) FROM deliveries WHERE message_key = key AND state = 0) AS delivered,
            (SELECT count(*) FROM deliveries WHERE message_key = key AND state = 1) AS bounces,
            (SELECT count(complained_at_ms) FROM deliveries WHERE message_key = key) AS complaints
          FROM messages WHERE id = 'm${run}'`,
        );
        expect(await store.findMessage(`m${run}`)).toMatchObject(recounted ?? {});
      }),
      { numRuns: 40 },
    );
  });

  it('leave nothing of an erased recipient, and go with a recipient or a message that is removed', async () => {
    const { store, path } = await openTestStore();
    await store.eraseRecipient('gone', 'command');
    expect(await store.recordDeliveries([delivery({ recipient: 'gone' })])).toEqual(['erased']);
    expect(rowsOf(path, 'SELECT * FROM recipients')).toEqual([]);
    await store.recordDeliveries([delivery(), delivery({ message: 'other' }), delivery({ recipient: 'r2' })]);
    const of = async (recipient: string) => (await erase(store, { recipient, by: 'command' })).rows;
    expect(await of('r1')).toMatchObject({ deliveries: 2, outbox: 0 });
    expect(await of('nobody')).toMatchObject({ deliveries: 0, outbox: 0 });
    expect(rowsOf(path, 'SELECT * FROM deliveries')).toHaveLength(1);
    expect(await store.findMessage(MESSAGE)).toMatchObject({ delivered: 2 });
    await store.deleteMessage(MESSAGE);
    while (await store.sweepStep());
    expect(rowsOf(path, 'SELECT * FROM deliveries')).toEqual([]);
  });
});

const batches = fc.array(
  fc.array(
    fc.record({
      recipient: fc.constantFrom('r1', 'r2', 'r3'),
      event: fc.constantFrom(...DELIVERY_EVENTS),
      id: fc.option(fc.nat(200).map((number) => `e${number}`)),
      isTimed: fc.boolean(),
      isHard: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  { minLength: 1, maxLength: 5 },
);

describe('a delivery that is told after a hit was settled', () => {
  it('makes of a hit before it what it would have been, and counts follow', async () => {
    const { store, path } = await openTestStore();
    await store.recordSends(MESSAGE, [
      { recipient: 'r1', atMs: sentMs },
      { recipient: 'r2', atMs: sentMs },
      { recipient: 'r3', atMs: sentMs },
    ]);
    await settleHits(store, [
      makeHit(),
      makeHit({ recipient: 'r2', atMs: startMs + 1 }),
      makeHit({ recipient: 'r3', atMs: startMs + 2 }),
    ]);
    expect(reasonsIn(path)).toEqual(['browser-open language', 'browser-open language', 'browser-open language']);
    await store.recordDeliveries([
      delivery({ atMs: startMs + 600_000 }),
      delivery({ recipient: 'r2', atMs: startMs }),
      delivery({ recipient: 'r3', atMs: startMs + 600_000, isTimed: false }),
    ]);
    expect(reasonsIn(path)).toEqual(['before-delivery', 'at-delivery', 'browser-open language']);
    const { opens } = await buildReport(store, { message: MESSAGE });
    expect(opens.byLabel).toMatchObject({ scanner: { total: 2, unique: 2 }, human: { total: 1, unique: 1 } });
  });

  it('says in any order the same as one that was told before the hit, and before the send', async () => {
    const verdicts: unknown[] = [];
    const steps = ['hit', 'send', 'delivery'] as const;
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders) {
      const { store, path } = await openTestStore();
      for (const at of order) {
        const step = steps[at];
        if (step === 'hit') await settleHits(store, [makeHit({ from: CLIENTS.nobody })]);
        if (step === 'send') await store.recordSends(MESSAGE, [{ recipient: 'r1', atMs: startMs - 10_000 }]);
        if (step === 'delivery') await store.recordDeliveries([delivery({ atMs: startMs - 500 })]);
      }
      const kept = allRows(path, 'secrets', 'control_log', 'recipients', 'seen_deliveries');
      verdicts.push({ counts: kept['counts'], audiences: kept['audiences'], reasons: reasonsIn(path) });
    }
    for (const verdict of verdicts) {
      expect(verdict).toMatchObject({ reasons: (verdicts[0] as { reasons: unknown }).reasons });
      expect((verdict as { reasons: readonly string[] }).reasons[0]).toContain('at-delivery');
    }
  });

  it('takes back what the send said, when the mail came earlier', async () => {
    const { store, path } = await openTestStore();
    await store.recordSends(MESSAGE, [{ recipient: 'r1', atMs: startMs - 500 }]);
    await settleHits(store, [makeHit()]);
    expect(reasonsIn(path)).toEqual(['at-delivery']);
    await store.recordDeliveries([delivery({ atMs: startMs - 60_000 })]);
    expect(reasonsIn(path)).not.toEqual(['at-delivery']);
    const { opens } = await buildReport(store, { message: MESSAGE });
    expect(opens.byLabel.scanner.total).toBe(0);
  });
});

describe('the report of a message whose deliveries were told', () => {
  const sends = Array.from({ length: 10 }, (_, at) => ({ recipient: `r${at}`, atMs: sentMs }));

  it('divides by the recipients to whom it came, and says so', async () => {
    const { store } = await openTestStore();
    await store.recordSends(MESSAGE, sends);
    await settleHits(store, [makeHit({ recipient: 'r0' }), makeHit({ recipient: 'r1', from: CLIENTS.head })]);
    await store.recordDeliveries(
      sends.map(({ recipient }, at) => delivery({ recipient, event: at < 8 ? 'delivered' : 'bounced' })),
    );
    const report = await buildReport(store, { message: MESSAGE });
    expect(report).toMatchObject({
      recipients: { sent: 10, delivered: 8 },
      rates: { denominator: 'delivered', coverage: 0.8, reason: null, open: { raw: 2 / 8, human: 1 / 8 } },
      bounces: 2,
      complaints: 0,
      warnings: [],
    });
    // Nobody opens what never came.
    const { sample } = report.rates.open.estimated;
    expect(sample.measurable + sample.masked).toBe(8);
  });

  it('leaves bounced recipients out of the estimate, whichever was told first', async () => {
    const { store } = await openTestStore();
    const bounced = delivery({ recipient: 'r9', event: 'bounced' });
    await store.recordDeliveries([bounced]);
    await store.recordSends(MESSAGE, sends);
    const { rates, recipients } = await buildReport(store, { message: MESSAGE });
    expect(rates.open.estimated.sample.measurable).toBe(9);
    expect([rates.denominator, recipients.delivered]).toEqual(['sent', null]);
  });

  it('warns while of some nobody has said what became of them', async () => {
    const { store } = await openTestStore();
    await store.recordSends(MESSAGE, sends);
    await store.recordDeliveries([delivery({ recipient: 'r0' })]);
    const { warnings } = await buildReport(store, { message: MESSAGE });
    expect(warnings).toEqual([{ code: 'deliveries-untold', message: expect.stringMatching(/^Of 9 of 10 recipients/) }]);
  });

  it('goes by what was sent while fewer deliveries were told than recipients opened: no rate is over one', async () => {
    const { store } = await openTestStore();
    await store.recordSends(MESSAGE, sends);
    await settleHits(store, [makeHit({ recipient: 'r0' }), makeHit({ recipient: 'r1' })]);
    await store.recordDeliveries([delivery({ recipient: 'r0' })]);
    const before = await buildReport(store, { message: MESSAGE });
    expect(before.rates).toMatchObject({ denominator: 'sent', open: { raw: 0.2 } });
    expect(before.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('more recipients than got it'),
    ]);
    await store.recordDeliveries([delivery({ recipient: 'r1' })]);
    const after = await buildReport(store, { message: MESSAGE });
    expect(after.rates).toMatchObject({ denominator: 'delivered', open: { raw: 1 } });
    expect(after.warnings.map(({ message }) => message)).toEqual([expect.stringContaining('too high')]);
  });

  it('has rates of a message whose sends nobody recorded', async () => {
    const { store } = await openTestStore();
    await settleHits(store, [makeHit()]);
    await store.recordDeliveries([delivery({ atMs: sentMs }), delivery({ recipient: 'r2', atMs: sentMs })]);
    const { rates } = await buildReport(store, { message: MESSAGE });
    expect(rates).toMatchObject({ denominator: 'delivered', coverage: null, reason: null, open: { human: 0.5 } });
  });

  it('goes by consent before it goes by deliveries', async () => {
    const { store } = await openTestStore();
    const consent = { opens: 'none', clicks: 'none' } as const;
    await store.recordSends(MESSAGE, [{ recipient: 'r0', atMs: sentMs, consent }, ...sends.slice(1)]);
    await store.recordDeliveries([delivery({ recipient: 'r1' })]);
    expect((await buildReport(store, { message: MESSAGE })).rates.denominator).toBe('measurable');
  });
});
