import { describe, expect, it } from 'vitest';
import { makeHit } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

const nothing = { suppressed: null, erased: false, consent: null };

describe('sendability', () => {
  it('says of each recipient, in order, what is on record', async () => {
    const { store } = await openTestStore();
    await store.suppress(['bounced'], 'bounce');
    await store.setConsent('quiet', { opens: 'none', clicks: 'aggregate' }, 'us');
    await store.eraseRecipient('gone', 'us');
    expect(await store.sendability(['new', 'gone', 'quiet', 'bounced', 'new'])).toEqual([
      { recipient: 'new', ...nothing },
      { recipient: 'gone', ...nothing, erased: true },
      { recipient: 'quiet', ...nothing, consent: { opens: 'none', clicks: 'aggregate' } },
      { recipient: 'bounced', ...nothing, suppressed: 'bounce' },
      { recipient: 'new', ...nothing },
    ]);
  });

  it('suppresses who left any message when that is settled, and not who tried it in a test', async () => {
    const { store } = await openTestStore();
    await settleHits(store, [
      makeHit({ kind: 'unsubscribe', message: 'a', recipient: 'r1' }),
      makeHit({ kind: 'unsubscribe', message: 'a', recipient: 'r2', test: true }),
    ]);
    expect((await store.sendability(['r1', 'r2'])).map(({ suppressed }) => suppressed)).toEqual(['unsubscribe', null]);
  });

  it('keeps the first reason, until it is taken back', async () => {
    const { store } = await openTestStore();
    expect(await store.suppress(['r1', 'r2'], 'complaint')).toBe(2);
    expect(await store.suppress(['r1', 'r3'], 'manual')).toBe(1);
    expect((await store.sendability(['r1', 'r3'])).map(({ suppressed }) => suppressed)).toEqual([
      'complaint',
      'manual',
    ]);
    expect(await store.unsuppress(['r1', 'nobody'])).toBe(1);
    expect(await store.sendability(['r1'])).toEqual([{ recipient: 'r1', ...nothing }]);
  });
});
