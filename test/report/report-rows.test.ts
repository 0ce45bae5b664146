import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { listMessages } from '../../src/report/list-messages.ts';
import { toCsv } from '../../src/report/report-csv.ts';
import { reportRows, summaryRows } from '../../src/report/report-rows.ts';
import { CLIENTS, makeHit, makeLink, sentMs } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

const LINK_NAME = '=HYPERLINK("https://evil.example")';

/** A store with a message whose figures differ from one another, and another message. */
async function filledStore() {
  const { store } = await openTestStore();
  const sends = Array.from({ length: 7 }, (_, at) => ({ recipient: `r${at}`, atMs: sentMs }));
  await store.recordSends('spring-sale', sends);
  await store.recordSends('=1+1', [{ recipient: 'r1', atMs: sentMs }]);
  await store.recordLinks('spring-sale', [
    { index: 0, destination: 'https://example.com/', name: 'Home, "sweet" home' },
    { index: 4, destination: 'https://example.com/never', name: LINK_NAME },
  ]);
  const opens = Object.values(CLIENTS).flatMap((from, at) => [
    makeHit({ from, recipient: `r${at}` }),
    makeHit({ from, recipient: `r${at + 1}` }),
  ]);
  const clicks = [0, 0, 1, 2].map((at) => makeHit({ recipient: `r${at}`, link: makeLink({ index: at % 2 }) }));
  await settleHits(store, [...opens, ...clicks, makeHit({ kind: 'unsubscribe' })]);
  return store;
}

type Cells = Readonly<Record<string, string>>;

const rowsOf = (csv: string): readonly Cells[] => parse(csv, { columns: true });

/** The value at a path like `opens.byLabel.human.total`. */
function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((part, name) => Object(part)[name], value);
}

/** How many figures a value holds. */
function leafCount(value: unknown): number {
  if (value === null || typeof value !== 'object') return 1;
  return Object.values(value).reduce((sum: number, part) => sum + leafCount(part), 0);
}

const isUsage = ({ figure = '' }: Cells) => /^(?:clients|devices)\./.test(figure);
const cellOf = (value: unknown) => (value === null ? '' : String(value));

describe('the rows of a report', () => {
  it('hold every figure of the JSON, the same', async () => {
    const report = await buildReport(await filledStore(), { message: 'spring-sale' });
    const figures = rowsOf(toCsv(reportRows(report))).filter((row) => row['destination'] === '' && !isUsage(row));
    for (const { figure = '', value } of figures)
      expect([figure, value]).toEqual([figure, cellOf(valueAt(report, figure))]);
    const { links, domains, warnings, clients, devices, ...rest } = report;
    expect(links.length).toBe(3);
    expect(domains.length).toBe(0);
    expect(warnings).toEqual([]);
    expect(figures).toHaveLength(leafCount(rest));
    expect(new Set(figures.map((row) => row['figure'])).size).toBe(figures.length);
  });

  it('hold the opens and clicks of every client and device by its name; that of those not known is empty', async () => {
    const report = await buildReport(await filledStore(), { message: 'spring-sale' });
    const rows = rowsOf(toCsv(reportRows(report))).filter(isUsage);
    expect(rows).toEqual(
      [
        ...report.clients.map(({ client, ...counts }, at) => ({ of: `clients.${at}`, name: client, counts })),
        ...report.devices.map(({ device, ...counts }, at) => ({ of: `devices.${at}`, name: device, counts })),
      ].flatMap(({ of, name, counts }) => [
        { figure: `${of}.opens`, value: String(counts.opens), destination: '', name: name ?? '' },
        { figure: `${of}.clicks`, value: String(counts.clicks), destination: '', name: name ?? '' },
      ]),
    );
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['Chrome', 'Gmail', 'desktop', '']));
  });

  it('hold the clicks of every link with its destination and its name', async () => {
    const report = await buildReport(await filledStore(), { message: 'spring-sale' });
    const rows = rowsOf(toCsv(reportRows(report))).filter((row) => row['destination'] !== '');
    expect(rows).toEqual(
      report.links.flatMap(({ index, destination, name, clicks }) =>
        Object.entries(clicks).map(([kind, value]) => ({
          figure: `links.${index}.clicks.${kind}`,
          value: String(value),
          destination,
          name: name === LINK_NAME ? `'${LINK_NAME}` : cellOf(name),
        })),
      ),
    );
    expect(rows.map((row) => row['value'])).toContain('2');
  });

  it('hold the recipients of every domain with its name', async () => {
    const { store } = await openTestStore();
    const sends = ['b.example', 'a.example', 'a.example'].map((domain, at) => ({
      recipient: `r${at}`,
      atMs: sentMs,
      domain,
    }));
    await store.recordSends('spring-sale', sends);
    await settleHits(store, [makeHit({ recipient: 'r0' })]);
    const rows = rowsOf(toCsv(reportRows(await buildReport(store, { message: 'spring-sale' }))));
    const domains = rows.filter(({ figure }) => figure?.startsWith('domains.'));
    expect(domains.map(({ figure, value, name }) => [figure, value, name])).toEqual([
      ['domains.0.sent', '2', 'a.example'],
      ['domains.0.opened', '0', 'a.example'],
      ['domains.0.clicked', '0', 'a.example'],
      ['domains.1.sent', '1', 'b.example'],
      ['domains.1.opened', '1', 'b.example'],
      ['domains.1.clicked', '0', 'b.example'],
    ]);
  });

  it('stand under the same header for every report', async () => {
    const store = await filledStore();
    for (const message of ['spring-sale', '=1+1']) {
      const csv = toCsv(reportRows(await buildReport(store, { message })));
      expect(csv.split('\n')[0]).toBe('figure,value,destination,name');
    }
  });
});

describe('the rows of the list', () => {
  it('stand under their header when there are none', () => {
    expect(toCsv(summaryRows([])).trimEnd().split(',')).toHaveLength(12);
  });

  it('hold every figure of each message, the same, and no formula', async () => {
    const { items } = await listMessages(await filledStore(), { cursor: null, limit: 10 });
    const rows = rowsOf(toCsv(summaryRows(items)));
    expect(rows).toHaveLength(2);
    expect(rows.map((row) => row['id'])).toEqual(["'=1+1", 'spring-sale']);
    for (const [position, item] of items.entries()) {
      const { id, ...row } = rows[position] ?? {};
      expect(Object.keys(row)).toHaveLength(leafCount(item) - 1);
      for (const [path, cell] of Object.entries(row)) expect([path, cell]).toEqual([path, cellOf(valueAt(item, path))]);
    }
  });
});
