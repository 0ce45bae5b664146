// Where a hit came from, in a running service: looked up before the journal, kept as a kind, and named when a proxy hides it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';
import { rowsOf } from '../support/stores.ts';

let service: TestService | undefined;
afterEach(() => service?.end());

const BROWSER = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36', 'accept-language': 'de' };

/** Opens the mail of as many recipients. */
async function open(of: TestService, count: number, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const mail = of.tracker.compile('<body><p>x', { message: 'm' });
  for (let at = 0; at < count; at += 1) {
    const { status } = await ask(urlIn(mail.render(`r${at}`).html, 'o'), { headers: { ...BROWSER, ...headers } });
    expect(status).toBe(200);
  }
  await of.settler.settleNow();
}

function eventsOf({ directory }: TestService) {
  const path = join(directory, 'telltale.db');
  return rowsOf(
    path,
    `SELECT networks.name AS network, rules_version AS rules FROM events
       JOIN networks ON networks.code = network JOIN verdicts ON verdicts.key = verdict_key ORDER BY hit_id`,
  );
}

describe('the network of a hit', () => {
  it('is looked up by the address that trusted proxies give, and the lists are named in the verdict', async () => {
    service = await startTestService({ trustedProxies: 'loopback' });
    for (const address of ['66.249.84.1', '172.224.226.5', '203.0.113.9', 'garbage']) {
      await open(service, 1, { 'x-forwarded-for': address });
    }
    const events = eventsOf(service);
    expect(events.map(({ network }) => network)).toEqual(['google', 'apple-relay', 'unknown', 'unknown']);
    for (const { rules } of events) expect(rules).toMatch(/^\d{4}-\d{2}-\d{2}\.\d+\+networks\.2026-11-24-[0-9a-f]{6}$/);
    expect((await ask(`${service.url}/readyz`)).text).toBe('ready');
    expect(service.problems).toEqual([]);
  });

  it('is that of the lists in the data directory', async () => {
    service = await startTestService({ trustedProxies: 'loopback' });
    await service.end();
    const { directory } = service;
    mkdirSync(join(directory, 'networks'), { recursive: true });
    const office = {
      id: 'office',
      kind: 'corporate',
      source: 'our own',
      date: '2027-01-01',
      ranges: ['203.0.113.0/24'],
    };
    writeFileSync(join(directory, 'networks/office.json'), JSON.stringify(office));
    service = await startTestService({
      ...{
        trustedProxies: 'loopback',
        dataDirectory: directory,
        databaseUrl: `sqlite:${join(directory, 'telltale.db')}`,
      },
    });
    await open(service, 1, { 'x-forwarded-for': '203.0.113.9' });
    const [event] = eventsOf({ ...service, directory });
    expect(event).toEqual({ network: 'corporate', rules: expect.stringContaining('+networks.2027-01-01-') });
    await service.end();
    rmSync(directory, { recursive: true });
    service = undefined;
  });
});

describe('the name of an address', () => {
  const gateway = 'd1.ess.barracudanetworks.com';
  const reasonsOf = ({ directory }: TestService) =>
    rowsOf(
      join(directory, 'telltale.db'),
      'SELECT reasons FROM events JOIN verdicts ON verdicts.key = verdict_key ORDER BY hit_id',
    ).map(({ reasons }) => reasons);

  it('is asked for after the answer, and judges the hits that came from there, before and after', async () => {
    const { servers, asked } = await startDnsServer({ '203.0.113.9': [gateway], [gateway]: ['203.0.113.9'] });
    service = await startTestService({ trustedProxies: 'loopback', reverseDns: servers });
    const running = service;
    await open(running, 2, { 'x-forwarded-for': '203.0.113.9' });
    await open(running, 1, { 'x-forwarded-for': '203.0.113.10' });
    await vi.waitFor(() => expect(reasonsOf(running).slice(0, 2)).toEqual(['gateway-host', 'gateway-host']));
    await open(running, 1, { 'x-forwarded-for': '203.0.113.9' });
    expect(reasonsOf(running)).toEqual(['gateway-host', 'gateway-host', 'browser-open language', 'gateway-host']);
    const { opens } = await buildReport(running.store, { message: 'm' });
    expect(opens.byLabel).toMatchObject({ scanner: { total: 3 }, human: { total: 1 } });
    await vi.waitFor(() => expect(asked).toEqual(expect.arrayContaining(['203.0.113.9', gateway, '203.0.113.10'])));
    const metrics = await ask(`${running.url}/metrics`);
    expect(metrics.text).toContain('telltale_reverse_dns_total{outcome="known"} 1');
    expect(running.problems).toEqual([]);
  });

  it('is asked of nobody unless the owner says so', async () => {
    service = await startTestService({ trustedProxies: 'loopback' });
    await open(service, 1, { 'x-forwarded-for': '203.0.113.9' });
    expect((await ask(`${service.url}/metrics`)).text).not.toMatch(/^telltale_reverse_dns_total\{/m);
  });

  it('harms nothing where the server fails or stalls: who asks is answered, and it is counted', async () => {
    const { servers, stalled } = await startDnsServer({ '203.0.113.9': 'fail', '203.0.113.10': 'stall' });
    service = await startTestService({ trustedProxies: 'loopback', reverseDns: servers });
    const running = service;
    await open(running, 1, { 'x-forwarded-for': '203.0.113.9' });
    await open(running, 1, { 'x-forwarded-for': '203.0.113.10' });
    await vi.waitFor(() => expect(stalled()).toBe(1));
    await open(running, 1, { 'x-forwarded-for': '203.0.113.10' });
    expect(new Set(reasonsOf(running))).toEqual(new Set(['browser-open language']));
    const failed = 'telltale_reverse_dns_total{outcome="failed"} 1';
    await vi.waitFor(async () => expect((await ask(`${running.url}/metrics`)).text).toContain(failed));
    expect(running.problems).toEqual([]);
  });
});

describe('a proxy that is not named', () => {
  it('that adds no header is known by its many readers, and then the hits that came before are judged so, too', async () => {
    service = await startTestService();
    await open(service, 199);
    expect(new Set(eventsOf(service).map(({ network }) => network))).toEqual(new Set(['unknown']));
    await open(service, 1);
    // What the collector tells is written in its turn.
    const running = service;
    await vi.waitFor(() => expect(new Set(eventsOf(running).map(({ network }) => network))).toEqual(new Set(['cdn'])));
    const { opens, warnings } = await buildReport(service.store, { message: 'm' });
    expect(opens.byLabel.unknown).toEqual({ total: 200, unique: 199 });
    expect(warnings).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('200 opens and clicks') }),
    );
    expect(service.problems.map(String)).toEqual([expect.stringContaining('came from one address')]);
  });

  it('is told of once, in /readyz and in the report, and of its hits nothing is guessed', async () => {
    service = await startTestService();
    await open(service, 60, { 'x-forwarded-for': '203.0.113.9' });
    const ready = await ask(`${service.url}/readyz`);
    expect([ready.status, ready.text]).toEqual([200, 'misconfigured']);
    expect((await ask(`${service.url}/healthz`)).text).toBe('ok');
    expect(service.problems.map(String)).toEqual([expect.stringContaining('Name it with --trusted-proxies')]);
    expect(new Set(eventsOf(service).map(({ network }) => network))).toEqual(new Set(['cdn']));
    const { warnings } = await buildReport(service.store, { message: 'm' });
    expect(warnings).toContainEqual({
      code: 'readers-hidden',
      message: expect.stringContaining('60 opens and clicks'),
    });
  });
});
