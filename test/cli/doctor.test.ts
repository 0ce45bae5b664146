import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Finding } from '../../src/cli/finding.ts';
import { run } from '../support/command.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { testRing } from '../support/keys.ts';
import { startTestService } from '../support/service.ts';
import { startInbox } from '../support/smtp.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** What the command finds, by check. */
async function look(
  flags: readonly string[],
  of: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
) {
  const { cwd = temporaryDirectory(), env = {} } = of;
  const ran = await run(['doctor', '--json', ...flags], { cwd, env });
  const findings: readonly Finding[] = JSON.parse(ran.stdout);
  const of_ = (check: string) => findings.find((finding) => finding.check === check);
  return { status: ran.status, stderr: ran.stderr, findings, of: of_ };
}

/** Something that answers at an address. */
async function answering(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  return await listening(server, 'http');
}

async function listening(server: Server, scheme: string): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('telltale doctor', () => {
  it('finds a service, its keys, the backup and the mail server as they should be', async () => {
    const service = await startTestService();
    const inbox = await startInbox();
    const cwd = temporaryDirectory();
    await writeFile(join(cwd, 'backup.json'), JSON.stringify(service.ring), { mode: 0o600 });
    const env = {
      TELLTALE_BASE_URL: service.baseUrl,
      TELLTALE_KEYS: JSON.stringify(service.ring),
      TELLTALE_DATABASE: `sqlite:${join(service.directory, 'telltale.db')}`,
      TELLTALE_SMTP: `smtp://127.0.0.1:${inbox.port}`,
    };
    const found = await look(['--keys-backup', 'backup.json'], { cwd, env });
    expect(found.findings.filter(({ status }) => status === 'problem')).toEqual([]);
    for (const check of ['collector', 'readiness', 'keys', 'same-keys', 'keys-backup', 'database', 'mail-server']) {
      expect([check, found.of(check)?.status]).toEqual([check, 'ok']);
    }
    // What nobody else can open, and what only a received mail can tell.
    expect(found.of('base-url')?.status).toBe('warning');
    expect(found.of('dkim')?.message).toContain('--mail FILE');
    expect(found.status).toBe(0);
    // It has asked, and changed nothing.
    expect(service.journal.counts().received).toBe(0);
    const table = await run(['doctor', '--keys-backup', 'backup.json'], { cwd, env });
    expect(table.stdout.split('\n')[0]).toBe('check\tstatus\twhat was found');
    await inbox.close();
    await service.end();
  });

  it('finds that the collector has other keys, and that the backup is an older one', async () => {
    const [service, other] = [await startTestService(), await startTestService()];
    const cwd = temporaryDirectory();
    await writeFile(join(cwd, 'old.json'), JSON.stringify(other.ring), { mode: 0o600 });
    const env = { TELLTALE_BASE_URL: other.baseUrl, TELLTALE_KEYS: JSON.stringify(service.ring) };
    const found = await look(['--keys-backup', 'old.json'], { cwd, env });
    expect(found.of('same-keys')).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('same keys.json'),
    });
    expect(found.of('keys-backup')).toMatchObject({ status: 'problem', message: expect.stringContaining('lacks k1') });
    expect(found.status).toBe(1);
    await Promise.all([service.end(), other.end()]);
  });

  it.each<[string, RequestListener, string, string]>([
    ['another site', (_, response) => response.end('<html>Hello'), 'collector', 'not as Telltale does'],
    [
      'a redirect',
      (_, response) => response.writeHead(301, { location: 'https://www.example.com/' }).end(),
      'collector',
      'sends https://www.example.com/',
    ],
    ['a collector with another name', (_, response) => response.writeHead(421).end(), 'collector', '--host-name'],
    ['what says ok to everything', (_, response) => response.end('ok'), 'same-keys', 'that nobody sealed'],
    ['one that is full', words('full'), 'readiness', 'journal is full'],
    ['one whose readers look alike', words('misconfigured'), 'proxy-trust', '--trusted-proxies'],
    [
      'a clock that is an hour ahead',
      words('ready', { date: new Date(Date.now() + 3_600_000).toUTCString() }),
      'clock',
      's behind the collector',
    ],
  ])('says what to do about %s', async (_, handle, check, message) => {
    const url = await answering(handle);
    const keys = { TELLTALE_KEYS: JSON.stringify(testRing()) };
    const found = await look(['--base-url', url], { env: keys });
    expect(found.of(check)).toMatchObject({ status: 'problem', message: expect.stringContaining(message) });
    expect(found.status).toBe(1);
  });

  it('says what to do about an address where nothing listens, plain http, and none at all', async () => {
    const url = await answering(() => {});
    const port = Number(new URL(url).port);
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const free = (nobody.address() as AddressInfo).port;
    nobody.close();
    expect(port).not.toBe(free);
    expect((await look(['--base-url', `http://127.0.0.1:${free}`])).of('collector')?.message).toContain(
      'nothing listens',
    );
    expect((await look([])).of('base-url')).toMatchObject({ status: 'problem' });
    const odd = await look(['--base-url', 'https://me:pw@t.example.com']);
    expect(odd.of('base-url')?.message).toContain('user name or password');
  });

  it('knows a certificate that mail clients would refuse', async () => {
    const directory = temporaryDirectory();
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const made = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=localhost',
    ];
    execFileSync('openssl', made, { stdio: 'ignore' });
    const options = { key: await readFile(key), cert: await readFile(cert) };
    const url = await listening(createSecureServer(options, words('ready')), 'https');
    const found = await look(['--base-url', url]);
    expect(found.of('collector')).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('signed by itself'),
    });
  });

  it('refuses keys that others can read, and a database that is not there', async () => {
    const cwd = temporaryDirectory();
    const made = await run(['keys', 'new'], { cwd });
    expect(made.status).toBe(0);
    await chmod(join(cwd, 'telltale-data/keys.json'), 0o644);
    const found = await look([], { cwd });
    expect(found.of('keys')?.message).toContain('chmod 600');
    expect(found.of('database')?.message).toContain('telltale migrate');
  });

  it('tells a mail server that lets nobody in from one that is away', async () => {
    const found = await look([], { env: { TELLTALE_SMTP: 'smtp://127.0.0.1:1' } });
    expect(found.of('mail-server')).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(
      JSON.stringify((await look([], { env: { TELLTALE_SMTP: 'smtp://a:secret@127.0.0.1:1' } })).findings),
    ).not.toContain('secret');
  });
});

describe('telltale doctor, on DKIM', () => {
  const LIST = 'List-Unsubscribe: <https://t.example.com/u/x>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n';
  const signed = (h: string) =>
    `DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1;\r\n\th=${h};\r\n bh=x; b=y\r\n`;

  it.each([
    ['both list headers', signed('From:List-Unsubscribe:\r\n List-Unsubscribe-Post') + LIST, 'ok', 'example.com signs'],
    ['one of two', signed('from:list-unsubscribe') + LIST, 'problem', 'list-unsubscribe-post'],
    ['nothing', LIST, 'problem', 'not signed'],
    ['a mail without them', signed('from'), 'problem', 'has no list-unsubscribe and no list-unsubscribe-post'],
  ])('sees that a signature covers %s', async (_, headers, status, message) => {
    const cwd = temporaryDirectory();
    await writeFile(
      join(cwd, 'mail.eml'),
      `${headers}From: us@example.com\r\n\r\nh=list-unsubscribe:list-unsubscribe-post\r\n`,
    );
    expect((await look(['--mail', 'mail.eml'], { cwd })).of('dkim')).toMatchObject({
      ...{ status, message: expect.stringContaining(message) },
    });
  });

  it('looks at a mail and at the key, when both are named', async () => {
    const cwd = temporaryDirectory();
    await writeFile(join(cwd, 'mail.eml'), `${signed('from:list-unsubscribe:list-unsubscribe-post') + LIST}\r\nx`);
    await writeFile(join(cwd, 'list.csv'), 'email\nann@example.com\n');
    const key = ['--dkim-domain', 'example.com', '--dkim-selector', 's1', '--dkim-key', 'list.csv'];
    const { findings } = await look(['--mail', 'mail.eml', ...key], { cwd });
    expect(findings.filter(({ check }) => check === 'dkim')).toEqual([
      expect.objectContaining({ status: 'ok', message: expect.stringContaining('signs both list headers') }),
      expect.objectContaining({
        ...{ status: 'problem', message: expect.stringContaining('list.csv cannot be used: it must be an RSA') },
      }),
    ]);
  });

  it('says that an Ed25519 key signs nothing here', async () => {
    const cwd = temporaryDirectory();
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFile(join(cwd, 'dkim.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const flags = ['--dkim-domain', 'example.com', '--dkim-selector', 's1', '--dkim-key', 'dkim.pem'];
    expect((await look(flags, { cwd })).of('dkim')).toMatchObject({
      ...{ status: 'problem', message: expect.stringContaining('an RSA private key') },
    });
  });

  it('holds a key against DNS', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const cwd = temporaryDirectory();
    await writeFile(join(cwd, 'dkim.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const p = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const dns = await startDnsServer({
      's1._domainkey.example.com': [`v=DKIM1; k=rsa; p=${p}`],
      'old._domainkey.example.com': ['v=DKIM1; p=MIIB'],
    });
    const at = (selector: string) =>
      look(
        ['--dns', dns.servers, '--dkim-domain', 'example.com', '--dkim-selector', selector, '--dkim-key', 'dkim.pem'],
        { cwd },
      );
    expect((await at('s1')).of('dkim')).toMatchObject({ status: 'ok' });
    expect((await at('old')).of('dkim')?.message).toContain('another key');
    expect((await at('none')).of('dkim')?.message).toContain('no TXT record none._domainkey.example.com');
  });
});

/** Answers the probes as a collector does. */
function words(ready: string, headers: Record<string, string> = {}): RequestListener {
  return ({ url }, response) => {
    response.writeHead(200, headers).end(url === '/healthz' ? 'ok' : ready);
  };
}
