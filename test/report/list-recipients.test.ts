import { describe, expect, it } from 'vitest';
import { listedRowsMax } from '../../src/base/limits.ts';
import type { Page } from '../../src/report/cursor.ts';
import { listRecipients, type RecipientOptions, type RecipientRow } from '../../src/report/list-recipients.ts';
import { recipientRows } from '../../src/report/list-rows.ts';
import { recipientHistory } from '../../src/report/recipient-history.ts';
import { RECIPIENT_FILTERS } from '../../src/report/report-source.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, sentMs, startMs } from '../support/hits.ts';
import { changeFile, openTestStore, settleHits } from '../support/stores.ts';

const UUID = '7f0c1c3e-5a0c-4f7e-9b1d-0123456789ab';

/** Sent to r0…r5 and a UUID; r0 opened, r1 clicked, r2 did both, r3 left, r4 was scanned; r9 was never sent to. */
async function filledStore() {
  const opened = await openTestStore();
  const { store } = opened;
  const sends = [...Array.from({ length: 6 }, (_, at) => `r${at}`), UUID].map((recipient) => ({
    recipient,
    atMs: sentMs,
    domain: 'example.com',
  }));
  await store.recordSends('spring-sale', sends);
  await settleHits(store, [
    makeHit({ recipient: 'r0' }),
    makeHit({ recipient: 'r1', link: makeLink(), atMs: startMs + 9_000 }),
    makeHit({ recipient: 'r2' }),
    makeHit({ recipient: 'r2', atMs: startMs + 5_000 }),
    makeHit({ recipient: 'r2', link: makeLink(), atMs: startMs + 60_000 }),
    makeHit({ recipient: 'r3', kind: 'unsubscribe' }),
    makeHit({ recipient: 'r4', from: CLIENTS.head }),
    makeHit({ recipient: 'r9' }),
    makeHit({ recipient: 'r5', test: true }),
  ]);
  return opened;
}

async function pagesOf(store: Store, options: Omit<RecipientOptions, 'message' | 'cursor'>) {
  const pages: (readonly RecipientRow[])[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<RecipientRow> = await listRecipients(store, { message: 'spring-sale', cursor, ...options });
    pages.push(page.items);
    cursor = page.next;
  } while (cursor !== null);
  return pages;
}

const idsOf = (rows: readonly RecipientRow[]) => rows.map(({ recipient }) => recipient).sort();

describe('the recipients of a message', () => {
  it.each([
    ['all', ['7f0c1c3e-5a0c-4f7e-9b1d-0123456789ab', 'r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r9']],
    ['opened', ['r0', 'r2', 'r9']],
    ['clicked', ['r1', 'r2']],
    ['unsubscribed', ['r3']],
    ['nothing', ['7f0c1c3e-5a0c-4f7e-9b1d-0123456789ab', 'r4', 'r5']],
  ] as const)('are found by what they did: %s, each once, in pages of any size', async (filter, expected) => {
    const { store } = await filledStore();
    for (const limit of [1, 2, 50]) {
      const pages = await pagesOf(store, { filter, limit });
      expect(idsOf(pages.flat())).toEqual(expected);
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(limit);
    }
  });

  it('show what each did, and when', async () => {
    const { store } = await filledStore();
    const { items } = await listRecipients(store, { message: 'spring-sale', search: 'r2', limit: 1 });
    expect(items).toEqual([
      {
        recipient: 'r2',
        domain: 'example.com',
        sentAt: '2025-12-31T23:00:00.000Z',
        opens: {
          total: 2,
          people: 2,
          byLabel: { human: 2, 'proxy-human': 0, prefetch: 0, scanner: 0, preview: 0, unknown: 0 },
          firstAt: '2026-01-01T00:00:00.000Z',
          lastAt: '2026-01-01T00:00:05.000Z',
        },
        clicks: expect.objectContaining({ total: 1, people: 1, firstAt: '2026-01-01T00:01:00.000Z' }),
        unsubscribedAt: null,
      },
    ]);
    expect(items[0] && Object.keys(recipientRows(items).rows[0] ?? {})).toEqual(recipientRows(items).columns);
  });

  it('are searched by their whole id, together with the filter', async () => {
    const { store } = await filledStore();
    const find = async (search: string, filter: RecipientOptions['filter'] = 'all') =>
      (await listRecipients(store, { message: 'spring-sale', search, filter, limit: 9 })).items.length;
    expect(await Promise.all([UUID, 'r9', 'r', 'R0', 'nobody', "' OR 1=1"].map((id) => find(id)))).toEqual([
      1, 1, 0, 0, 0, 0,
    ]);
    expect(await Promise.all(RECIPIENT_FILTERS.map((filter) => find('r2', filter)))).toEqual([1, 1, 1, 0, 0]);
    await store.recordSends('other', [{ recipient: 'elsewhere', atMs: sentMs }]);
    expect(await find('elsewhere')).toBe(0);
  });

  it.each(['', 'k', 'kzz', `k${'0'.repeat(15)}`, `e${'0'.repeat(16)}`, 'm1'])(
    'refuse the cursor %j',
    async (cursor) => {
      const { store } = await filledStore();
      await expect(listRecipients(store, { message: 'spring-sale', cursor, limit: 1 })).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
      });
    },
  );

  it('of an unknown message are refused', async () => {
    const { store } = await filledStore();
    await expect(listRecipients(store, { message: 'nothing', limit: 1 })).rejects.toMatchObject({
      code: 'UNKNOWN_MESSAGE',
    });
  });

  it('are looked at in bounded numbers: a page that finds none ends, and the next goes on', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, [makeHit()]);
    const count = 2 * listedRowsMax + 10;
    // Scanned all of them, but for the last, who opened.
    changeFile(
      path,
      `DELETE FROM states; DELETE FROM recipients;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
        INSERT INTO recipients SELECT unhex(printf('%016x', i)), 'r' || i FROM n;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
        INSERT INTO states SELECT 1, unhex(printf('%016x', i)), 0, i = ${count}, 0, 0, i < ${count}, 0, 0, ${startMs}, 0 FROM n;`,
    );
    const pages = await pagesOf(store, { filter: 'opened', limit: 10 });
    expect(pages.map(idsOf)).toEqual([[], [], [`r${count}`]]);
    expect((await pagesOf(store, { filter: 'nothing', limit: 500 })).flat()).toHaveLength(count - 1);
  });
});

describe('the history of a recipient', () => {
  it('has its messages, newest first, in pages of any size, and no others', async () => {
    const { store } = await filledStore();
    for (const message of ['second', 'third', 'fourth'])
      await store.recordSends(message, [{ recipient: message === 'third' ? 'r8' : 'r2', atMs: sentMs }]);
    await settleHits(store, [makeHit({ message: 'hit', recipient: 'r2', kind: 'unsubscribe' })]);
    for (const limit of [1, 2, 9]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof recipientHistory>> = await recipientHistory(store, {
          recipient: 'r2',
          cursor,
          limit,
        });
        seen.push(...page.items.map(({ message }) => message));
        cursor = page.next;
      } while (cursor !== null);
      expect(seen).toEqual(['hit', 'fourth', 'second', 'spring-sale']);
    }
    const { items } = await recipientHistory(store, { recipient: 'r2', limit: 9 });
    expect(items[0]).toMatchObject({ sentAt: null, unsubscribedAt: '2026-01-01T00:00:00.000Z' });
    expect(items[3]).toMatchObject({ opens: { people: 2 }, clicks: { people: 1 } });
  });

  it('is refused for whom nobody heard of, and for a cursor of another list', async () => {
    const { store } = await filledStore();
    await expect(recipientHistory(store, { recipient: 'nobody', limit: 1 })).rejects.toMatchObject({
      code: 'UNKNOWN_RECIPIENT',
    });
    await expect(recipientHistory(store, { recipient: 'r1', cursor: 'm1', limit: 1 })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
    });
  });
});
