import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTracker } from '../../src/track/create-tracker.ts';
import { type BounceOf, bounceMail } from '../support/bounce-mails.ts';
import { run } from '../support/command.ts';
import { testRing } from '../support/keys.ts';
import { openTestStore } from '../support/stores.ts';

const keys = JSON.stringify(testRing());
const mail = createTracker({ baseUrl: 'https://t.example.com', keys }).compile('<body>x', { message: 'sale' });
const bounceOf = (recipient: string, of: Partial<BounceOf> = {}) =>
  bounceMail({ headers: mail.render(recipient).headers, ...of });

async function opened() {
  const at = await openTestStore();
  const bounces = (args: readonly string[], stdin?: string) =>
    run(['bounces', '--database', `sqlite:${at.path}`, ...args], {
      ...{ cwd: at.directory, env: { TELLTALE_KEYS: keys }, ...(stdin !== undefined && { stdin }) },
    });
  return { ...at, bounces };
}

describe('telltale bounces', () => {
  it('counts what comes back for good, once, and lets its recipient get no more mail', async () => {
    const { store, bounces } = await opened();
    const first = await bounces([], bounceOf('r1'));
    expect(first).toMatchObject({ status: 0, stderr: 'Mails: 1 counted.\n' });
    expect(first.stdout).toContain('- 1\tbounced, hard\t5.1.1\tsale\tr1\tcounted\n');
    expect((await bounces(['-'], bounceOf('r1'))).stdout).toContain('\tknown\n');
    expect(await store.findMessage('sale')).toMatchObject({ bounces: 1 });
    expect(await store.sendability(['r1'])).toMatchObject([{ suppressed: 'bounce' }]);
  });

  it('reads files, mboxes and Maildirs, and shows each mail with what became of it', async () => {
    const { store, directory, bounces } = await opened();
    for (const folder of ['new', 'cur']) await mkdir(join(directory, 'Maildir', folder), { recursive: true });
    await writeFile(join(directory, 'Maildir', 'cur', '1:2,S'), bounceOf('r1', { status: '5.2.2' }));
    await writeFile(join(directory, 'Maildir', 'new', '2'), bounceOf('r2', { action: 'delayed' }));
    const mails = [bounceOf('r3'), 'Subject: Hello\n\nI am away.\n', bounceMail({ headers: {} })];
    await writeFile(
      join(directory, 'mbox'),
      mails.map((text) => `From x Fri Jan  2 09:00:00 2026\n${text}\n`).join(''),
    );
    await store.eraseRecipient('gone', 'command');
    await writeFile(join(directory, 'one.eml'), bounceOf('gone'));
    const { status, stdout, stderr } = await bounces(['--json', 'Maildir', 'mbox', 'one.eml']);
    expect(status).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const of = { status: '5.1.1', message: 'sale', reason: null };
    const nobody = { message: null, recipient: null };
    expect(lines).toEqual([
      { file: 'Maildir/new/2', number: 1, ...of, event: 'deferred', recipient: 'r2', outcome: 'counted' },
      {
        file: 'Maildir/cur/1:2,S',
        number: 1,
        ...of,
        event: 'bounced',
        status: '5.2.2',
        recipient: 'r1',
        outcome: 'counted',
      },
      { file: 'mbox', number: 1, ...of, event: 'bounced', recipient: 'r3', outcome: 'counted' },
      {
        file: 'mbox',
        number: 2,
        event: null,
        status: null,
        ...nobody,
        outcome: 'other',
        reason: 'it holds no delivery status',
      },
      { file: 'mbox', number: 3, ...of, event: 'bounced', ...nobody, outcome: 'unmatched' },
      { file: 'one.eml', number: 1, ...of, event: 'bounced', recipient: 'gone', outcome: 'erased' },
    ]);
    expect(stderr).toContain('1 of no mail of ours that can be told, which suppress nobody; 1 no bounces.');
    const suppressed = (await store.sendability(['r1', 'r2', 'r3', 'someone@example.net'])).map(
      (one) => one.suppressed,
    );
    expect(suppressed).toEqual([null, null, 'bounce', null]);
  });

  it('writes nothing in a dry run', async () => {
    const { store, bounces } = await opened();
    const { stdout, stderr } = await bounces(['--dry-run'], bounceOf('r1'));
    expect(stdout).toContain('\twould-count\n');
    expect(stderr).toContain('nothing was written');
    expect(await store.findMessage('sale')).toBeUndefined();
  });

  it('says what is wrong with what it is given', async () => {
    const { directory, bounces } = await opened();
    await mkdir(join(directory, 'empty'));
    expect(await bounces(['nowhere'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no file or Maildir nowhere'),
    });
    expect(await bounces(['empty'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('directories new and cur'),
    });
    const alone = await run(['bounces'], { cwd: directory, isTTY: true, env: { TELLTALE_KEYS: keys } });
    expect(alone).toMatchObject({ status: 2, stderr: expect.stringContaining('pipe one in') });
  });
});
