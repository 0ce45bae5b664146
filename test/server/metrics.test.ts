import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeHits } from '../../src/settle/judge-hits.ts';
import { makeHit } from '../support/hits.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';

let service: TestService;
let pixel: string;
let click: string;
beforeAll(async () => {
  service = await startTestService({ trustedProxies: 'loopback' });
  const html = '<body><a href="https://shop.example/sale">Sale</a></body>';
  const mail = service.tracker.compile(html, { message: 'spring-sale' }).render('r1');
  pixel = service.url + new URL(urlIn(mail.html, 'o')).pathname;
  click = service.url + new URL(urlIn(mail.html, 'c')).pathname;
});
afterAll(() => service.end());

async function figures(): Promise<ReadonlyMap<string, number>> {
  const { text } = await ask(`${service.url}/metrics`);
  const lines = text.split('\n').filter((line) => line.startsWith('telltale_'));
  return new Map(
    lines.map((line) => {
      const cut = line.lastIndexOf(' ');
      return [line.slice(0, cut), Number(line.slice(cut + 1))];
    }),
  );
}

describe('/metrics', () => {
  it('accounts for every hit: received is what became of them', async () => {
    for (const url of [pixel, click, pixel]) await ask(url);
    await service.settler.settleNow();
    await service.control.follower.followNow();
    const told = await figures();
    const of = (name: string) => told.get(`telltale_hits_${name}`) ?? Number.NaN;
    const dropped = ['overflow', 'failed', 'damaged'].map((reason) => of(`dropped{reason="${reason}"}`));
    const parts = [...['waiting', 'journalled', 'forwarded', 'parked', 'settled'].map(of), ...dropped];
    expect(of('received')).toBe(3);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(3);
    expect(of('settled')).toBe(3);
    expect(told.get('telltale_journal_commit_seconds_count')).toBeGreaterThan(0);
    expect(told.get('telltale_journal_commit_hits_sum')).toBe(3);
    expect(told.get('telltale_answers_late')).toBeGreaterThanOrEqual(0);
    expect(told.get('telltale_control_age_seconds')).toBeLessThan(60);
  });

  it('tells when retention last ran, and what it removed', async () => {
    const told = await figures();
    expect(told.get('telltale_retention_last_run_timestamp_seconds')).toBe(0);
    const startedMs = Date.now();
    const hit = makeHit({ message: 'old', atMs: startedMs - 40 * 86_400_000 });
    await service.store.settle({ journal: 'old', after: 0, through: 1, hits: judgeHits([hit]) });
    await service.retainer?.runNow();
    const after = await figures();
    expect(after.get('telltale_retention_removed_rows{what="signals"}')).toBe(1);
    expect(after.get('telltale_retention_removed_rows{what="events"}')).toBe(0);
    expect(after.get('telltale_retention_last_run_timestamp_seconds')).toBeGreaterThanOrEqual(startedMs / 1_000);
    expect(service.problems).toEqual([]);
  });

  it('counts what left no hit, with reasons that no answer tells', async () => {
    const anotherKey = `${service.url}/o/${'a'.repeat(40)}.gif`;
    await ask(`${service.url}/o/x.gif`);
    await ask(anotherKey);
    await ask(click.slice(0, -4));
    await ask(pixel, { headers: { 'sec-gpc': '1' } });
    const told = await figures();
    const ignored = (path: string, reason: string) =>
      told.get(`telltale_requests_ignored_total{path="${path}",reason="${reason}"}`);
    expect(ignored('open', 'malformed')).toBe(1);
    expect(ignored('open', 'unknown-key')).toBe(1);
    expect(ignored('open', 'privacy-signal')).toBe(1);
    expect([ignored('click', 'forged-link'), ignored('click', 'malformed-link')]).toContain(1);
  });

  it('tells no address, token, agent or id', async () => {
    await ask(pixel, { headers: { 'user-agent': 'Curious/1' } });
    const { text } = await ask(`${service.url}/metrics`);
    expect(text).not.toMatch(/127\.0\.0\.1|Curious|spring-sale|\br1\b/);
    expect(text).not.toContain(pixel.slice(-30, -4));
  });

  it('tells of the process too', async () => {
    expect((await ask(`${service.url}/metrics`)).text).toContain('process_resident_memory_bytes');
  });

  it.each([
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-for', '203.0.113.9'],
    ['forwarded', 'for=127.0.0.1'],
    ['via', '1.1 proxy'],
  ])('is not open to those whom a proxy on this machine speaks for: %s', async (name, value) => {
    expect((await ask(`${service.url}/metrics`, { headers: { [name]: value } })).status).toBe(401);
  });

  it('is open to those who may read, from wherever', async () => {
    const { token } = await service.store.createApiToken('read');
    const headers = { 'x-forwarded-for': '203.0.113.9', authorization: `Bearer ${token}` };
    expect((await ask(`${service.url}/metrics`, { headers })).status).toBe(200);
  });
});
