// What reports take, and how that grows with events: the report of a large message, lists, pages, a timeline, and all of
// its recipients as CSV. EVENTS=100000,1000000,10000000 RECIPIENTS=1000000 for the sizes that count; they take minutes to
// make and 2 GB of disk.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildReport } from '../src/report/build-report.ts';
import { buildTimeline } from '../src/report/build-timeline.ts';
import { listEvents } from '../src/report/list-events.ts';
import { listMessages } from '../src/report/list-messages.ts';
import { listRecipients } from '../src/report/list-recipients.ts';
import { recipientRows } from '../src/report/list-rows.ts';
import { recipientHistory } from '../src/report/recipient-history.ts';
import { toCsv } from '../src/report/report-csv.ts';
import { openStore, type Store } from '../src/store/open-store.ts';
import { BIG_MESSAGE, fillEvents } from './many-events.ts';
import type { BenchResult } from './run.ts';

const SIZES = (process.env['EVENTS'] ?? '100000,1000000').split(',').map(Number);
const RECIPIENTS = Number(process.env['RECIPIENTS'] ?? 100_000);
const ROUNDS = 9;
const message = BIG_MESSAGE;
/** Who is looked for: recorded as any recipient is, and known to every message. */
const SOMEBODY = 'somebody';
/** Behind nine tenths of the recipients' keys, which fill 52 bits. */
const DEEP = `k${Math.floor(2 ** 52 * 0.9)
  .toString(16)
  .padStart(16, '0')}`;

const QUESTIONS: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  report: (store) => buildReport(store, { message }),
  'list of 50, newest': (store) => listMessages(store, { limit: 50 }),
  'list of 50, by openers': (store) => listMessages(store, { limit: 50, sort: 'opened' }),
  'recipients, first 50': (store) => listRecipients(store, { message, limit: 50 }),
  'recipients, 50 behind 90 %': (store) => listRecipients(store, { message, limit: 50, cursor: DEEP }),
  'recipients, 50 who clicked': (store) => listRecipients(store, { message, limit: 50, filter: 'clicked' }),
  'recipients, 50 who did nothing': (store) => listRecipients(store, { message, limit: 50, filter: 'nothing' }),
  'recipients, nobody to find': (store) => listRecipients(store, { message, limit: 50, filter: 'unsubscribed' }),
  'one recipient': (store) => listRecipients(store, { message, limit: 1, search: SOMEBODY }),
  'history of a recipient': (store) => recipientHistory(store, { recipient: SOMEBODY, limit: 50 }),
  timeline: (store) => buildTimeline(store, { message, tz: 'Europe/Berlin' }),
  'events, first 50': (store) => listEvents(store, { message, limit: 50 }),
};

/** Measures each size. */
export async function benchReport(): Promise<BenchResult> {
  const columns: ReadonlyMap<string, number>[] = [];
  for (const events of SIZES) columns.push(await measure(events));
  const names = [...Object.keys(QUESTIONS), 'CSV of recipients, rows/s', 'database, MB'];
  const rows = names.map((name) => {
    const figures = SIZES.map((events, at) => [`${events} events`, columns[at]?.get(name) ?? 0] as const);
    return { 'ms, median': name, ...Object.fromEntries(figures) };
  });
  return { bench: 'report', of: `reports of ${RECIPIENTS} recipients, by number of events`, rows };
}

async function measure(events: number): Promise<ReadonlyMap<string, number>> {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-bench-'));
  const path = join(directory, 'telltale.db');
  try {
    await fillEvents(path, { events, recipients: RECIPIENTS });
    const store = await openStore(`sqlite:${path}`);
    for (let at = 1; at <= 200; at += 1) await store.recordSends(`m${at}`, [{ recipient: SOMEBODY, atMs: Date.now() }]);
    const figures = new Map<string, number>();
    for (const [name, ask] of Object.entries(QUESTIONS)) figures.set(name, await medianMs(() => ask(store)));
    figures.set('CSV of recipients, rows/s', await csvRows(store));
    await store.close();
    return figures.set('database, MB', Math.round(statSync(path).size / 1e6));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function medianMs(ask: () => Promise<unknown>): Promise<number> {
  await ask();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    await ask();
    times.push(performance.now() - startedMs);
  }
  times.sort((a, b) => a - b);
  return Number((times[(ROUNDS - 1) / 2] ?? 0).toFixed(2));
}

/** Recipients written a second, page by page as the API streams them. */
async function csvRows(store: Store): Promise<number> {
  const startedMs = performance.now();
  let rows = 0;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listRecipients>> = await listRecipients(store, {
      message,
      cursor,
      limit: 500,
    });
    toCsv(recipientRows(page.items), cursor === null);
    rows += page.items.length;
    cursor = page.next;
  } while (cursor !== null);
  return Math.round((rows / (performance.now() - startedMs)) * 1_000);
}
