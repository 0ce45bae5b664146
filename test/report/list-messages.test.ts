import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { decodeCursor, listMessages } from '../../src/report/list-messages.ts';
import type { ReportSource } from '../../src/report/report-source.ts';
import { makeHit, makeLink, sentMs, startMs } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

async function storeOf(count: number) {
  const { store } = await openTestStore();
  for (let at = 0; at < count; at += 1) await store.recordSends(`m${at}`, [{ recipient: 'r1', atMs: sentMs + at }]);
  return store;
}

/** The ids of every page, following each `next` to the last. */
async function pagesOf(source: ReportSource, limit: number, betweenPages: () => Promise<unknown> = async () => {}) {
  const pages: (readonly string[])[] = [];
  let cursor: number | null = null;
  for (;;) {
    const page = await listMessages(source, { cursor, limit });
    pages.push(page.items.map((item) => item.id));
    if (page.next === null) return pages;
    if (pages.length > 20) throw new Error('the list has no end');
    cursor = decodeCursor(page.next) ?? null;
    expect(cursor).not.toBeNull();
    await betweenPages();
  }
}

describe('the list of messages', () => {
  it.each([
    [0, 3, 1],
    [1, 3, 1],
    [3, 3, 1],
    [4, 3, 2],
    [7, 1, 7],
    [7, 500, 1],
  ])('shows %i messages by %i in %i pages, newest first, each once', async (count, limit, pageCount) => {
    const pages = await pagesOf(await storeOf(count), limit);
    expect(pages).toHaveLength(pageCount);
    expect(pages.flat()).toEqual(Array.from({ length: count }, (_, at) => `m${count - 1 - at}`));
  });

  it('loses and doubles none while new messages come between its pages', async () => {
    const store = await storeOf(6);
    let later = 0;
    const pages = await pagesOf(store, 2, () => {
      later += 1;
      return store.recordSends(`later-${later}`, [{ recipient: 'r1', atMs: startMs }]);
    });
    expect(pages.flat()).toEqual(['m5', 'm4', 'm3', 'm2', 'm1', 'm0']);
    expect(later).toBe(2);
  });

  it('shows the figures of the report', async () => {
    const store = await storeOf(2);
    const hits = ['r1', 'r2', 'r3'].map((recipient) => makeHit({ message: 'm1', recipient }));
    await settleHits(store, [...hits, makeHit({ message: 'm1', link: makeLink() })]);
    const { items } = await listMessages(store, { cursor: null, limit: 10 });
    const { rates } = await buildReport(store, { message: 'm1' });
    expect(items).toStrictEqual([
      {
        id: 'm1',
        name: null,
        firstSentAt: '2025-12-31T23:00:00.001Z',
        sent: 1,
        opens: { total: 3, unique: 3, rate: { raw: rates.open.raw, human: rates.open.human } },
        clicks: { total: 1, unique: 1, rate: { raw: 1, human: 1 } },
      },
      {
        id: 'm0',
        name: null,
        firstSentAt: '2025-12-31T23:00:00.000Z',
        sent: 1,
        opens: { total: 0, unique: 0, rate: { raw: 0, human: 0 } },
        clicks: { total: 0, unique: 0, rate: { raw: 0, human: 0 } },
      },
    ]);
  });

  it('shows a message from the first hit on, sent or not', async () => {
    const { store } = await openTestStore();
    await settleHits(store, [makeHit({ message: 'unannounced' })]);
    const { items } = await listMessages(store, { cursor: null, limit: 10 });
    expect(items).toEqual([expect.objectContaining({ id: 'unannounced', sent: 0, firstSentAt: null })]);
  });
});

describe('a cursor', () => {
  it.each(['', 'm', 'm-1', 'm1.5', 'm1 ', ' m1', '1', 'M1', 'm1e3', 'm0x1', `m${'9'.repeat(16)}`, "m1' OR 1=1"])(
    'is not read when it is none of ours: %j',
    (cursor) => {
      expect(decodeCursor(cursor)).toBeUndefined();
    },
  );

  it('ends the list when it points before the first message', async () => {
    const store = await storeOf(3);
    expect(await listMessages(store, { cursor: decodeCursor('m1') ?? null, limit: 2 })).toEqual({
      items: [],
      next: null,
    });
  });
});
