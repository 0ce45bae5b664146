import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstLine, run, start } from '../support/command.ts';
import { ask, urlIn } from '../support/service.ts';

let cwd: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-serve-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  await rm(cwd, { recursive: true, force: true });
});

function serve(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = start(['serve', ...args], { cwd, env });
  children.push(child);
  return child;
}

async function exit(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [status] = await once(child, 'exit');
  return status;
}

function textOf(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

describe('telltale serve', () => {
  it('takes the window for repeats from the environment and the configuration, and refuses what is none', async () => {
    const refused = await run(['serve', '--port', '0'], { cwd, env: { TELLTALE_REPEAT_WINDOW: '900001' } });
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('from 0 to 900000')]);
    await writeFile(join(cwd, 'telltale.config.json'), JSON.stringify({ repeatWindow: 60_000 }));
    const child = serve(['--port', '0', '--json']);
    const { url } = JSON.parse(await firstLine(child));
    const mail = await run(['rewrite', '-', '--message', 'm', '--recipient', 'r1', '--base-url', url], {
      cwd,
      stdin: '<p>Hello',
    });
    for (const method of ['GET', 'GET', 'HEAD']) await ask(urlIn(mail.stdout, 'o'), { method });
    child.kill('SIGTERM');
    expect(await exit(child)).toBe(0);
    const report = JSON.parse((await run(['report', 'm', '--json'], { cwd })).stdout);
    expect(report.opens).toMatchObject({ total: 2, unique: 1 });
  });

  it('starts with providers and endpoints that are as they should be, or not at all', async () => {
    for (const [name, value, said] of [
      ['TELLTALE_HOOKS', '{"postmark":{"secret":"short"}}', 'postmark.secret: must have 16 to 128'],
      ['TELLTALE_HOOKS', '{', 'TELLTALE_HOOKS, or "hooks" in telltale.config.json'],
      ['TELLTALE_WEBHOOKS', '{"endpoints":[{"url":"https://hooks.example/"}]}', 'endpoints.0.secret'],
    ] as const) {
      const ran = await run(['serve', '--port', '0'], { cwd, env: { [name]: value } });
      expect([name, ran]).toMatchObject([name, { status: 2, stdout: '', stderr: expect.stringContaining(said) }]);
    }
  });

  it('says what DNS servers are when it is given none', async () => {
    const args = ['serve', '--port', '0'];
    const byFlag = await run([...args, '--reverse-dns', 'nowhere'], { cwd });
    const byEnvironment = await run(args, { cwd, env: { TELLTALE_REVERSE_DNS: '127.0.0.1;127.0.0.2' } });
    for (const { status, stderr } of [byFlag, byEnvironment])
      expect([status, stderr]).toEqual([2, expect.stringContaining('DNS servers by their addresses')]);
  });

  it('counts 1 open and 1 click of the right recipient and link, as the report says', async () => {
    const child = serve(['--port', '0', '--json']);
    const said = textOf(child.stderr);
    const { url, baseUrl, pid } = JSON.parse(await firstLine(child));
    expect(baseUrl).toBe(url);
    expect(pid).toBe(child.pid);
    expect(said()).toContain('Set --base-url');
    const mail = await run(['rewrite', '-', '--message', 'spring-sale', '--recipient', 'r1', '--base-url', url], {
      cwd,
      stdin: '<p><a href="https://a.example/">A</a> <a href="https://b.example/">B</a>',
    });
    const links = mail.stdout.match(/http[^"]+\/c\/[^"]+/g) ?? [];
    expect((await ask(urlIn(mail.stdout, 'o'))).status).toBe(200);
    expect((await ask(links[1] ?? '')).headers['location']).toBe('https://b.example/');
    child.kill('SIGTERM');
    expect(await exit(child)).toBe(0);
    const report = JSON.parse((await run(['report', 'spring-sale', '--json'], { cwd })).stdout);
    expect(report).toMatchObject({
      sent: 0,
      opens: { total: 1, unique: 1 },
      clicks: { total: 1, unique: 1 },
      rates: { reason: 'no-sends' },
    });
    expect(report.links).toMatchObject([
      { index: 1, destination: 'https://b.example/', clicks: { total: 1, unique: 1 } },
    ]);
    const table = (await run(['report', 'spring-sale'], { cwd })).stdout;
    expect(table).toContain('opens\t1\t');
    expect((await run(['report', 'spring-sale', '--csv'], { cwd })).stdout).toContain('opens.total,1,');
    expect((await run(['report'], { cwd })).stdout).toContain('spring-sale');
  });

  it('makes one admin token, prints it once and keeps it for its owner', async () => {
    const first = serve(['--port', '0', '--base-url', 'https://t.example.com']);
    const said = textOf(first.stderr);
    const url = (await firstLine(first)).replace('listening on ', '');
    const token = (await readFile(join(cwd, 'telltale-data', 'api-token'), 'utf8')).trim();
    expect(said()).toContain(token);
    expect((await stat(join(cwd, 'telltale-data', 'api-token'))).mode & 0o777).toBe(0o600);
    expect((await ask(`${url}/api/v1/messages`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    first.kill('SIGINT');
    expect(await exit(first)).toBe(130);
    const again = serve(['--port', '0']);
    const saidAgain = textOf(again.stderr);
    await firstLine(again);
    expect(saidAgain()).not.toContain('tt_');
  });

  it.each([
    [['--base-url', 'https://t.example.com'], 'Reports: open https://t.example.com/ and'],
    [[], 'Reports: open http://localhost:'],
  ])('says where its pages are when it listens on all of its machine (%j)', async (args, place) => {
    const child = serve(['--host', '0.0.0.0', '--port', '0', ...args]);
    const said = textOf(child.stderr);
    await firstLine(child);
    expect(said()).toContain(place);
  });

  it('takes a key that was staged, without a restart', async () => {
    const child = serve(['--port', '0']);
    const url = (await firstLine(child)).replace('listening on ', '');
    const rewritten = async () => {
      const args = ['rewrite', '-', '--message', 'm', '--recipient', 'r', '--base-url', url];
      return urlIn((await run(args, { cwd, stdin: '<p>x' })).stdout, 'o');
    };
    const stderr = child.stderr;
    if (stderr === null) throw new Error('no stderr');
    const noticed = new Promise<void>((resolve) => {
      stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('Keys read again')) resolve();
      });
    });
    await run(['keys', 'new'], { cwd });
    await noticed;
    expect((await ask(await rewritten())).headers['telltale-ignored']).toBeUndefined();
  });

  it('refuses a data directory that another one collects into, and takes it once that one is gone', async () => {
    const first = serve(['--port', '0']);
    await firstLine(first);
    const second = serve(['--port', '0']);
    const said = textOf(second.stderr);
    expect(await exit(second)).toBe(1);
    expect(said()).toMatch(/Another process collects into .*journal\.db.*--data/);
    first.kill('SIGKILL');
    await exit(first);
    expect(await firstLine(serve(['--port', '0']))).toContain('listening on');
  });

  it('makes its files for their owner only', async () => {
    await firstLine(serve(['--port', '0']));
    for (const name of ['journal.db', 'telltale.db', 'keys.json', 'api-token']) {
      expect([name, (await stat(join(cwd, 'telltale-data', name))).mode & 0o077]).toEqual([name, 0]);
    }
  });

  it('says when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const child = serve(['--port', String(port)]);
    const said = textOf(child.stderr);
    expect(await exit(child)).toBe(1);
    expect(said()).toMatch(/Cannot listen at 127\.0\.0\.1:\d+: another program listens there.*--port/);
    other.close();
  });

  it.each<[string, string[], number, RegExp]>([
    ['a port that is none', ['--port', '80x'], 2, /whole number from 0 to 65535/],
    ['a port too high', ['--port', '65536'], 2, /whole number from 0 to 65535/],
    ['no workers', ['--port', '0', '--workers', '0'], 2, /--workers takes a whole number from 1 to 64, but "0" came/],
    ['workers that are no number', ['--port', '0', '--workers', 'two'], 2, /from 1 to 64, but "two" came/],
    ['too many workers', ['--port', '0', '--workers', '65'], 2, /from 1 to 64, but "65" came/],
    ['an admin port that is none', ['--port', '0', '--admin-port', '-1'], 2, /whole number from 0 to 65535/],
    ['a window that is none', ['--port', '0', '--repeat-window', 'abc'], 2, /from 0 to 900000, but "abc" came/],
    ['a window too long', ['--port', '0', '--repeat-window', '900001'], 2, /from 0 to 900000, but "900001" came/],
    [
      'an ASN database that is not there',
      ['--port', '0', '--asn-database', 'x.mmdb'],
      1,
      /There is no ASN database .*x\.mmdb/,
    ],
    ['a proxy that is none', ['--port', '0', '--trusted-proxies', '127.1'], 2, /but "127.1" is none/],
    ['a base URL that is none', ['--port', '0', '--base-url', 'ftp://x'], 2, /does not begin with https/],
  ])('refuses %s', async (_, args, status, stderr) => {
    const refused = await run(['serve', ...args], { cwd });
    expect([refused.status, refused.stdout]).toEqual([status, '']);
    expect(refused.stderr).toMatch(stderr);
  });

  it('refuses a database that is not ours', async () => {
    await writeFile(join(cwd, 'notes.txt'), 'my notes, not a database\n'.repeat(100));
    const child = serve(['--port', '0', '--database', 'sqlite:notes.txt']);
    const said = textOf(child.stderr);
    expect(await exit(child)).toBe(1);
    expect(said()).toMatch(/should be a database of Telltale/);
    expect(await readFile(join(cwd, 'notes.txt'), 'utf8')).toBe('my notes, not a database\n'.repeat(100));
  });
});
