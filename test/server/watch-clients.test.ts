import { describe, expect, it } from 'vitest';
import { type ClientProblem, type WatchedRequest, watchClients } from '../../src/server/watch-clients.ts';

const CLOUDFRONT = 'Amazon CloudFront';

/** A watch, what it told, and a way to show it many requests. */
function startWatch(hasTrustedProxies = false) {
  const told: ClientProblem[] = [];
  const hidden: string[] = [];
  const watch = watchClients({
    hasTrustedProxies,
    onProblem: (problem) => told.push(problem),
    onSameAddress: ({ address, atMs }) => hidden.push(`${address} ${atMs}`),
  });
  const show = (count: number, requestAt: (at: number) => Partial<WatchedRequest>) =>
    Array.from({ length: count }, (_, at) =>
      watch.look({
        ...{ address: '203.0.113.9', network: 'unknown', recipient: `r${at}`, userAgent: 'Mozilla/5.0 (X)' },
        ...{ isForwarded: false, atMs: at },
        ...requestAt(at),
      }),
    );
  return { told, hidden, show, problem: watch.problem };
}

/** As readers come: from an address each. */
const own = (at: number) => ({ address: `198.51.${Math.floor(at / 256)}.${at % 256}` });

describe('a proxy that is not named', () => {
  it.each(['127.0.0.1', '10.1.2.3', '172.20.0.1', '192.168.1.1', '100.64.0.1', '::1', 'fd00::5', 'fe80::1'])(
    'is known by its private address, %s, and by what it says itself',
    (address) => {
      const { told, show, problem } = startWatch();
      expect(new Set(show(60, () => ({ address, isForwarded: true })))).toEqual(new Set(['cdn']));
      expect([told, problem()]).toEqual([['untrusted-proxy'], 'untrusted-proxy']);
    },
  );

  it('is known by the network of a content network', () => {
    const { told, show } = startWatch();
    show(60, (at) => ({ ...own(at), network: 'cdn', isForwarded: true }));
    expect(told).toEqual(['untrusted-proxy']);
  });

  it.each<[string, Partial<WatchedRequest>]>([
    ['a public address: a reader’s own proxy', { isForwarded: true }],
    ['no word of its own: a reader in the same house', { address: '10.1.2.3' }],
    ['172.32.0.1, which is not private', { address: '172.32.0.1', isForwarded: true }],
    ['100.128.0.1, which is not shared', { address: '100.128.0.1', isForwarded: true }],
  ])('is not one with %s', (_, request) => {
    const { told, show } = startWatch();
    expect(new Set(show(60, (at) => ({ ...own(at), ...request })))).toEqual(new Set(['unknown']));
    expect(told).toEqual([]);
  });

  it('is no problem once proxies are named', () => {
    const { told, show } = startWatch(true);
    show(60, () => ({ address: '10.1.2.3', isForwarded: true }));
    expect(told).toEqual([]);
  });

  it('is named when half of the last fifty came so, is told once, and is over when they no longer do', () => {
    const { told, show, problem } = startWatch();
    const proxied = { address: '127.0.0.1', isForwarded: true };
    show(50, (at) => (at % 3 === 0 ? proxied : own(at)));
    expect(problem()).toBeUndefined();
    show(49, (at) => (at % 2 === 0 ? proxied : own(at)));
    expect(problem()).toBe('untrusted-proxy');
    show(51, own);
    expect(problem()).toBeUndefined();
    show(50, () => proxied);
    expect([problem(), told]).toEqual(['untrusted-proxy', ['untrusted-proxy']]);
  });
});

describe('a content network that replaces the user agent', () => {
  it('is named; the network of such hits stays what it is', () => {
    const { told, show, problem } = startWatch(true);
    const kinds = show(60, (at) => ({ ...own(at), network: 'google', userAgent: CLOUDFRONT }));
    expect(new Set(kinds)).toEqual(new Set(['google']));
    expect([told, problem()]).toEqual([['cdn-agent'], 'cdn-agent']);
  });

  it('is not named for a few', () => {
    const { told, show } = startWatch();
    show(200, (at) => ({ ...own(at), ...(at % 5 === 0 && { userAgent: CLOUDFRONT }) }));
    expect(told).toEqual([]);
  });
});

describe('one address for all', () => {
  it('is a proxy’s after 200 hits of 50 recipients over three minutes; from then on nothing is guessed', () => {
    const { told, show, problem } = startWatch(true);
    const kinds = show(400, (at) => ({ recipient: `r${at % 50}`, atMs: at * 1_000 }));
    expect(kinds.indexOf('cdn')).toBe(199);
    expect(new Set(kinds.slice(199))).toEqual(new Set(['cdn']));
    expect([told, problem()]).toEqual([['same-address'], 'same-address']);
    show(1, () => ({ address: '198.51.100.1', atMs: 401_000 }));
    expect(problem()).toBeUndefined();
  });

  it('needs no such time in a private network, where each reader has an address', () => {
    const { told, show } = startWatch();
    const kinds = show(250, () => ({ address: '127.0.0.1' }));
    expect([kinds.indexOf('cdn'), told]).toEqual([199, ['same-address']]);
  });

  it.each<[string, number, (at: number) => Partial<WatchedRequest>]>([
    ['of 49 recipients', 1_000, (at) => ({ recipient: `r${at % 49}`, atMs: at * 1_000 })],
    ['of nobody by name', 1_000, (at) => ({ recipient: null, atMs: at * 1_000 })],
    ['in a burst, as a gateway scans', 1_000, (at) => ({ atMs: at * 100 })],
    ['but for one in a hundred', 1_000, (at) => ({ ...(at % 100 === 0 && own(at)), atMs: at * 1_000 })],
    ['of a gateway that is known', 1_000, (at) => ({ network: 'barracuda', atMs: at * 1_000 })],
    ['of fewer than 200 hits', 199, (at) => ({ atMs: at * 10_000 })],
  ])('is no sign %s', (_, count, requestAt) => {
    const { told, show } = startWatch();
    show(count, requestAt);
    expect(told).toEqual([]);
  });
});
