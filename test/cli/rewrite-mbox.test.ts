import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendTo, writeMbox } from '../../src/cli/rewrite-mbox.ts';
import { run } from '../support/command.ts';
import { HTML, interruptAfter, MANY, makeJob, prepare, undo } from '../support/rewriting.ts';

const MBOX = [...MANY, '--message', 'm', '--mbox', 'all.mbox'];

let cwd: string;
let path: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-mbox-'));
  path = join(cwd, 'all.mbox');
});
afterEach(() => rm(cwd, { recursive: true }));

/** The mails of an mbox, as a reader of mboxrd takes them apart. */
function split(mbox: string): string[] {
  return mbox
    .split(/^From .*\n/m)
    .slice(1)
    .map((mail) => mail.replace(/\n$/, '').replace(/^>(>*From )/gm, '$1'));
}

describe('--mbox', () => {
  it('holds a mail for each recipient, in order', async () => {
    const recipients = await prepare(cwd, 2_000);
    const { status, stdout, stderr } = await run(MBOX, { cwd, io: { now: () => Date.UTC(2026, 0, 2, 3, 4, 5) } });
    expect([status, stdout, stderr]).toEqual([0, '', expect.stringContaining('Wrote 2,000 mails to all.mbox.')]);
    const mbox = await readFile(path, 'latin1');
    expect(mbox.match(/^From .*$/gm)).toEqual(recipients.map(() => 'From MAILER-DAEMON Fri Jan  2 03:04:05 2026'));
    expect(mbox).not.toContain('\r');
    expect(mbox.match(/(?<=^X-Telltale-Recipient: ).*$/gm)).toEqual(recipients);
    expect(mbox.split('\n').every((line) => line.length <= 998)).toBe(true);
    expect(await readdir(cwd)).toEqual(expect.not.arrayContaining([expect.stringContaining('.tmp')]));
  });

  it('holds mails that a parser reads, byte for byte', async () => {
    await prepare(cwd, 3);
    await run(MBOX, { cwd });
    await run([...MANY, '--message', 'm', '--out', 'out'], { cwd });
    const mails = split(await readFile(path, 'latin1'));
    expect(mails).toHaveLength(3);
    for (const [index, source] of mails.entries()) {
      const mail = await simpleParser(source);
      expect(mail.headers.get('x-telltale-message')).toBe('m');
      expect(mail.headers.get('x-telltale-recipient')).toBe(`r${index}`);
      expect(mail.headers.get('content-type')).toEqual({ value: 'text/html', params: { charset: 'utf-8' } });
      expect(mail.headers.get('list')).toMatchObject({
        unsubscribe: { url: expect.stringMatching(/^https:\/\/t\.example\.com\/u\/[a-z2-7]+$/) },
        'unsubscribe-post': { name: 'List-Unsubscribe=One-Click' },
      });
      const body = Buffer.from(source.slice(source.indexOf('\n\n')), 'base64').toString();
      expect(body).toBe(await readFile(join(cwd, 'out', `r${index}.html`), 'utf8'));
      expect(undo(body)).toBe(HTML);
      expect(undo(String(mail.html)).trimEnd()).toBe(HTML.replaceAll('\r', '').trimEnd());
    }
  });

  it.each([
    'Jörg',
    '日本語'.repeat(14),
    '=?utf-8?q?look?=',
    ' leading and trailing ',
    'a  b',
    'two words',
    'é'.repeat(64),
  ])('names the recipient %j so that a parser finds it', async (recipient) => {
    await writeMbox(makeJob([recipient]), { path, force: false, atMs: 0 });
    const [source = ''] = split(await readFile(path, 'latin1'));
    expect(source).toMatch(/^[\x20-\x7e\n]+$/);
    expect(
      Math.max(
        ...(source
          .split('\n\n')[0]
          ?.split('\n')
          .map((line) => line.length) ?? []),
      ),
    ).toBeLessThan(300);
    // The parser decodes only fields it knows.
    const { subject } = await simpleParser(source.replace('X-Telltale-Recipient', 'Subject'));
    expect(subject).toBe(recipient);
  });

  it('quotes lines that look like the beginning of a mail, so that it can be undone', async () => {
    await prepare(cwd, 2);
    const body = 'From me\r\nFrom you\r\n>From them\r\n From no one\r\nFromage\r\nFrom the end';
    await writeFile(join(cwd, 'mail.eml'), `Subject: x\r\nContent-Type: text/html\r\n\r\n${body}`);
    const args = (words: string[]) => words.map((word) => (word === 'mail.html' ? 'mail.eml' : word));
    expect((await run(args(MBOX), { cwd })).status).toBe(0);
    await run(args([...MANY, '--message', 'm', '--out', 'out']), { cwd });
    const mbox = await readFile(path, 'latin1');
    expect(mbox).toMatch(/\n>From you\n>>From them\n From no one\nFromage\n>From the end/);
    const copies = await Promise.all(['r0', 'r1'].map((name) => readFile(join(cwd, 'out', `${name}.eml`), 'latin1')));
    expect(split(mbox)).toEqual(copies.map((copy) => `${copy.replaceAll('\r\n', '\n')}\n`));
  });

  it('is not overwritten without --force', async () => {
    await prepare(cwd, 3);
    await writeFile(path, 'mine');
    const { status, stderr } = await run(MBOX, { cwd });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/all\.mbox exists already\. .*--force/)]);
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect((await run([...MBOX, '--force'], { cwd })).status).toBe(0);
    expect(split(await readFile(path, 'latin1'))).toHaveLength(3);
  });

  it.each([['--json'], ['--out', 'out']])('is refused with %s', async (...flags) => {
    await prepare(cwd, 3);
    const { status, stderr } = await run([...MBOX, ...flags], { cwd });
    expect([status, stderr]).toEqual([2, expect.stringContaining("'--mbox <file>' cannot be used with option")]);
    expect(existsSync(path)).toBe(false);
  });

  it('refuses a recipient twice', async () => {
    await prepare(cwd, 3);
    await writeFile(join(cwd, 'list.csv'), 'recipient\nr1\nr2\nr1\n');
    const { status, stderr } = await run(MBOX, { cwd });
    expect([status, stderr]).toEqual([1, expect.stringContaining('"r1" stands twice')]);
  });

  it('leaves nothing when it is interrupted, and the old one under --force', async () => {
    await prepare(cwd, 300);
    const ran = await run(MBOX, { cwd, isErrTTY: true, io: interruptAfter(100) });
    expect([ran.status, ran.stderr]).toEqual([130, expect.stringContaining('Interrupted: all.mbox was not written.')]);
    expect((await readdir(cwd)).sort()).toEqual(['list.csv', 'mail.html', 'telltale-data']);
    await writeFile(path, 'mine');
    await run([...MBOX, '--force'], { cwd, isErrTTY: true, io: interruptAfter(100) });
    expect(await readFile(path, 'utf8')).toBe('mine');
  });

  it('leaves nothing when the disk is full', async () => {
    const job = makeJob(await prepare(cwd, 2_000));
    let calls = 0;
    const failing: typeof appendTo = async (file, text) => {
      calls += 1;
      if (calls === 2) throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
      await appendTo(file, text);
    };
    await expect(writeMbox(job, { path, force: false, atMs: 0 }, failing)).rejects.toThrow('the disk is full');
    expect((await readdir(cwd)).sort()).toEqual(['list.csv', 'mail.html']);
  });

  it('is written piece by piece, never gathered', async () => {
    const job = makeJob(await prepare(cwd, 2_000));
    let longest = 0;
    let total = 0;
    await writeMbox(job, { path, force: false, atMs: 0 }, async (file, text) => {
      longest = Math.max(longest, text.length);
      total += text.length;
      await appendTo(file, text);
    });
    expect(longest).toBeLessThan(270_000);
    expect(total).toBeGreaterThan(1_000_000);
  });
});
