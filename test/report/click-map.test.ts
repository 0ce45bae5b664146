import { describe, expect, it } from 'vitest';
import { buildClickMap } from '../../src/report/click-map.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { testTracker } from '../support/mails.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

const [A, B, C] = ['https://a.example/', 'https://b.example/', 'https://c.example/'] as const;
const mailOf = (...urls: readonly string[]) => `<body>${urls.map((url) => `<a href="${url}">${url[8]}</a>`).join('')}`;

async function keep(store: Store, ...mails: readonly string[]): Promise<void> {
  const tracker = testTracker({ store });
  for (const html of mails) {
    tracker.compile(html, { message: 'spring-sale' });
    await tracker.close();
  }
}

/** So many recipients click a link. */
function clicks(count: number, index: number, destination: string, of: { readonly from?: typeof CLIENTS.head } = {}) {
  return Array.from({ length: count }, (_, i) =>
    makeHit({ ...of, recipient: `${index}-${i}`, link: makeLink({ index, destination }), atMs: startMs + i * 60_000 }),
  );
}

describe('the click map', () => {
  it('gives each link its share of the people who clicked, not of the machines', async () => {
    const { store } = await openTestStore();
    await keep(store, mailOf(A, B, C));
    await settleHits(store, [...clicks(3, 0, A), ...clicks(1, 1, B), ...clicks(5, 2, C, { from: CLIENTS.head })]);
    const { links, shown, variants } = await buildClickMap(store, { message: 'spring-sale' });
    expect(links.map(({ index, human, total, share, shown: where }) => [index, human, total, share, where])).toEqual([
      [0, 3, 3, 0.75, 'html'],
      [1, 1, 1, 0.25, 'html'],
      [2, 0, 5, 0, 'html'],
    ]);
    expect(shown?.mail.html).toBe(mailOf(A, B, C));
    expect(variants).toHaveLength(1);
  });

  it('keeps apart what links of one index in differing mails were worth', async () => {
    const { store } = await openTestStore();
    await keep(store, mailOf(A, B), mailOf(B, A));
    await settleHits(store, [...clicks(3, 0, A), ...clicks(1, 0, B)]);
    const first = await buildClickMap(store, { message: 'spring-sale' });
    expect(first.variants).toHaveLength(2);
    const maps = await Promise.all(
      first.variants.map(({ id }) => buildClickMap(store, { message: 'spring-sale', variant: id })),
    );
    const figures = maps.map(({ shown, links }) => [shown?.mail.html, links.map(({ human }) => human)]);
    expect(figures).toContainEqual([mailOf(A, B), [3, 0]]);
    expect(figures).toContainEqual([mailOf(B, A), [1, 0]]);
    expect(maps.map(({ shown }) => shown?.id)).toEqual(first.variants.map(({ id }) => id));
  });

  it('shows no mail for a name that none has', async () => {
    const { store } = await openTestStore();
    await keep(store, mailOf(A));
    const map = await buildClickMap(store, { message: 'spring-sale', variant: 'ffffffffffff' });
    expect(map.shown).toBeNull();
    expect(map.variants).toHaveLength(1);
  });

  it('has the links of the message where no mail is kept', async () => {
    const { store } = await openTestStore();
    await settleHits(store, clicks(2, 1, B));
    const { links, shown } = await buildClickMap(store, { message: 'spring-sale' });
    expect(shown).toBeNull();
    expect(links).toEqual([{ index: 1, destination: B, name: '', shown: null, human: 2, total: 2, share: 1 }]);
  });

  it('knows no share before somebody has clicked', async () => {
    const { store } = await openTestStore();
    await keep(store, mailOf(A));
    expect((await buildClickMap(store, { message: 'spring-sale' })).links[0]).toMatchObject({ human: 0, share: null });
  });

  it('is missing for a message that nobody knows', async () => {
    const { store } = await openTestStore();
    await expect(buildClickMap(store, { message: 'm' })).rejects.toThrow(/No message "m"/);
  });
});
