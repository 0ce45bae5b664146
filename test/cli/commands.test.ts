import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { urlIn } from '../support/service.ts';

const BASE = ['--base-url', 'https://t.example.com'];

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-cli-'));
});
afterEach(() => rm(cwd, { recursive: true }));

describe('telltale', () => {
  it.each([
    [[]],
    [['rewrite']],
    [['check']],
    [['classify']],
    [['serve']],
    [['report']],
    [['compare']],
    [['inspect']],
    [['keys', 'new']],
    [['keys', 'list']],
    [['keys', 'revoke']],
    [['tokens', 'new']],
    [['tokens', 'list']],
    [['tokens', 'revoke']],
    [['revoke', 'message']],
    [['revoke', 'link']],
    [['revoke', 'host']],
    [['links', 'set']],
    [['networks', 'list']],
    [['networks', 'update']],
    [['relabel']],
    [['migrate']],
    [['demo']],
  ])('%j --help leads with examples', async (names) => {
    const { status, stdout } = await run([...names, '--help'], { cwd });
    expect(status).toBe(0);
    expect(stdout.startsWith(`Examples:\n  telltale ${names.join(' ')}`)).toBe(true);
    if (names.length > 0)
      for (const flag of ['--json', '--quiet', '--data', '--database', '--base-url']) expect(stdout).toContain(flag);
  });

  it('suggests a command for a misspelt one', async () => {
    const { status, stderr } = await run(['reprot'], { cwd });
    expect([status, stderr]).toEqual([2, expect.stringContaining('Did you mean report?')]);
  });

  it('prints its version', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await run(['--version'], { cwd })).stdout.trim()).toBe(manifest.version);
  });

  it.each<[string, string, RegExp]>([
    ['is no JSON', '{', /telltale\.config\.json must be JSON/],
    ['has a misspelt name', '{"baseURL":"https://t.example.com"}', /Did you mean baseUrl\?/],
    ['has a value of a wrong kind', '{"baseUrl":["x"]}', /"baseUrl" in telltale\.config\.json must be a text/],
  ])('refuses a configuration that %s', async (_, config, stderr) => {
    await writeFile(join(cwd, 'telltale.config.json'), config);
    const ran = await run(['report'], { cwd });
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringMatching(stderr)]);
  });

  it('prefers flag, then environment, then configuration, then default', async () => {
    const rewritten = async (args: string[], env: Record<string, string>) => {
      const ran = await run(['rewrite', '-', '--message', 'm', '--recipient', 'r', ...args], {
        cwd,
        env,
        stdin: '<p>x',
      });
      return new URL(urlIn(ran.stdout, 'o')).host;
    };
    await writeFile(join(cwd, 'telltale.config.json'), '{"baseUrl":"https://config.example"}');
    expect(await rewritten([], {})).toBe('config.example');
    expect(await rewritten([], { TELLTALE_BASE_URL: 'https://env.example' })).toBe('env.example');
    expect(await rewritten(['--base-url', 'https://flag.example'], { TELLTALE_BASE_URL: 'https://env.example' })).toBe(
      'flag.example',
    );
  });
});

describe('telltale check', () => {
  const HTML = '<body>\n<a href="https://shop.example/">Shop</a>\n<a href="https:\\\\evil">x</a></body>';

  it('prints links, notes and sizes, and exits 1 on errors', async () => {
    await writeFile(join(cwd, 'mail.html'), HTML);
    const { status, stdout } = await run(['check', 'mail.html'], { cwd });
    expect(status).toBe(1);
    expect(stdout).toContain('mail.html:2:1: link 0 -> https://shop.example/  "Shop"');
    expect(stdout).toMatch(/mail\.html:3:1: error: left alone: .*backslash.* \[malformed-destination\]/);
    expect(stdout).toMatch(/mail\.html: 1 link tracked, 1 note, 83 -> \d+ bytes/);
  });

  it('prints one object a file with --json, and needs no keys', async () => {
    await writeFile(join(cwd, 'mail.html'), HTML);
    await writeFile(join(cwd, 'good.html'), '<p><a href="https://shop.example/">Shop</a>');
    const { status, stdout } = await run(['check', 'mail.html', 'good.html', '--json'], { cwd });
    expect(status).toBe(1);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map((row) => row.file)).toEqual(['mail.html', 'good.html']);
    for (const row of rows) expect(Object.keys(row)).toEqual(['file', 'links', 'notes', 'bytes']);
    expect(rows[0].notes).toEqual([
      { code: 'malformed-destination', severity: 'error', message: expect.any(String), line: 3, column: 1 },
    ]);
    expect(rows[1].bytes.after).toBeGreaterThan(rows[1].bytes.before);
    expect((await run(['check', 'good.html'], { cwd })).status).toBe(0);
  });
});

describe('telltale inspect', () => {
  it('says what a pixel, a link, a way out and a token hold', async () => {
    const args = ['rewrite', '-', '--message', 'm', '--recipient', 'r', ...BASE, '--json'];
    const { html, headers } = JSON.parse(
      (await run(args, { cwd, stdin: '<p><a href="https://shop.example/">x</a>' })).stdout,
    );
    const inspect = async (text: string) => {
      const ran = await run(['inspect', text, '--json'], { cwd });
      return { status: ran.status, found: JSON.parse(ran.stdout) };
    };
    const common = { valid: true, key: 'k1', message: 'm', recipient: 'r', reason: null };
    const consent = { opens: 'individual', clicks: 'individual' };
    const pixel = urlIn(html, 'o');
    expect(await inspect(pixel)).toEqual({
      status: 0,
      found: { ...common, kind: 'open', consent, link: null, destination: null },
    });
    const click = { ...common, kind: 'click', consent, link: 0, destination: 'https://shop.example/' };
    expect(await inspect(`${urlIn(html, 'c')}?x=1`)).toEqual({ status: 0, found: click });
    const token = /\/o\/([a-z2-7]+)/.exec(pixel)?.[1] ?? '';
    expect((await inspect(token)).found).toMatchObject({ ...common, kind: 'hit' });
    const wayOut = headers['List-Unsubscribe'].slice(1, -1);
    expect((await inspect(wayOut)).found).toMatchObject({ ...common, kind: 'unsubscribe', consent: null });
    const forged = await inspect(`https://t.example.com/o/${token.slice(0, -8)}aaaaaaaa.gif`);
    expect(forged).toMatchObject({ status: 1, found: { valid: false, kind: 'open', reason: 'forged', message: null } });
    expect(await inspect('hello')).toMatchObject({
      status: 1,
      found: { valid: false, kind: null, reason: 'malformed' },
    });
    await run(['keys', 'new'], { cwd });
    await run(['keys', 'revoke', 'k1'], { cwd });
    expect(await inspect(pixel)).toMatchObject({
      status: 1,
      found: { valid: false, message: 'm', reason: 'key revoked' },
    });
    expect((await run(['inspect', pixel], { cwd })).stdout).toMatch(/^message +m$/m);
  });

  it('says what to do when there are no keys', async () => {
    const ran = await run(['inspect', 'abc'], { cwd });
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('telltale keys new')]);
  });
});

describe('telltale keys', () => {
  const list = async () => JSON.parse((await run(['keys', 'list', '--json'], { cwd })).stdout);

  it('makes, stages and revokes keys without ever printing a secret', async () => {
    const made = await run(['keys', 'new'], { cwd });
    await run(['keys', 'new', '--no-sign'], { cwd });
    expect(await list()).toMatchObject([
      { id: 'k1', number: 1, signing: true, revokedAt: null },
      { id: 'k2', number: 2, signing: false, revokedAt: null },
    ]);
    await run(['keys', 'new'], { cwd });
    const revoked = await run(['keys', 'revoke', 'k1'], { cwd });
    expect(revoked.status).toBe(0);
    expect(await list()).toMatchObject([
      { id: 'k1', signing: false, revokedAt: expect.any(String) },
      { id: 'k2' },
      { id: 'k3', signing: true },
    ]);
    const ring = JSON.parse(await readFile(join(cwd, 'telltale-data', 'keys.json'), 'utf8'));
    for (const key of ring.keys)
      expect(made.stdout + made.stderr + revoked.stdout + revoked.stderr).not.toContain(key.secret);
  });

  it('refuses to revoke the signing key or an unknown one', async () => {
    await run(['keys', 'new'], { cwd });
    expect(await run(['keys', 'revoke', 'k1'], { cwd })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('telltale keys new'),
    });
    expect(await run(['keys', 'revoke', 'k9'], { cwd })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Keys in the ring: k1'),
    });
  });

  it('does not change a ring that stands in the environment', async () => {
    const ran = await run(['keys', 'new'], { cwd, env: { TELLTALE_KEYS: '{"signing":"k1","keys":[]}' } });
    expect(ran.status).toBe(1);
  });
});

describe('telltale tokens, migrate and report', () => {
  it('makes a token, lists it without its secret, revokes it', async () => {
    const made = await run(['tokens', 'new', '--scope', 'write'], { cwd });
    expect(made.stdout).toMatch(/^tt_[a-z2-7]{8}_[a-z2-7]{52}\n$/);
    const id = made.stdout.split('_')[1] ?? '';
    const listed = await run(['tokens', 'list', '--json'], { cwd });
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id, scope: 'write', revokedAt: null }]);
    expect(listed.stdout).not.toContain(made.stdout.trim());
    expect((await run(['tokens', 'revoke', id], { cwd })).status).toBe(0);
    expect(JSON.parse((await run(['tokens', 'list', '--json'], { cwd })).stdout)[0].revokedAt).not.toBeNull();
    expect(await run(['tokens', 'revoke', 'nonesuch'], { cwd })).toMatchObject({ status: 1 });
    expect((await run(['tokens', 'new', '--scope', 'all'], { cwd })).status).toBe(2);
  });

  it('reports nothing before there is anything, and says how to begin', async () => {
    expect(await run(['report'], { cwd })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('telltale migrate'),
    });
    expect((await run(['migrate'], { cwd })).status).toBe(0);
    expect(await run(['report', '--json'], { cwd })).toMatchObject({ status: 0, stdout: '{"items":[],"next":null}\n' });
    expect((await run(['report'], { cwd })).stderr).toContain('No messages yet');
    expect(await run(['report', 'none'], { cwd })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('telltale report'),
    });
  });

  it('refuses a database that is no SQLite URL', async () => {
    const ran = await run(['report', '--database', 'mysql://user:secret@host/db'], { cwd });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('sqlite:telltale.db') });
    expect(ran.stderr).not.toContain('secret');
  });
});
