import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';

const HTML = '<body><p>Dear {{ name }}</p><a href="https://shop.example/">Shop</a> <a href="{{ url }}">x</a></body>\n';
const BASE = ['--message', 'm', '--base-url', 'https://t.example.com'];
const TEMPLATE = ['rewrite', 'mail.html', ...BASE, '--merge', 'liquid', '--placeholder', '{{ telltale }}'];

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-template-'));
  await writeFile(join(cwd, 'mail.html'), HTML);
  await writeFile(join(cwd, 'list.csv'), 'recipient\nr1\n=R2\n');
});
afterEach(() => rm(cwd, { recursive: true }));

describe('telltale rewrite --placeholder', () => {
  it('writes the template and a table that makes it each recipient’s mail', async () => {
    const ran = await run([...TEMPLATE, '--recipients', 'list.csv', '--out', 'out'], { cwd });
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain('Wrote 1 template and tokens.csv for 2 recipients to out.');
    expect((await readdir(join(cwd, 'out'))).sort()).toEqual(['mail.html', 'tokens.csv']);
    const template = await readFile(join(cwd, 'out', 'mail.html'), 'utf8');
    expect(template).toContain('/o/{{ telltale }}.gif');
    expect(template).toContain('Dear {{ name }}');
    expect(template).toContain('href="{{ url }}"');
    const rows: Record<string, string>[] = parse(await readFile(join(cwd, 'out', 'tokens.csv')), { columns: true });
    expect(rows.map((row) => row['recipient'])).toEqual(['r1', '=R2']);
    for (const { recipient = '', telltale = '', list_unsubscribe = '' } of rows) {
      const one = await run(
        ['rewrite', 'mail.html', ...BASE, '--merge', 'liquid', '--recipient', recipient, '--json'],
        { cwd },
      );
      const { html, headers } = JSON.parse(one.stdout);
      expect(template.replaceAll('{{ telltale }}', telltale)).toBe(html);
      expect(list_unsubscribe).toBe(headers['List-Unsubscribe']);
    }
  });

  it('prints the template alone without recipients', async () => {
    const { status, stdout } = await run(TEMPLATE, { cwd });
    expect(status).toBe(0);
    expect(
      stdout.replace(/<img[^>]*>/, '').replace(/https:\/\/t\.example\.com\/c\/[^"]+/, 'https://shop.example/'),
    ).toBe(HTML);
  });

  it('prints templates and rows as NDJSON with --json', async () => {
    const { stdout } = await run([...TEMPLATE, '--recipients', 'list.csv', '--json'], { cwd });
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(Object.keys(rows[0])).toEqual(['file', 'placeholder', 'html', 'text', 'links', 'notes']);
    expect(rows.slice(1)).toEqual([
      {
        recipient: 'r1',
        telltale: expect.stringMatching(/^[a-z2-7]+$/),
        listUnsubscribe: expect.stringContaining('/u/'),
      },
      {
        recipient: '=R2',
        telltale: expect.stringMatching(/^[a-z2-7]+$/),
        listUnsubscribe: expect.stringContaining('/u/'),
      },
    ]);
  });

  it('takes delimiters of one’s own', async () => {
    await writeFile(join(cwd, 'mail.html'), '<a href="https://a.example/[[id]]">x</a>');
    const { stdout, stderr } = await run(
      ['rewrite', 'mail.html', ...BASE, '--merge', '[[ ]]', '--placeholder', '[[t]]'],
      { cwd },
    );
    expect(stdout).toContain('href="https://a.example/[[id]]"');
    expect(stderr).toContain('[merge-tag]');
  });

  it.each<[string, string[], number, RegExp]>([
    [
      'an engine that is none',
      ['--merge', 'jinja'],
      2,
      /--merge takes liquid, handlebars, mailchimp, or two delimiters/,
    ],
    ['a placeholder with quotes', ['--placeholder', '"x"'], 2, /must hold no quotes/],
    ['recipients and stdout', ['--recipients', 'list.csv'], 2, /--out DIR, or --json/],
    ['an mbox', ['--mbox', 'a.mbox'], 2, /not --mbox or --resume/],
    [
      'both kinds of recipient',
      ['--recipient', 'r', '--recipients', 'list.csv', '--out', 'out'],
      2,
      /either --recipient/,
    ],
  ])('refuses %s', async (_, args, status, stderr) => {
    const ran = await run([...TEMPLATE, ...args], { cwd });
    expect([ran.status, ran.stdout]).toEqual([status, '']);
    expect(ran.stderr).toMatch(stderr);
  });

  it('refuses to overwrite, and writes nothing then', async () => {
    const args = [...TEMPLATE, '--recipients', 'list.csv', '--out', 'out'];
    await run(args, { cwd });
    await rm(join(cwd, 'out', 'mail.html'));
    const again = await run(args, { cwd });
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('tokens.csv exists already')]);
    expect(existsSync(join(cwd, 'out', 'mail.html'))).toBe(false);
    expect((await run([...args, '--force'], { cwd })).status).toBe(0);
  });
});
