import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import type { Page } from '../../src/report/cursor.ts';
import { listMessages, type MessageSummary } from '../../src/report/list-messages.ts';
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
  let cursor: string | null = null;
  for (;;) {
    const page: Page<MessageSummary> = await listMessages(source, { cursor, limit });
    pages.push(page.items.map((item) => item.id));
    if (page.next === null) return pages;
    if (pages.length > 20) throw new Error('the list has no end');
    cursor = page.next;
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
      return store.recordSends(`later-${later}`, [{ recipient: 'r1', atMs: sentMs }]);
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
  it.each([
    '',
    'm',
    'm-1',
    'm1.5',
    'm1 ',
    ' m1',
    '1',
    'M1',
    'm1e3',
    'm0x1',
    `m${'9'.repeat(16)}`,
    "m1' OR 1=1",
    'm1.sent.4',
  ])('is refused when it is none of this list: %j', async (cursor) => {
    const { store } = await openTestStore();
    await expect(listMessages(store, { cursor, limit: 2 })).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
  });

  it('is refused in another order than its own', async () => {
    const { store } = await openTestStore();
    for (const cursor of ['m1', 'm1.name.YQ', 'm1.sent.x', 'm1.sent.', 'm1.newest.1'])
      await expect(listMessages(store, { cursor, sort: 'sent', limit: 2 })).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
      });
  });

  it('ends the list when it points before the first message', async () => {
    const store = await storeOf(3);
    expect(await listMessages(store, { cursor: 'm1', limit: 2 })).toEqual({ items: [], next: null });
  });
});

/** Messages with names, and numbers of recipients who were sent to, opened and clicked. */
const SORTED: readonly (readonly [id: string, sent: number, opened: number, clicked: number])[] = [
  ['b', 3, 1, 2],
  ['A_1', 3, 3, 0],
  ['c%', 1, 0, 2],
  ['Ünal', 2, 2, 1],
];

async function sortedStore() {
  const { store } = await openTestStore();
  for (const [message, sent, opened, clicked] of SORTED) {
    const recipients = (count: number) => Array.from({ length: count }, (_, at) => `r${at}`);
    await store.recordSends(
      message,
      recipients(sent).map((recipient) => ({ recipient, atMs: sentMs })),
    );
    await settleHits(store, [
      ...recipients(opened).map((recipient) => makeHit({ message, recipient })),
      ...recipients(clicked).map((recipient) => makeHit({ message, recipient, link: makeLink() })),
    ]);
  }
  return store;
}

describe('the list in another order', () => {
  it.each([
    ['newest', ['Ünal', 'c%', 'A_1', 'b']],
    ['name', ['A_1', 'b', 'c%', 'Ünal']],
    ['sent', ['A_1', 'b', 'Ünal', 'c%']],
    ['opened', ['A_1', 'Ünal', 'b', 'c%']],
    ['clicked', ['c%', 'b', 'Ünal', 'A_1']],
  ] as const)('by %s is the same in pages of any size', async (sort, expected) => {
    const store = await sortedStore();
    for (const limit of [1, 3, 9]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Page<MessageSummary> = await listMessages(store, { sort, limit, cursor });
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== null);
      expect(seen).toEqual(expected);
    }
  });

  it.each([
    ['a', ['Ünal', 'A_1']],
    ['_', ['A_1']],
    ['%', ['c%']],
    ['\\', []],
    ["' OR 1=1 --", []],
    ['ün', []],
    ['Ün', ['Ünal']],
  ])('is searched for %j', async (search, expected) => {
    const { items } = await listMessages(await sortedStore(), { search, limit: 9 });
    expect(items.map(({ id }) => id)).toEqual(expected);
  });
});
