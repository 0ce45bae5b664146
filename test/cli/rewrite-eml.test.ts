import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { message } from '../support/eml.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const BASE = ['--base-url', 'https://t.example.com'];
const FOR_ONE = ['--message', 'spring-sale', '--recipient', 'r1', ...BASE];
const HEAD = ['Subject: x', 'Content-Type: text/html; charset=utf-8'];
const BODY = ['', '<body><a href="https://shop.example/">Shop</a>', '</body>', ''];
const MAIL = message([...HEAD, ...BODY]);

let cwd: string;
beforeEach(async () => {
  cwd = temporaryDirectory();
  await writeFile(join(cwd, 'mail.eml'), MAIL);
  await writeFile(join(cwd, 'list.csv'), 'recipient\nr1\nr2\n');
});

function undo(text: string): string {
  return text
    .replace(/<img src="https:\/\/t\.example\.com\/o\/[^>]+>/, '')
    .replace(/https:\/\/t\.example\.com\/c\/[a-z2-7]+\/[a-z2-7]+/g, 'https://shop.example/');
}

describe('telltale rewrite of an .eml file', () => {
  it('prints the message, changed in its links and one pixel', async () => {
    const { status, stdout } = await run(['rewrite', 'mail.eml', ...FOR_ONE], { cwd });
    expect(status).toBe(0);
    expect(stdout).not.toBe(MAIL.toString());
    expect(undo(stdout)).toBe(MAIL.toString());
  });

  it('takes what begins with headers for a message, whatever its name, and on stdin', async () => {
    const raw = message(['From: a@b.example', 'MIME-Version: 1.0', ...HEAD, ...BODY]);
    await writeFile(join(cwd, 'mail.txt'), raw);
    const named = await run(['rewrite', 'mail.txt', ...FOR_ONE], { cwd });
    const piped = await run(['rewrite', '-', ...FOR_ONE], { cwd, stdin: raw });
    expect(undo(named.stdout)).toBe(raw.toString());
    expect(named.stdout).toMatch(/^From: /);
    expect(piped.stdout).toBe(named.stdout);
  });

  it('writes <recipient>.eml for each recipient', async () => {
    const args = ['rewrite', 'mail.eml', '--message', 'm', '--recipients', 'list.csv', ...BASE, '--out', 'out'];
    expect((await run(args, { cwd })).status).toBe(0);
    expect((await readdir(join(cwd, 'out'))).sort()).toEqual(['manifest.ndjson', 'r1.eml', 'r2.eml']);
    expect(undo(await readFile(join(cwd, 'out', 'r2.eml'), 'latin1'))).toBe(MAIL.toString());
  });

  it('prints the message as text with --json', async () => {
    const { stdout } = await run(['rewrite', 'mail.eml', ...FOR_ONE, '--json'], { cwd });
    const row = JSON.parse(stdout);
    expect(Object.keys(row)).toEqual(['file', 'recipient', 'eml', 'text', 'headers', 'links', 'notes', 'bytesAdded']);
    expect(undo(row.eml)).toBe(MAIL.toString());
    expect(row.bytesAdded).toBe(row.eml.length - MAIL.length);
    expect(row.links).toMatchObject([{ part: '1', destination: 'https://shop.example/' }]);
    expect(row.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
  });

  it('prints a message that is not UTF-8 in base64 with --json', async () => {
    const raw = message(['Content-Type: text/html; charset=iso-8859-1', '', '<body>\xfc</body>']);
    await writeFile(join(cwd, 'latin.eml'), raw);
    const row = JSON.parse((await run(['rewrite', 'latin.eml', ...FOR_ONE, '--json'], { cwd })).stdout);
    expect(row.eml).toBeUndefined();
    expect(undo(Buffer.from(row.emlBase64, 'base64').toString('latin1'))).toBe(raw.toString('latin1'));
  });

  it('goes together with HTML files', async () => {
    await writeFile(join(cwd, 'page.html'), '<body></body>');
    const args = ['rewrite', 'mail.eml', 'page.html', ...FOR_ONE, '--out', 'out'];
    expect((await run(args, { cwd })).status).toBe(0);
    expect(existsSync(join(cwd, 'out/mail/r1.eml'))).toBe(true);
    expect(existsSync(join(cwd, 'out/page/r1.html'))).toBe(true);
  });

  it('writes nothing and ends with 3 where a DKIM signature would break, unless forced', async () => {
    await writeFile(join(cwd, 'mail.eml'), message(['DKIM-Signature: v=1', ...HEAD, ...BODY]));
    const args = ['rewrite', 'mail.eml', ...FOR_ONE, '--out', 'out'];
    const refused = await run(args, { cwd });
    expect(refused).toMatchObject({ status: 3, stdout: '', stderr: expect.stringContaining('use --force') });
    expect(refused.stderr).toContain('[dkim-will-break]');
    expect(existsSync(join(cwd, 'out'))).toBe(false);
    expect((await run(['rewrite', 'mail.eml', ...FOR_ONE], { cwd })).stdout).toBe('');
    expect((await run([...args, '--force'], { cwd })).status).toBe(0);
    expect(existsSync(join(cwd, 'out', 'r1.eml'))).toBe(true);
  });

  it('says what it leaves alone, and in which part', async () => {
    const signed = ['Content-Type: multipart/signed; boundary=c', '', '--c', ...HEAD, ...BODY, '--c--'];
    const raw = message(['Content-Type: multipart/mixed; boundary=b', '', '--b', ...signed, '--b--', '']);
    await writeFile(join(cwd, 'mail.eml'), raw);
    const { status, stdout, stderr } = await run(['rewrite', 'mail.eml', ...FOR_ONE], { cwd });
    expect([status, stdout]).toEqual([0, raw.toString()]);
    expect(stderr).toContain('mail.eml#1:1:1: warning: left alone: it is signed');
  });
});

describe('telltale check of an .eml file', () => {
  it('prints its links, notes and size', async () => {
    await writeFile(join(cwd, 'mail.eml'), message(['ARC-Seal: i=1', ...HEAD, ...BODY]));
    const { status, stdout } = await run(['check', 'mail.eml'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain('mail.eml#1:1:7: link 0 -> https://shop.example/  "Shop"');
    expect(stdout).toContain('mail.eml:1:1: warning: its DKIM or ARC signature will no longer hold');
    expect(stdout).toMatch(/mail\.eml: 1 link tracked, 1 note, \d+ -> \d+ bytes/);
  });

  it('fails where the message is malformed', async () => {
    await writeFile(join(cwd, 'mail.eml'), message(['Content-Type: multipart/mixed', '', 'x']));
    const { status, stdout } = await run(['check', 'mail.eml', '--json'], { cwd });
    expect(status).toBe(1);
    expect(JSON.parse(stdout).notes).toMatchObject([{ code: 'malformed-part' }, { code: 'no-html-part' }]);
  });
});
