// What is kept of user agents where the owner wants less: nothing changes before verdicts are final.
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { listEvents } from '../../src/report/list-events.ts';
import { DEFAULT_RETENTION } from '../../src/retain/age.ts';
import { retain } from '../../src/retain/retain.ts';
import type { UserAgentPolicy } from '../../src/retain/user-agents.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, startMs } from '../support/hits.ts';
import { openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const HOUR = 3_600_000;

function retainAt(store: Store, userAgents: UserAgentPolicy, nowMs: number): Promise<unknown> {
  const policy = { ...DEFAULT_RETENTION, userAgents };
  return retain({ store, policy, now: () => nowMs, trustClock: true, onStep: () => undefined });
}

const agentsOf = (path: string) =>
  rowsOf(path, 'SELECT text FROM events JOIN texts ON texts.key = agent_key').map(({ text }) => text);

describe('user agents', () => {
  it.each([
    ['full', [CLIENTS.reader.headers['user-agent'], CLIENTS.proxy.headers['user-agent']]],
    ['family', ['Chrome\ndesktop', 'Gmail\ndesktop']],
    ['none', ['', '']],
  ] as const)(
    'are kept %s an hour after the hit, and their whole text in the store no longer than a day',
    async (kept, expected) => {
      const { store, path } = await openTestStore();
      await store.recordSends('m', [{ recipient: 'r1', atMs: startMs - HOUR }]);
      const hits = [makeHit({ message: 'm' }), makeHit({ message: 'm', from: CLIENTS.proxy })];
      await settleHits(store, hits);
      const before = await buildReport(store, { message: 'm' });
      const verdicts = () => rowsOf(path, 'SELECT verdict_key FROM events');
      const judged = verdicts();
      await retainAt(store, kept, startMs + HOUR);
      expect(agentsOf(path)).toEqual(hits.map(({ headers }) => headers['user-agent']));
      await retainAt(store, kept, startMs + HOUR + 1);
      expect(agentsOf(path)).toEqual(expected);
      await retainAt(store, kept, startMs + 26 * HOUR);
      const whole = rowsOf(path, "SELECT text FROM texts WHERE text LIKE 'Mozilla%'");
      expect(whole).toHaveLength(kept === 'full' ? 2 : 0);
      expect(agentsOf(path)).toEqual(expected);
      expect(verdicts()).toEqual(judged);
      expect(await buildReport(store, { message: 'm' })).toEqual(before);
    },
  );

  it('leave the names of client and device in lists and exports where families are kept', async () => {
    const { store } = await openTestStore();
    await settleHits(store, [makeHit({ message: 'm' })]);
    const shown = async () =>
      (await listEvents(store, { message: 'm', limit: 1 })).items.map(({ client, device }) => [client, device]);
    const before = await shown();
    await retainAt(store, 'family', startMs + 2 * HOUR);
    expect(await shown()).toEqual(before);
    expect((await store.exportRecipient('r1'))?.messages[0]?.events[0]?.userAgent).toBe('Chrome, desktop');
    await store.relabel(null, { rules: [], isDryRun: false });
    expect(await shown()).toEqual(before);
  });
});
