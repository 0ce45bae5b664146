// Names asked for after the answer: once, few at a time, and told only where a rule knows them.
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { nameAskersMax, nameFailedMs, nameKeptMs, namesWaitingMax } from '../../src/base/limits.ts';
import { type NamesOptions, openNames, type SeenAddress } from '../../src/server/open-names.ts';
import { type DnsAnswers, startDnsServer } from '../support/dns-server.ts';
import { startMs } from '../support/hits.ts';

const GATEWAY = 'd1.ess.barracudanetworks.com';
const ANSWERS: DnsAnswers = {
  '203.0.113.9': [GATEWAY],
  [GATEWAY]: ['203.0.113.9'],
  '203.0.113.10': ['203-0-113-10.dsl.isp.example'],
  '203.0.113.11': 'fail',
};

type Told = Parameters<NamesOptions['onName']>;

async function begin(answers: DnsAnswers, options: Partial<NamesOptions> = {}) {
  const server = await startDnsServer(answers);
  const told: Told[] = [];
  const outcomes: string[] = [];
  const names = openNames({
    servers: server.servers,
    onName: async (...name) => void told.push(name),
    onOutcome: (outcome) => void outcomes.push(outcome),
    ...options,
  });
  onTestFinished(() => names.close());
  const note = (address: string, of: Partial<SeenAddress> = {}) =>
    names.note({ address, peer: `peer of ${address}`, network: 'unknown', atMs: startMs, ...of });
  const hasCome = (...expected: readonly string[]) => vi.waitFor(() => expect(outcomes).toEqual(expected));
  return { server, names, told, outcomes, note, hasCome };
}

describe('names', () => {
  it('are asked for once while they hold, and told by peer with the time for which they hold', async () => {
    const { server, told, note, hasCome } = await begin(ANSWERS);
    note('203.0.113.9');
    note('203.0.113.9', { atMs: startMs + 1 });
    await hasCome('known');
    note('203.0.113.9', { atMs: startMs + nameKeptMs - 1 });
    note('203.0.113.9', { atMs: startMs + nameKeptMs });
    await hasCome('known', 'known');
    const host = '.barracudanetworks.com';
    expect(told).toEqual([
      ['peer of 203.0.113.9', { host, atMs: startMs, untilMs: startMs + nameKeptMs }],
      ['peer of 203.0.113.9', { host, atMs: startMs + nameKeptMs, untilMs: startMs + 2 * nameKeptMs }],
    ]);
    expect(server.asked).toEqual(['203.0.113.9', GATEWAY, '203.0.113.9', GATEWAY]);
  });

  it('that no rule knows are told to nobody, and not asked for again while they hold', async () => {
    const { server, told, note, hasCome } = await begin(ANSWERS);
    note('203.0.113.10');
    await hasCome('none');
    note('203.0.113.10', { atMs: startMs + nameKeptMs - 1 });
    note('203.0.113.9');
    await hasCome('none', 'known');
    expect(server.asked.filter((asked) => asked === '203.0.113.10')).toHaveLength(1);
    expect(told).toHaveLength(1);
  });

  it('of rules of the sender’s own count', async () => {
    const { told, note, hasCome } = await begin(
      { '203.0.113.9': ['vpn.partner.example'], 'vpn.partner.example': ['203.0.113.9'] },
      { rules: [{ id: 'partner', label: 'human', host: '.partner.example' }] },
    );
    note('203.0.113.9');
    await hasCome('known');
    expect(told[0]?.[1].host).toBe('.partner.example');
  });

  it('are asked for again a minute after a server failed', async () => {
    const { server, note, hasCome } = await begin(ANSWERS);
    note('203.0.113.11');
    await hasCome('failed');
    note('203.0.113.11', { atMs: startMs + nameFailedMs - 1 });
    note('203.0.113.11', { atMs: startMs + nameFailedMs });
    await hasCome('failed', 'failed');
    expect(new Set(server.asked)).toEqual(new Set(['203.0.113.11']));
  });

  it('that the store did not take are asked for again a minute later', async () => {
    const problems: unknown[] = [];
    const onName = async () => {
      throw new Error('no store');
    };
    const { note, hasCome } = await begin(ANSWERS, { onName, onProblem: (error) => problems.push(error) });
    note('203.0.113.9');
    await vi.waitFor(() => expect(problems.map(String)).toEqual(['Error: no store']));
    note('203.0.113.9', { atMs: startMs + nameFailedMs });
    await hasCome('known', 'known');
  });

  it.each<[string, Partial<SeenAddress>]>([
    ['10.1.2.3', {}],
    ['::1', {}],
    ['fe80::1%eth0', {}],
    ['', {}],
    ['nonsense', {}],
    ['203.0.113.9', { network: 'residential' }],
    ['203.0.113.9', { network: 'mobile' }],
    ['203.0.113.9', { network: 'google' }],
    ['203.0.113.9', { network: 'cdn' }],
  ])('are not asked for of %j with %j', async (address, of) => {
    const { server, note, hasCome } = await begin({ ...ANSWERS, '203.0.113.12': [] });
    note(address, of);
    note('203.0.113.12');
    await hasCome('none');
    expect(server.asked).toEqual(['203.0.113.12']);
  });

  const addresses = Array.from({ length: namesWaitingMax + 5 }, (_, at) => `198.18.${at >> 8}.${at & 255}`);
  const stalling = Object.fromEntries(addresses.map((address) => [address, 'stall' as const]));

  it('are asked for a few at a time; too many that wait are dropped, and counted', async () => {
    const { server, outcomes, note } = await begin(stalling, { timeoutMs: 60_000 });
    for (const address of addresses) note(address);
    expect(outcomes).toEqual(Array.from({ length: 5 }, () => 'dropped'));
    await vi.waitFor(() => expect(server.stalled()).toBe(nameAskersMax));
    expect(outcomes).toHaveLength(5);
  });

  it('of a server that stalls are let go, and others take their turn', async () => {
    const { outcomes, note } = await begin(stalling, { timeoutMs: 20 });
    for (const address of addresses.slice(0, 3 * nameAskersMax)) note(address);
    await vi.waitFor(() => expect(outcomes).toEqual(Array.from({ length: 3 * nameAskersMax }, () => 'timeout')));
  });

  it('are asked for no more once that is closed', async () => {
    const { server, outcomes, note, names } = await begin(stalling, { timeoutMs: 60_000 });
    for (const address of addresses.slice(0, 2 * nameAskersMax)) note(address);
    await vi.waitFor(() => expect(server.stalled()).toBe(nameAskersMax));
    names.close();
    note('203.0.113.9');
    // Another, of the same server, comes back, so whatever was asked for before has come.
    const other = openNames({
      ...{ servers: server.servers, onName: async () => undefined },
      onOutcome: (outcome) => void outcomes.push(`other ${outcome}`),
    });
    other.note({ address: '203.0.113.12', peer: 'p', network: 'unknown', atMs: startMs });
    await vi.waitFor(() => expect(outcomes).toEqual(['other none']));
    expect(server.asked).not.toContain('203.0.113.9');
    expect(server.stalled()).toBe(nameAskersMax);
    other.close();
  });
});
