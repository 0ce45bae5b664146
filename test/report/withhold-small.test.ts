// Hits without a recipient in figures: fewer than five never show, in no form and by no difference of two figures.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { buildTimeline } from '../../src/report/build-timeline.ts';
import { buildClickMap } from '../../src/report/click-map.ts';
import { listMessages } from '../../src/report/list-messages.ts';
import { reportRows } from '../../src/report/report-rows.ts';
import { shownOfParts } from '../../src/report/withhold-small.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

const parts = fc.array(fc.nat(12), { maxLength: 8 });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('what is shown of the parts of a whole', () => {
  it('is a part as it is, or nothing of it, and never one to four', () => {
    fc.assert(
      fc.property(parts, (of) => {
        for (const [at, shown] of shownOfParts(of).entries()) {
          expect(shown === 0 || (shown === of[at] && shown >= 5)).toBe(true);
        }
      }),
    );
  });

  it('leaves none to be found by taking the parts from the whole: what is left out is nothing, five or more, or all', () => {
    fc.assert(
      fc.property(parts, (of) => {
        const withheld = sum(of) - sum(shownOfParts(of));
        expect(withheld === 0 || withheld >= 5 || withheld === sum(of)).toBe(true);
      }),
    );
  });
});

const aggregate = { recipient: null, level: 'aggregate' } as const;
const many = (count: number, of: Parameters<typeof makeHit>[0]) =>
  Array.from({ length: count }, () => makeHit({ ...aggregate, ...of }));
const at = (index: number) => makeLink({ index, destination: `https://example.com/${index}` });

describe('a report', () => {
  it('shows four hits without a recipient nowhere: not in totals, labels, links, clients, devices, the timeline or the list', async () => {
    const { store } = await openTestStore();
    await store.recordSends('m', [{ recipient: 'r1', atMs: startMs - 60_000 }]);
    const named = [makeHit({ message: 'm' }), makeHit({ message: 'm', link: at(0) })];
    await settleHits(store, named);
    const ofNamed = await buildReport(store, { message: 'm' });
    const timeline = await buildTimeline(store, { message: 'm' });
    await settleHits(store, [
      ...many(4, { message: 'm' }),
      ...many(4, { message: 'm', link: at(1), from: CLIENTS.proxy, atMs: startMs + 7_200_000 }),
    ]);
    const report = await buildReport(store, { message: 'm' });
    const { links, warnings, ...figures } = report;
    const { links: namedLinks, warnings: _, ...namedFigures } = ofNamed;
    expect(figures).toEqual(namedFigures);
    expect(links).toEqual([...namedLinks, { ...links[1], clicks: { total: 0, unique: 0, human: 0 } }]);
    expect(warnings.map(({ code }) => code)).toContain('small-cells-withheld');
    const { points } = await buildTimeline(store, { message: 'm' });
    expect(points.slice(0, timeline.points.length)).toEqual(timeline.points);
    for (const point of points.slice(timeline.points.length))
      expect([point.opens.total, point.clicks.total]).toEqual([0, 0]);
    const { items } = await listMessages(store, { limit: 1 });
    expect(items).toMatchObject([{ opens: { total: 1 }, clicks: { total: 1 } }]);
    expect((await buildClickMap(store, { message: 'm' })).links.map(({ total }) => total)).toEqual([1, 0]);
  });

  it('shows five, and of two links neither when one has fewer', async () => {
    const { store } = await openTestStore();
    await settleHits(store, [...many(5, { message: 'm', link: at(0) }), ...many(2, { message: 'm', link: at(1) })]);
    const { clicks, links, clients } = await buildReport(store, { message: 'm' });
    expect(clicks).toMatchObject({ total: 7, anonymous: 7, byLabel: { human: { total: 7 } } });
    expect(links.map((link) => link.clicks.total)).toEqual([0, 0]);
    expect(clients.map((row) => row.clicks)).toEqual([7]);
    await settleHits(store, many(3, { message: 'm', link: at(1) }));
    expect((await buildReport(store, { message: 'm' })).links.map((link) => link.clicks.total)).toEqual([5, 5]);
  });

  it('says the same in its rows, of which CSV, pages and tables are made', async () => {
    const { store } = await openTestStore();
    await settleHits(store, [makeHit({ message: 'm' }), ...many(4, { message: 'm' })]);
    const rows = reportRows(await buildReport(store, { message: 'm' })).rows;
    const totals = rows.filter(({ figure }) => /total|anonymous|\.opens$/.test(String(figure)));
    expect(Math.max(...totals.map(({ value }) => Number(value)))).toBe(1);
  });
});
