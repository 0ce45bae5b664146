import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startSettler } from '../../src/settle/settler.ts';
import type { Store } from '../../src/store/open-store.ts';
import { makeHit, makeLink } from '../support/hits.ts';
import { appendAll, countsWith, openTestJournal } from '../support/journals.ts';
import { allRows, openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const totalsOf = async (store: Store, message = 'spring-sale') =>
  (await store.countsOf(message))
    .filter(({ label }) => label === 'all')
    .map(({ kind, total, recipients, anonymous }) => [kind, total, recipients, anonymous]);

const traffic = (recipient = 'r1') => [
  makeHit({ recipient }),
  makeHit({ recipient, link: makeLink() }),
  makeHit({ recipient, kind: 'unsubscribe', method: 'POST' }),
];

describe('settling what came before', () => {
  it('a withdrawal: nothing is kept but that the recipient left, and every hit is accounted for', async () => {
    const { store, directory, path } = await openTestStore();
    const journal = await openTestJournal(join(directory, 'journal.db'));
    await appendAll(journal, [...traffic(), ...traffic('r2')]);
    await store.setConsent('r1', { opens: 'none', clicks: 'none' }, 'command');
    const settler = startSettler({
      journal,
      store,
      onProblem: (error) => expect.unreachable(String(error)),
      lookMs: 3_600_000,
    });
    await settler.settleNow();
    await settler.stop();
    expect(await totalsOf(store)).toEqual([
      ['open', 1, 1, 0],
      ['click', 1, 1, 0],
    ]);
    expect(await store.findMessage('spring-sale')).toMatchObject({ unsubscribes: 2 });
    expect(rowsOf(path, 'SELECT count(*) AS events FROM events')).toEqual([{ events: 4 }]);
    expect(journal.counts()).toEqual(countsWith({ received: 6, settled: 6 }));
  });

  it('a consent to counts only: hits are counted without their recipient, who stands nowhere', async () => {
    const { store, path } = await openTestStore();
    await store.setConsent('anna-7c1f', { opens: 'none', clicks: 'none' }, 'command');
    await store.setConsent('anna-7c1f', { opens: 'aggregate', clicks: 'aggregate' }, 'command');
    await settleHits(store, traffic('anna-7c1f').slice(0, 2));
    expect(await totalsOf(store)).toEqual([
      ['open', 1, 0, 1],
      ['click', 1, 0, 1],
    ]);
    expect(JSON.stringify(allRows(path, 'control_changes'))).not.toContain('anna-7c1f');
  });

  it('an erasure: the id does not come back, and each way out counts', async () => {
    const { store, path } = await openTestStore();
    await store.eraseRecipient('anna-7c1f', 'command');
    await settleHits(store, [...traffic('anna-7c1f'), ...traffic('r2')]);
    expect(await totalsOf(store)).toEqual([
      ['open', 1, 1, 0],
      ['click', 1, 1, 0],
    ]);
    expect(await store.findMessage('spring-sale')).toMatchObject({ unsubscribes: 2 });
    expect(JSON.stringify(allRows(path))).not.toContain('anna-7c1f');
    expect(rowsOf(path, 'SELECT id FROM recipients')).toEqual([{ id: 'r2' }]);
  });

  it.each([
    ['a message', { kind: 'message', message: 'spring-sale' }, 0],
    ['a link', { kind: 'link', message: 'spring-sale', index: 0 }, 1],
    ['a host', { kind: 'host', host: 'example.com' }, 1],
    ['another message', { kind: 'message', message: 'other' }, 2],
    ['another host', { kind: 'host', host: 'other.example' }, 2],
  ] as const)('a revocation of %s: of an open and a click %#', async (_, of, kept) => {
    const { store, path } = await openTestStore();
    const hits = () => traffic().slice(0, 2);
    await store.revoke(of, 'command');
    await settleHits(store, hits());
    expect(rowsOf(path, 'SELECT count(*) AS events FROM events')).toEqual([{ events: kept }]);
    expect((await totalsOf(store)).length).toBe(kept);
    await store.restore(of, 'command');
    await settleHits(store, hits());
    expect(rowsOf(path, 'SELECT count(*) AS events FROM events')).toEqual([{ events: kept + 2 }]);
  });

  it('a correction: the click of a link that leads away from a revoked host is kept', async () => {
    const { store } = await openTestStore();
    await store.revoke({ kind: 'host', host: 'example.com' }, 'command');
    await store.correctLink({ message: 'spring-sale', index: 0 }, 'https://other.example/', 'command');
    await settleHits(store, [makeHit({ link: makeLink({ index: 0 }) }), makeHit({ link: makeLink({ index: 1 }) })]);
    expect(await totalsOf(store)).toEqual([['click', 1, 1, 0]]);
  });
});
