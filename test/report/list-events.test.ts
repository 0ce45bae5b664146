import { describe, expect, it } from 'vitest';
import { type EventOptions, type EventRow, listEvents } from '../../src/report/list-events.ts';
import { eventRows } from '../../src/report/list-rows.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { changeFile, openTestStore, settleHits } from '../support/stores.ts';

async function filledStore() {
  const opened = await openTestStore();
  const hits = Array.from({ length: 6 }, (_, at) =>
    makeHit({
      recipient: `r${at}`,
      atMs: startMs + at * 1_000,
      test: at === 2,
      repeat: at === 3,
      from: at === 4 ? CLIENTS.head : CLIENTS.reader,
      ...(at === 5 && { link: makeLink({ index: 2 }) }),
    }),
  );
  await settleHits(opened.store, [...hits, makeHit({ message: 'other' })]);
  return opened;
}

async function eventsOf(store: Store, options: Partial<EventOptions> = {}) {
  const seen: EventRow[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listEvents>> = await listEvents(store, {
      message: 'spring-sale',
      limit: 9,
      cursor,
      ...options,
    });
    seen.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return seen;
}

const whose = (events: readonly EventRow[]) => events.map(({ recipient }) => recipient);

describe('the events of a message', () => {
  it('come in the order of time, in pages of any size, without test traffic unless it is asked for', async () => {
    const { store } = await filledStore();
    for (const limit of [1, 2, 9]) {
      expect(whose(await eventsOf(store, { limit }))).toEqual(['r0', 'r1', 'r3', 'r4', 'r5']);
      expect(whose(await eventsOf(store, { limit, isTestIncluded: true }))).toEqual([
        'r0',
        'r1',
        'r2',
        'r3',
        'r4',
        'r5',
      ]);
    }
  });

  it('go on behind the last one that was read', async () => {
    const { store } = await filledStore();
    const [, second] = await eventsOf(store);
    const { items } = await listEvents(store, { message: 'spring-sale', cursor: `e${second?.id}`, limit: 9 });
    expect(whose(items)).toEqual(['r3', 'r4', 'r5']);
  });

  it('can be those of a time alone', async () => {
    const { store } = await filledStore();
    const times = { fromMs: startMs + 1_000, beforeMs: startMs + 4_000 };
    expect(whose(await eventsOf(store, times))).toEqual(['r1', 'r3']);
  });

  it('show what is kept of the hit and of its verdict', async () => {
    const { store } = await filledStore();
    const events = await eventsOf(store);
    expect(events.at(-1)).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      message: 'spring-sale',
      recipient: 'r5',
      event: 'click',
      at: '2026-01-01T00:00:05.000Z',
      link: 2,
      destination: 'https://example.com/',
      label: 'human',
      confidence: expect.any(Number),
      reasons: expect.arrayContaining(['language']),
      rulesVersion: expect.any(String),
      client: 'Chrome',
      device: 'desktop',
      network: 'unknown',
      method: 'GET',
      repeat: false,
      test: false,
    });
    expect(events.map(({ repeat, label }) => [repeat, label])[2]).toEqual([true, 'human']);
    const { columns, rows } = eventRows(events);
    expect(Object.keys(rows[0] ?? {})).toEqual(columns);
  });

  it('have neither client nor method once their raw signals are gone', async () => {
    const { store, path } = await filledStore();
    changeFile(path, 'UPDATE events SET agent_key = 0, method_key = 0');
    expect((await eventsOf(store))[0]).toMatchObject({ client: null, device: null, method: null, label: 'human' });
  });

  it('are refused for an unknown message and a cursor of another list', async () => {
    const { store } = await filledStore();
    await expect(eventsOf(store, { message: 'nothing' })).rejects.toMatchObject({ code: 'UNKNOWN_MESSAGE' });
    for (const cursor of ['e', 'e12', `k${'0'.repeat(16)}`, `e${'g'.repeat(32)}`])
      await expect(listEvents(store, { message: 'spring-sale', cursor, limit: 1 })).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
      });
  });
});
