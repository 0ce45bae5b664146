import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileNameOf } from '../../src/cli/file-names.ts';
import { run } from '../support/command.ts';

const BASE = ['--base-url', 'https://t.example.com'];
const FOR_ONE = ['--message', 'spring-sale', '--recipient', 'r1', ...BASE];
const HTML = '<html>\r\n<body>\n<a href="https://shop.example/">Shop</a>\n</body></html>\n';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-cli-'));
  await writeFile(join(cwd, 'mail.html'), HTML);
  await writeFile(join(cwd, 'list.csv'), '\ufeffname, recipient\nAnn,r1\n"Bob, jr.",R2\n');
});
afterEach(() => rm(cwd, { recursive: true }));

function undo(html: string): string {
  return html
    .replace(/<img src="https:\/\/t\.example\.com\/o\/[^>]+>/, '')
    .replace(/https:\/\/t\.example\.com\/c\/[a-z2-7]+\/[a-z2-7]+/g, 'https://shop.example/');
}

describe('telltale rewrite', () => {
  it('prints one mail that differs in hrefs and one pixel', async () => {
    const { status, stdout, stderr } = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd });
    expect(status).toBe(0);
    expect(stdout).not.toBe(HTML);
    expect(undo(stdout)).toBe(HTML);
    expect(stdout.match(/<img/g)).toHaveLength(1);
    expect(stderr).toContain('Back it up');
  });

  it('makes the key ring once, for its owner only', async () => {
    const first = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd });
    const again = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd });
    expect(again).toEqual({ ...first, stderr: '' });
    const mode = (await stat(join(cwd, 'telltale-data', 'keys.json'))).mode & 0o777;
    expect(mode).toBe(0o600);
  });

  it('reads stdin as - or when nothing is named', async () => {
    const named = await run(['rewrite', '-', ...FOR_ONE], { cwd, stdin: HTML });
    const piped = await run(['rewrite', ...FOR_ONE], { cwd, stdin: HTML });
    expect(undo(named.stdout)).toBe(HTML);
    expect(piped.stdout).toBe(named.stdout);
  });

  it('says how it is used when nothing is named or piped', async () => {
    const { status, stderr } = await run(['rewrite', ...FOR_ONE], { cwd, isTTY: true });
    expect([status, stderr]).toEqual([2, expect.stringContaining('Name one or more HTML files')]);
  });

  it('prints one object with --json', async () => {
    const { stdout } = await run(['rewrite', 'mail.html', ...FOR_ONE, '--json'], { cwd });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const row = JSON.parse(stdout);
    expect(Object.keys(row)).toEqual(['file', 'recipient', 'html', 'text', 'headers', 'links', 'notes', 'bytesAdded']);
    expect(row).toMatchObject({ file: 'mail.html', recipient: 'r1', text: null, notes: [] });
    expect(row.links).toEqual([{ index: 0, destination: 'https://shop.example/', name: 'Shop', line: 3, column: 1 }]);
    expect(row.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    expect(row.bytesAdded).toBe(Buffer.byteLength(row.html) - Buffer.byteLength(HTML));
  });

  it('prints NDJSON for many, from CSV or NDJSON', async () => {
    await writeFile(join(cwd, 'list.ndjson'), '{"recipient":"r1"}\n\n{"recipient":"R2","name":"Bob"}\n');
    for (const list of ['list.csv', 'list.ndjson']) {
      const args = ['rewrite', 'mail.html', '--message', 'm', '--recipients', list, ...BASE, '--json'];
      const { status, stdout } = await run(args, { cwd });
      expect(status).toBe(0);
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).recipient);
      expect(rows).toEqual(['r1', 'R2']);
    }
  });

  it('writes a file for each recipient and the manifest last', async () => {
    const args = ['rewrite', 'mail.html', '--message', 'm', '--recipients', 'list.csv', ...BASE, '--out', 'out'];
    const { status, stdout, stderr } = await run(args, { cwd });
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toContain('Wrote 2 mails');
    expect((await readdir(join(cwd, 'out'))).sort()).toEqual(['=522.html', 'manifest.ndjson', 'r1.html']);
    expect(undo(await readFile(join(cwd, 'out', 'r1.html'), 'utf8'))).toBe(HTML);
    const manifest = (await readFile(join(cwd, 'out', 'manifest.ndjson'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(manifest).toMatchObject([
      { file: 'mail.html', recipient: 'r1', path: 'r1.html' },
      { file: 'mail.html', recipient: 'R2', path: '=522.html' },
    ]);
  });

  it('writes several files into a folder each', async () => {
    await writeFile(join(cwd, 'other.htm'), HTML);
    const { status } = await run(['rewrite', 'mail.html', 'other.htm', ...FOR_ONE, '--out', 'out'], { cwd });
    expect(status).toBe(0);
    expect(existsSync(join(cwd, 'out/mail/r1.html'))).toBe(true);
    expect(existsSync(join(cwd, 'out/other/r1.html'))).toBe(true);
  });

  it('refuses an output that exists before it writes anything, unless forced', async () => {
    const args = ['rewrite', 'mail.html', '--message', 'm', '--recipients', 'list.csv', ...BASE, '--out', 'out'];
    await mkdir(join(cwd, 'out'));
    await writeFile(join(cwd, 'out', '=522.html'), 'mine');
    const { status, stderr } = await run(args, { cwd });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/=522\.html exists already\. .*--force/)]);
    expect(await readdir(join(cwd, 'out'))).toEqual(['=522.html']);
    expect((await run([...args, '--force'], { cwd })).status).toBe(0);
    expect(await readFile(join(cwd, 'out', '=522.html'), 'utf8')).not.toBe('mine');
  });

  it('says what is wrong with a folder that cannot be', async () => {
    const ran = await run(['rewrite', 'mail.html', ...FOR_ONE, '--out', 'list.csv/x'], { cwd });
    expect([ran.status, ran.stderr]).toEqual([
      1,
      expect.stringMatching(/Cannot .*list\.csv.*a part of the path is a file/),
    ]);
  });

  it('puts the pixel where it is told', async () => {
    const { stdout } = await run(['rewrite', 'mail.html', ...FOR_ONE, '--pixel', 'none'], { cwd });
    expect(stdout).not.toContain('<img');
    const bad = await run(['rewrite', 'mail.html', ...FOR_ONE, '--pixel', 'left'], { cwd });
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('top, bottom, both, placeholder, none')]);
  });

  it('warns of what it leaves alone, like a compiler', async () => {
    await writeFile(join(cwd, 'mail.html'), '<p><a href="{{ url }}">x</a> <a href="mailto:a@b.c">y</a>');
    const { stderr } = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd });
    expect(stderr).toContain(
      'mail.html:1:4: warning: left alone: it holds a merge tag that is not expanded yet [merge-tag]',
    );
    expect(stderr).not.toContain('mailto');
    expect((await run(['rewrite', 'mail.html', ...FOR_ONE, '--quiet'], { cwd })).stderr).toBe('');
  });

  it.each<[string, string[], number, RegExp]>([
    ['no recipient', ['mail.html', '--message', 'm', ...BASE], 2, /--recipient ID or --recipients/],
    ['both kinds of recipient', ['mail.html', ...FOR_ONE, '--recipients', 'list.csv'], 2, /either --recipient/],
    ['no message', ['mail.html', '--recipient', 'r', ...BASE], 2, /--message/],
    ['no base URL', ['mail.html', '--message', 'm', '--recipient', 'r'], 2, /--base-url https:\/\/t\.example\.com/],
    [
      'a base URL without scheme',
      ['mail.html', '--message', 'm', '--recipient', 'r', '--base-url', 't.example.com'],
      2,
      /does not begin with https/,
    ],
    [
      'a base URL with userinfo',
      ['mail.html', '--message', 'm', '--recipient', 'r', '--base-url', 'https://u:p@t.example.com'],
      2,
      /user name/,
    ],
    [
      'a base URL with a fragment',
      ['mail.html', '--message', 'm', '--recipient', 'r', '--base-url', 'https://t.example.com/#x'],
      2,
      /fragment/,
    ],
    [
      'an empty id',
      ['mail.html', '--message', '', '--recipient', 'r', ...BASE],
      2,
      /message id must be 1 to 128 bytes.*empty/,
    ],
    [
      'an id with a control character',
      ['mail.html', '--message', 'a\u0007', '--recipient', 'r', ...BASE],
      2,
      /control character/,
    ],
    ['an over-long id', ['mail.html', '--message', 'm', '--recipient', 'é'.repeat(65), ...BASE], 2, /130 bytes/],
    ['a missing file', ['none.html', ...FOR_ONE], 1, /no file none\.html/],
    ['a directory', ['.', ...FOR_ONE], 1, /it is a directory/],
    [
      'a folder that cannot be made',
      ['mail.html', ...FOR_ONE, '--data', '/proc/telltale'],
      1,
      /Cannot make the directory \/proc\/telltale/,
    ],
    [
      'several mails for stdout',
      ['mail.html', '--message', 'm', '--recipients', 'list.csv', ...BASE],
      2,
      /--out DIR, or --json/,
    ],
    [
      'a missing list',
      ['mail.html', '--message', 'm', '--recipients', 'none.csv', ...BASE, '--json'],
      1,
      /no file .*none\.csv/,
    ],
    [
      'a misspelt option',
      ['mail.html', ...FOR_ONE, '--recipeint', 'x'],
      2,
      /unknown option '--recipeint'[\s\S]*Did you mean/,
    ],
  ])('refuses %s', async (_, args, status, stderr) => {
    const ran = await run(['rewrite', ...args], { cwd });
    expect(ran.status).toBe(status);
    expect(ran.stderr).toMatch(stderr);
    expect(ran.stdout).toBe('');
    expect(existsSync(join(cwd, 'telltale-data'))).toBe(false);
  });

  it.each<[string, string, string, RegExp]>([
    ['no recipient column', 'list.csv', 'name,email\nAnn,a@example.com\n', /names "name", "email"/],
    ['two recipient columns', 'list.csv', 'recipient,recipient\na,b\n', /one column "recipient", but it names 2/],
    ['semicolons', 'list.csv', '"recipient";"name"\n"a";"b"\n', /Separate columns by commas/],
    ['an empty id', 'list.csv', 'recipient,n\nr1,1\n,2\n', /list\.csv:3: .*it is empty/],
    ['a broken quote', 'list.csv', 'recipient\n"r1\n', /cannot be read as CSV/],
    ['a row too long', 'list.csv', 'recipient\nr1,2,3\n', /cannot be read as CSV/],
    ['only a header', 'list.csv', 'recipient\n', /holds no recipient/],
    ['nothing', 'list.csv', '', /holds no recipient/],
    ['a line that is not JSON', 'list.ndjson', '{"recipient":"r1"}\n{oops\n', /list\.ndjson:2: it is not JSON/],
    ['a line without recipient', 'list.ndjson', '{"email":"a"}\n', /needs "recipient", but this one has "email"/],
    ['a recipient twice', 'list.csv', 'recipient\nr1\nr1\n', /"r1" stands twice/],
  ])('refuses a list with %s and writes nothing', async (_, name, content, stderr) => {
    await writeFile(join(cwd, name), content);
    const ran = await run(['rewrite', 'mail.html', '--message', 'm', '--recipients', name, ...BASE, '--out', 'out'], {
      cwd,
    });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(stderr);
    expect(existsSync(join(cwd, 'out'))).toBe(false);
  });

  it.each<[string, Buffer]>([
    ['an image', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['UTF-16', Buffer.from('<p>Hi</p>', 'utf16le')],
    ['ISO-8859-1', Buffer.from('<p>Gr\xfc\xdfe</p>', 'latin1')],
  ])('refuses %s as a mail', async (_, bytes) => {
    await writeFile(join(cwd, 'mail.html'), bytes);
    const ran = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd });
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([1, '', expect.stringContaining('should be HTML in UTF-8')]);
  });

  it('keeps a byte order mark', async () => {
    await writeFile(join(cwd, 'mail.html'), `\ufeff${HTML}`);
    const { stdout } = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd });
    expect(undo(stdout)).toBe(`\ufeff${HTML}`);
  });
});

describe('keys of a rewrite', () => {
  it.each<[string, string, RegExp]>([
    ['empty', '', /it is empty/],
    ['blank', '  ', /it is empty/],
    ['no JSON', '{"signing":', /not valid JSON/],
    ['no key', '{"signing":"k1","keys":[]}', /holds no key/],
    ['a short secret', '{"signing":"k1","keys":[{"id":"k1","number":1,"secret":"c2hvcnQ"}]}', /"secret" of key 1/],
    ['a path to nothing', './none.json', /no key file/],
    ['a bare name', 'none', /no key file .*none/],
  ])('refuses TELLTALE_KEYS that is %s', async (_, keys, stderr) => {
    const ran = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd, env: { TELLTALE_KEYS: keys } });
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(stderr);
    expect(ran.stderr).not.toContain('c2hvcnQ');
    expect(existsSync(join(cwd, 'telltale-data'))).toBe(false);
  });

  it('refuses a key file that others can read', async () => {
    await run(['keys', 'new'], { cwd });
    const path = join(cwd, 'telltale-data', 'keys.json');
    await writeFile(join(cwd, 'open.json'), await readFile(path), { mode: 0o644 });
    const ran = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd, env: { TELLTALE_KEYS: './open.json' } });
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringMatching(/Others .* can read .*chmod 600/)]);
  });

  it('takes the ring itself from TELLTALE_KEYS', async () => {
    await run(['keys', 'new'], { cwd });
    const ring = await readFile(join(cwd, 'telltale-data', 'keys.json'), 'utf8');
    const byFile = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd });
    const byEnvironment = await run(['rewrite', 'mail.html', ...FOR_ONE], { cwd, env: { TELLTALE_KEYS: ring } });
    expect(byEnvironment.stdout).toBe(byFile.stdout);
  });
});

describe('fileNameOf', () => {
  it.each([
    ['r1', 'r1'],
    ['a_b-9', 'a_b-9'],
    ['Ann', '=41nn'],
    ['../x', '=2e=2e=2fx'],
    ['a=b', 'a=3db'],
    ['é', '=c3=a9'],
    ['A'.repeat(67), expect.stringMatching(/^[0-9a-f]{32}$/)],
    ['A'.repeat(66), '=41'.repeat(66)],
  ])('names the file of %j', (recipient, name) => {
    expect(fileNameOf(recipient)).toEqual(name);
  });
});
