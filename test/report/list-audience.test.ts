import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Conversion } from '../../src/base/conversion.ts';
import { type AudienceOptions, listAudience } from '../../src/report/list-audience.ts';
import type { Store } from '../../src/store/open-store.ts';
import { run } from '../support/command.ts';
import { CLIENTS, makeHit, makeLink, sentMs, startMs } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

async function filled() {
  const opened = await openTestStore();
  const { store } = opened;
  const ids = ['opened', 'clicked', 'bought', 'refunded', 'machine', 'quiet', 'left', 'gone', 'erased'];
  const sends = [
    ...ids.map((recipient) => ({ recipient, atMs: sentMs })),
    { recipient: 'hidden', atMs: sentMs, consent: { opens: 'aggregate', clicks: 'aggregate' } as const },
  ];
  await store.recordSends('a', sends);
  await store.recordSends('b: 50%', sends.slice(0, 4));
  await store.recordLinks('a', [
    { index: 0, destination: 'https://example.com/', name: 'Shop, now' },
    { index: 1, destination: 'https://example.com/blog', name: 'Blog' },
  ]);
  const click = (recipient: string, index = 0, message = 'a') =>
    makeHit({
      message,
      recipient,
      link: makeLink({ index, destination: index === 0 ? 'https://example.com/' : 'https://example.com/blog' }),
    });
  await settleHits(store, [
    makeHit({ message: 'a', recipient: 'opened' }),
    click('clicked', 1),
    ...['bought', 'refunded', 'left', 'gone', 'erased'].map((recipient) => click(recipient)),
    makeHit({ message: 'a', recipient: 'machine', from: CLIENTS.head, link: makeLink() }),
    click('opened', 0, 'b: 50%'),
    makeHit({ message: 'a', recipient: 'left', kind: 'unsubscribe' }),
  ]);
  const sale = (recipient: string, refunded: number): Conversion => ({
    ...{ order: recipient, atMs: startMs + 60_000, proof: 'posted', test: false, recipient, message: 'a', click: null },
    ...{ money: { currency: 'EUR', minor: 100 }, refunded: { currency: 'EUR', minor: refunded } },
  });
  await store.recordConversions([sale('bought', 0), sale('refunded', 100)]);
  await store.setConsent('gone', { opens: 'individual', clicks: 'aggregate' }, 'test');
  await store.eraseRecipient('erased', 'test');
  return opened;
}

async function idsOf(store: Store, of: Partial<AudienceOptions>): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listAudience>> = await listAudience(store, {
      message: 'a',
      limit: 2,
      ...of,
      cursor,
    });
    expect(page.items.length).toBeLessThanOrEqual(2);
    ids.push(...page.items.map(({ recipient }) => recipient));
    cursor = page.next;
  } while (cursor !== null);
  return ids.sort();
}

describe('an audience', () => {
  it.each<[Partial<AudienceOptions>, readonly string[]]>([
    [{ who: 'clicked' }, ['bought', 'clicked', 'refunded']],
    [{ who: 'clicked', not: 'converted' }, ['clicked', 'refunded']],
    [{ who: 'clicked:Blog' }, ['clicked']],
    [{ who: 'clicked:shop%2C now' }, ['bought', 'refunded']],
    [{ who: 'clicked:1' }, ['clicked']],
    [{ who: 'opened' }, ['opened']],
    [{ who: 'converted' }, ['bought']],
    [{ who: 'clicked', machines: true }, ['bought', 'clicked', 'machine', 'refunded']],
    [{ who: 'sent', not: 'clicked' }, ['machine', 'opened', 'quiet']],
    [{ not: 'opened,clicked' }, ['machine', 'quiet']],
    [{ who: 'opened,clicked@b%3A 50%25' }, ['opened']],
    [{ who: 'sent', not: 'sent@b%3A 50%25' }, ['gone', 'hidden', 'machine', 'quiet']],
  ])('of %j is those who did, may be mailed, and can be known to', async (of, expected) => {
    const { store } = await filled();
    expect(await idsOf(store, of)).toEqual(expected);
  });

  it.each(['', 'bought', 'opened:Shop', 'clicked:', 'clicked@', 'clicked:%E0', 'clicked,'.repeat(11)])(
    'cannot be of %j',
    async (who) => {
      const { store } = await filled();
      await expect(listAudience(store, { message: 'a', limit: 2, who })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    },
  );

  it.each([
    [
      { who: 'clicked:Blgo' },
      /^who: the message "a" has no link "Blgo" that is known\. It has 0 "Shop, now", 1 "Blog"\.$/,
    ],
    [{ not: 'clicked:7' }, /^not: the message "a" has no link "7"/],
    [{ who: 'clicked:Blog@b%3A 50%25' }, /^who: the message "b: 50%" has no link "Blog" that is known\. It has 0\.$/],
  ])('is of links that are known, not of %j', async (of, message) => {
    const { store } = await filled();
    await expect(listAudience(store, { message: 'a', limit: 2, ...of })).rejects.toMatchObject({
      ...{ code: 'UNKNOWN_LINK', message: expect.stringMatching(message) },
    });
  });

  it('is of messages that are known', async () => {
    const { store } = await filled();
    const unknown = listAudience(store, { message: 'a', limit: 2, who: 'clicked', not: 'clicked@nope' });
    await expect(unknown).rejects.toMatchObject({ code: 'UNKNOWN_MESSAGE' });
  });

  it('is printed as the next list: ids, CSV, NDJSON, or the rows of a list', async () => {
    const { path, directory } = await filled();
    const args = ['report', 'a', '--database', `sqlite:${path}`, '--who', 'clicked', '--not', 'converted'];
    const printed = async (...flags: readonly string[]) => (await run([...args, ...flags], { cwd: directory })).stdout;
    expect((await printed()).split('\n').sort()).toEqual(['', 'clicked', 'refunded']);
    const csv = (await printed('--csv')).split('\n');
    expect([csv[0], ...csv.slice(1).sort()]).toEqual(['recipient', '', 'clicked', 'refunded']);
    expect(await printed('--json')).toContain('{"recipient":"clicked"}\n');
    const list = 'email,recipient,first name,consent\nA@example.com,clicked,"A, B",aggregate\nb@example.com,quiet,B,\n';
    writeFileSync(join(directory, 'list.csv'), list);
    expect(await printed('--recipients', 'list.csv')).toBe(
      'email,recipient,first_name,consent\nA@example.com,clicked,"A, B",aggregate\n',
    );
    const wrong = await run(['report', '--who', 'clicked', '--database', `sqlite:${path}`], { cwd: directory });
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--who and --not are of a message')]);
  });
});
