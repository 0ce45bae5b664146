import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRelay, type Relay, type RelayOptions, sendAll } from '../../src/mail/index.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { runService } from '../../src/server/run-service.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { startScripted, type Turn } from '../support/smtp-script.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const API_TOKEN = 'an-admin-token';
const HTML = `<p>Dear {{ name }}, <a href="https://shop.example/sale" data-telltale-name="Sale">sale</a>
<a href="https://shop.example/?for={{ name }}">yours</a></p>`;
const people = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ email: `p${at}@example.com`, recipient: `p${at}`, name: `P${at}` }));

interface SetUp {
  readonly service: TestService;
  readonly relay: Relay;
  readonly directory: string;
  readonly problems: string[];
  readonly mailed: () => readonly string[];
  send(count: number): Promise<readonly string[]>;
  /** Another relay over the same directory. */
  again(options?: Partial<RelayOptions>): Promise<Relay>;
}

async function setUp(turn?: (to: string) => Turn): Promise<SetUp> {
  const service = await startTestService({ apiToken: API_TOKEN });
  onTestFinished(() => service.end());
  const server = await startScripted(turn);
  const transporter = createTransport({ host: '127.0.0.1', port: server.port, ignoreTLS: true, pool: true });
  onTestFinished(() => transporter.close());
  const directory = temporaryDirectory();
  const problems: string[] = [];
  const onProblem = (error: unknown) => problems.push(String(error));
  const again = (options: Partial<RelayOptions> = {}) =>
    openRelay(directory, { url: service.url, token: API_TOKEN, onProblem, ...options });
  let relay = await again();
  onTestFinished(() => relay.close());
  return {
    ...{ service, directory, problems },
    get relay() {
      return relay;
    },
    mailed: () => server.taken.map(({ to }) => to),
    async again(options) {
      await relay.close();
      relay = await again(options);
      return relay;
    },
    async send(count) {
      const tracker = createTracker({ baseUrl: service.baseUrl, keys: service.keys, store: relay, onProblem });
      const mail = tracker.compile(HTML, { message: 'm', merge: 'liquid' });
      const options = { store: relay, from: 'us@example.com', subject: 'Hello' };
      const came: string[] = [];
      for await (const { status, reason } of sendAll(transporter, mail, people(count), options))
        came.push(reason ?? status);
      await tracker.close();
      return came;
    },
  };
}

/** Starts the service that was closed once more, at the same address. */
async function startAgain({ service }: SetUp): Promise<void> {
  const { port } = new URL(service.url);
  const again = await runService({
    ...{ dataDirectory: service.directory, databaseUrl: `sqlite:${join(service.directory, 'telltale.db')}` },
    ...{ keys: service.keys, host: '127.0.0.1', port: Number(port), apiToken: API_TOKEN, onProblem: () => {} },
  });
  onTestFinished(() => again.close());
}

const sentOf = ({ service }: SetUp) =>
  rowsOf(join(service.directory, 'telltale.db'), "SELECT sent FROM messages WHERE id = 'm'")[0]?.['sent'];

describe('a relay', () => {
  it('has the collector know every send and the names of all links, those that are merged too', async () => {
    const at = await setUp();
    expect(await at.send(25)).toEqual(Array(25).fill('sent'));
    await at.relay.flush();
    expect(at.relay.waiting()).toBe(0);
    const report = await buildReport(at.service.store, { message: 'm' });
    expect(report.sent).toBe(25);
    expect(report.links.map(({ index, name }) => [index, name])).toEqual([
      [0, 'Sale'],
      [1, 'yours'],
    ]);
    expect(at.problems).toEqual([]);
  });

  it('keeps a mailing going while the collector is away, and tells it once when it is back', async () => {
    const at = await setUp();
    expect(await at.send(1)).toEqual(['sent']);
    await at.relay.flush();
    await at.service.close();
    expect(await at.send(40)).toEqual(['already-sent', ...Array(39).fill('sent')].sort());
    expect(new Set(at.mailed()).size).toBe(40);
    expect(at.mailed()).toHaveLength(40);
    expect(at.problems.some((problem) => problem.includes('Who gets no mail is known from'))).toBe(true);
    await expect(at.relay.flush()).rejects.toMatchObject({ code: 'COLLECTOR_AWAY' });
    // Another process goes on with what waits.
    const waiting = at.relay.waiting();
    expect(waiting).toBeGreaterThanOrEqual(39);
    const relay = await at.again();
    expect(relay.waiting()).toBe(waiting);
    await startAgain(at);
    await relay.flush();
    expect(relay.waiting()).toBe(0);
    await relay.flush();
    expect(sentOf(at)).toBe(40);
  });

  it('mails nobody while it was never said who has unsubscribed', async () => {
    const at = await setUp();
    await at.service.close();
    await expect(at.send(3)).rejects.toMatchObject({
      code: 'COLLECTOR_AWAY',
      message: expect.stringContaining('was never asked, so nobody is mailed'),
    });
    expect(at.mailed()).toEqual([]);
  });

  it('does not go by what it knew more than a day ago', async () => {
    const at = await setUp();
    await at.send(1);
    await at.service.close();
    await at.again({ now: () => Date.now() + 25 * 3_600_000 });
    await expect(at.send(2)).rejects.toMatchObject({ code: 'COLLECTOR_AWAY' });
    expect(at.mailed()).toHaveLength(1);
  });

  it('skips who is suppressed or erased, and tracks nobody who has withdrawn', async () => {
    const at = await setUp();
    await at.service.store.suppress(['p1'], 'complaint');
    await at.service.store.eraseRecipient('p2', 'test');
    await at.service.store.setConsent('p3', { opens: 'none', clicks: 'none' }, 'test');
    expect([...(await at.send(4))].sort()).toEqual(['erased', 'sent', 'sent', 'suppressed']);
    await at.relay.flush();
    const report = await buildReport(at.service.store, { message: 'm' });
    expect(report.recipients).toMatchObject({ sent: 2, measurable: { opens: 1, clicks: 1 } });
    // Neither is known here by name any more once they get no mail.
    await at.service.store.unsuppress(['p1']);
    expect(await at.send(4)).toContain('sent');
  });

  it('goes on behind a send that the collector refuses, and says which', async () => {
    const at = await setUp();
    await at.relay.recordSends('m', [{ recipient: 'a', atMs: 0, domain: 'no domain' }]);
    await at.relay.recordSends('m', [{ recipient: 'b', atMs: 0 }]);
    await at.relay.recordLinks('m', [{ index: 0, destination: 'javascript:alert(1)', name: '' }]);
    await at.relay.recordSends('m2', [{ recipient: 'c', atMs: 0 }]);
    await at.relay.flush();
    expect(at.relay.waiting()).toBe(0);
    expect(sentOf(at)).toBe(1);
    expect((await at.service.store.findMessage('m2'))?.sent).toBe(1);
    expect(at.problems.join('\n')).toMatch(/a send of m, to a, is not recorded: domain/);
    expect(at.problems.join('\n')).toMatch(/1 of m cannot be recorded: .*JSON array of links/);
  });

  it('keeps what waits where the token is refused, or something else answers', async () => {
    const at = await setUp();
    const wrong = await at.again({ token: 'tt_wrong' });
    await wrong.recordSends('m', [{ recipient: 'a', atMs: 0 }]);
    await expect(wrong.flush()).rejects.toMatchObject({ message: expect.stringContaining('API token is refused') });
    const other = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const strange = await at.again({ url: `http://127.0.0.1:${(other.address() as AddressInfo).port}` });
    await expect(strange.flush()).rejects.toMatchObject({
      message: expect.stringContaining('is no answer of Telltale'),
    });
    const right = await at.again();
    await right.flush();
    expect(sentOf(at)).toBe(1);
  });

  it.each([
    ['the API answers elsewhere', 404, 'application/problem+json', '{"detail":"There is nothing at this path."}'],
    ['a proxy refuses', 400, 'text/html', '<h1>Bad Request</h1>'],
    ['a proxy has no room', 413, 'text/html', 'too large'],
  ])('keeps what waits where %s', async (_, status, type, body) => {
    const at = await setUp();
    const other = createServer((_request, response) => response.writeHead(status, { 'content-type': type }).end(body));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const strange = await at.again({ url: `http://127.0.0.1:${(other.address() as AddressInfo).port}` });
    await strange.recordSends('m', [{ recipient: 'a', atMs: 0 }]);
    await expect(strange.flush()).rejects.toMatchObject({ code: 'COLLECTOR_AWAY' });
    expect(strange.waiting()).toBe(1);
    const right = await at.again();
    await right.flush();
    expect(sentOf(at)).toBe(1);
  });

  it('registers short links at once, since no mail may go before', async () => {
    const at = await setUp();
    const tracker = createTracker({
      baseUrl: at.service.baseUrl,
      keys: at.service.keys,
      store: at.relay,
      links: 'short',
    });
    const mail = tracker.compile('<a href="https://shop.example/">a</a>', { message: 'm' });
    await mail.register();
    expect(mail.isRegistered).toBe(true);
    await at.service.close();
    const later = tracker.compile('<a href="https://shop.example/b">a</a>', { message: 'm' });
    await expect(later.register()).rejects.toMatchObject({ code: 'COLLECTOR_AWAY' });
    await tracker.close();
  });

  it('keeps no recipient by name once the collector has them', async () => {
    const at = await setUp();
    await at.relay.recordSends('m', [{ recipient: 'somebody-by-name', atMs: 0 }]);
    await at.relay.flush();
    await at.relay.close();
    const files = readdirSync(at.directory).filter((name) => name.startsWith('relay.db'));
    expect(files).toContain('relay.db');
    for (const name of files) expect(readFileSync(join(at.directory, name)).includes('somebody-by-name')).toBe(false);
    await at.again();
  });

  it.each([
    [{ url: 'ftp://t.example.com' }, 'INVALID_BASE_URL'],
    [{ token: '' }, 'INVALID_OPTION'],
    [{ tokn: 'x' }, 'UNKNOWN_OPTION'],
  ])('refuses %j', async (options, code) => {
    const given = { url: 'https://t.example.com', token: 'x', ...options };
    await expect(openRelay(temporaryDirectory(), given)).rejects.toMatchObject({ code });
  });
});
