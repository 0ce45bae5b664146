// Sends that are told after hits of their mails were settled. That verdicts and counts are in the end the same in any order
// is a property of weigh-rows.test.ts.
import { describe, expect, it } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { readOwnRules, type VerdictRule } from '../../src/classify/own-rules.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { judgeHits } from '../../src/settle/judge-hits.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { changeFile, openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const MESSAGE = 'spring-sale';
const labelsIn = async (store: Store) => {
  const { opens } = await buildReport(store, { message: MESSAGE });
  return Object.fromEntries(
    Object.entries(opens.byLabel).flatMap(([label, { total }]) => (total > 0 ? [[label, total]] : [])),
  );
};
const reasonsIn = (path: string) =>
  rowsOf(path, 'SELECT reasons FROM events JOIN verdicts ON key = verdict_key ORDER BY hit_id').map(
    ({ reasons }) => reasons,
  );

/** Settles hits by rules of the sender's own. */
async function settleBy(store: Store, rules: readonly VerdictRule[], hits: readonly Hit[]): Promise<void> {
  const judged = judgeHits(hits, readOwnRules(rules, 'test'));
  await store.settle({ journal: 'journal', after: 0, through: hits.length, hits: judged, rules });
}

describe('a send that is told after a hit was settled', () => {
  it('changes its verdict, and all counts, in the transaction that records it', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, [makeHit(), makeHit({ recipient: 'r2' })]);
    expect(await labelsIn(store)).toEqual({ human: 2 });
    await store.recordSends(MESSAGE, [
      { recipient: 'r1', atMs: startMs - 500 },
      { recipient: 'r2', atMs: startMs - 30_000 },
    ]);
    expect(await labelsIn(store)).toEqual({ human: 1, scanner: 1 });
    expect(reasonsIn(path)).toEqual(['at-delivery', 'browser-open language']);
    const { rates, clients } = await buildReport(store, { message: MESSAGE });
    expect(rates.open).toMatchObject({ raw: 1, human: 0.5 });
    expect(clients).toEqual([
      { client: 'Chrome', opens: 1, clicks: 0 },
      { client: null, opens: 1, clicks: 0 },
    ]);
  });

  it('says nothing when nobody said when it was sent: it may have been long before it was told', async () => {
    const { store } = await openTestStore();
    await settleHits(store, [makeHit()]);
    await store.recordSends(MESSAGE, [{ recipient: 'r1', atMs: startMs + 3_600_000, isTimed: false }]);
    await settleHits(store, [makeHit({ atMs: startMs + 1 })]);
    expect(await labelsIn(store)).toEqual({ human: 2 });
  });

  it('makes nothing of a hit that came earlier than clocks may differ but what a hit before its mail is', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, [makeHit(), makeHit({ recipient: 'r2' })]);
    await store.recordSends(MESSAGE, [
      { recipient: 'r1', atMs: startMs + 300_000 },
      { recipient: 'r2', atMs: startMs + 300_001 },
    ]);
    expect(reasonsIn(path)).toEqual(['at-delivery', 'before-delivery']);
  });

  it('knows of a mail proxy what it sent, though no header of it is kept', async () => {
    const { store, path } = await openTestStore();
    const plain = { ...CLIENTS.proxy.headers, 'accept-encoding': 'gzip, deflate, br' };
    await settleHits(store, [makeHit({ headers: plain }), makeHit({ from: CLIENTS.proxy, recipient: 'r2' })]);
    expect(await labelsIn(store)).toEqual({ 'proxy-human': 2 });
    await store.recordSends(
      MESSAGE,
      ['r1', 'r2'].map((recipient) => ({ recipient, atMs: startMs - 2_000 })),
    );
    expect(reasonsIn(path)).toEqual(['gmail-proxy-at-send plain-proxy', 'google-proxy']);
  });

  it('brings a domain for which the sender has a rule, whoever records it', async () => {
    const { store, path } = await openTestStore();
    const rules = [{ id: 'our-office', label: 'human', recipientDomain: 'example.com' }] as const;
    const late = makeHit({ recipient: 'r2', from: CLIENTS.nobody, atMs: startMs + 86_400_000 });
    await settleBy(store, rules, [makeHit({ from: CLIENTS.nobody }), late]);
    const other = await openStore(`sqlite:${path}`);
    await other.recordSends(
      MESSAGE,
      ['r1', 'r2'].map((recipient) => ({ recipient, atMs: startMs - 60_000, domain: 'example.com' })),
    );
    await other.close();
    expect(reasonsIn(path)).toEqual(['our-office', 'our-office']);
  });

  it('judges clicks of test traffic too, and counts none of them', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, [makeHit({ test: true, link: makeLink() })]);
    await store.recordSends(MESSAGE, [{ recipient: 'r1', atMs: startMs }]);
    expect(reasonsIn(path)).toEqual(['at-delivery']);
    expect((await store.countsOf(MESSAGE)).filter(({ label, total }) => label !== 'test' && total !== 0)).toEqual([]);
  });

  it('leaves a hit whose raw signals are gone as it is', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, [makeHit()]);
    changeFile(path, 'UPDATE events SET method_key = 0, agent_key = 0');
    await store.recordSends(MESSAGE, [{ recipient: 'r1', atMs: startMs }]);
    expect(await labelsIn(store)).toEqual({ human: 1 });
  });

  it('takes nothing back of what other hits said, once their addresses are forgotten', async () => {
    const { store, path } = await openTestStore();
    const browser = CLIENTS.reader.headers['user-agent'] ?? '';
    const headers = { 'user-agent': browser.replace('Chrome/126', 'Chrome/125'), 'accept-language': 'de' };
    const of = { peer: '0123456789abcdef', network: 'microsoft' } as const;
    await settleHits(store, [makeHit({ ...of, link: makeLink() }), makeHit({ ...of, headers, atMs: startMs + 1_000 })]);
    expect(reasonsIn(path).every((reasons) => String(reasons).startsWith('two-agents'))).toBe(true);
    while (await store.forgetPeers(startMs + 3_600_000));
    await store.recordSends(MESSAGE, [{ recipient: 'r1', atMs: startMs - 100 }]);
    expect(reasonsIn(path)).toEqual(['at-delivery', expect.stringMatching(/^two-agents .*very-fast/)]);
  });

  it('nor that one address asked for many mails', async () => {
    const { store, path } = await openTestStore();
    const ofMany = (n: number) => makeHit({ recipient: `r${n}`, peer: '0123456789abcdef', atMs: startMs + n });
    await settleHits(
      store,
      Array.from({ length: 10 }, (_, n) => ofMany(n)),
    );
    while (await store.forgetPeers(startMs + 3_600_000));
    await store.recordSends(MESSAGE, [{ recipient: 'r1', atMs: startMs - 20_000 }]);
    expect(reasonsIn(path)[1]).toBe('fan-out browser-open language fast');
  });
});
