// What the command has of clicks and sales: what links carry, what a click id holds, the secret of shops.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sealClickToken } from '../../src/token/click-token.ts';
import { isSealed, sealConversion } from '../../src/token/conversion-seal.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { run } from '../support/command.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-cli-'));
  await writeFile(join(cwd, 'mail.html'), '<a href="https://shop.example/p">Shop</a>');
});
afterEach(() => rm(cwd, { recursive: true }));

const ringIn = async () => createKeyRing(await readFile(join(cwd, 'telltale-data', 'keys.json'), 'utf8'));

describe('telltale', () => {
  it('check shows what links carry to where they lead', async () => {
    const utm = ['--utm-source', 'news', '--utm-content', '{link.name}', '--utm-campaign', '{message}'];
    const { stdout } = await run(['check', 'mail.html', '--message', 'm 1', '--click-id', ...utm], { cwd });
    expect(stdout).toContain(
      'link 0 -> https://shop.example/p?utm_source=news&utm_campaign=m%201&utm_content=Shop  "Shop"  + tt_click',
    );
    const json = await run(['check', 'mail.html', '--json', '--click-id', 'cid'], { cwd });
    expect(JSON.parse(json.stdout).links[0]).toMatchObject({ destination: 'https://shop.example/p', clickId: 'cid' });
  });

  it('refuses UTM templates and names that are none', async () => {
    const utm = await run(['check', 'mail.html', '--utm-source', '{recipient}'], { cwd });
    expect([utm.status, utm.stderr]).toEqual([2, expect.stringContaining('{link.name}')]);
    const name = await run(['check', '--click-id', 'mail.html'], { cwd });
    expect([name.status, name.stderr]).toEqual([2, expect.stringContaining('clickId must be')]);
  });

  it('rewrite has links carry both', async () => {
    const args = ['--message', 'm', '--recipient', 'r1', '--base-url', 'https://t.example.com'];
    const flags = ['--utm-source', 'news', '--click-id'];
    const { stdout } = await run(['rewrite', 'mail.html', ...args, ...flags], { cwd });
    const url = /https:[^"]+\/c\/[^"]+/.exec(stdout)?.[0] ?? '';
    const inspected = await run(['inspect', url, '--json'], { cwd });
    expect(JSON.parse(inspected.stdout)).toMatchObject({ destination: 'https://shop.example/p?utm_source=news' });
  });

  it('inspect reads a click id, alone and in the URL of a shop', async () => {
    await run(['keys', 'new'], { cwd });
    const atMs = Date.UTC(2026, 0, 1);
    const key = (await ringIn()).signing();
    const click = sealClickToken(key, { message: 'm', recipient: 'r1', link: 3, atMs, test: false });
    for (const text of [click, `https://shop.example/p?a=1&cid=${click}#top`]) {
      const { status, stdout } = await run(['inspect', text, '--json'], { cwd });
      expect([status, JSON.parse(stdout)]).toEqual([
        0,
        expect.objectContaining({
          ...{ valid: true, kind: 'click-id', message: 'm', recipient: 'r1', link: 3 },
          clickedAt: '2026-01-01T00:00:00.000Z',
        }),
      ]);
    }
  });

  it('keys seal prints the secret by which values are sealed', async () => {
    await run(['keys', 'new'], { cwd });
    const { stdout } = await run(['keys', 'seal'], { cwd });
    const sale = { order: '1', value: '2', currency: 'EUR' };
    expect(isSealed(await ringIn(), sealConversion(stdout.trim(), sale), sale)).toBe(true);
  });

  it.each([
    [['--attribution-days', '0'], '1 to 365'],
    [['--attribution-days', '7d'], '1 to 365'],
    [['--attribution-clicks', 'robots'], 'human, all'],
  ])('serve refuses %j', async (flags, words) => {
    const { status, stderr } = await run(['serve', '--port', '0', ...flags], { cwd });
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});
