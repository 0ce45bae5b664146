// Reports and comparisons at a terminal.
import { describe, expect, it } from 'vitest';
import { columnsOf, fit, printable, wrapParts } from '../../src/cli/terminal.ts';
import { draw, run } from '../support/command.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { playMailing } from '../support/mailing.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

async function fill() {
  const { store, path, directory } = await openTestStore();
  for (const message of ['a', 'b']) {
    await playMailing(store, message, { recipients: 400, masked: 100, opensEvery: 3, clicksEvery: 7 });
    await store.recordLinks(message, [{ index: 0, destination: 'https://shop.example/', name: 'Shop' }]);
  }
  return { store, path, directory };
}

/** The commands open the database by its path. */
const at = (path: string) => ['--database', `sqlite:${path}`];

describe('a report at a terminal', () => {
  it('says how many really opened with the raw rate beside it, who fetched, when, and which links', async () => {
    const { directory, path } = await fill();
    const { text, status } = await draw(['report', 'a', ...at(path)], { cwd: directory });
    expect(status).toBe(0);
    expect(text).toMatch(/\d %\s+really opened, probably \d+\.\d to \d+\.\d % · 90 % interval/);
    expect(text).toMatch(/[─█]*●[─█]* 100 %/);
    expect(text).toMatch(/raw, with machines, \d+\.\d %/);
    expect(text).toContain('Who fetched: ');
    expect(text).toMatch(/People, by the hour\nfrom \d{4}-\d\d-\d\d \d\d:\d\d to .*\(UTC\)/);
    expect(text).toMatch(/opens +[▁▂▃▄▅▆▇█ ]+ \d+/);
    expect(text).toContain('#0 Shop  https://shop.example/');
  });

  it('says what became of the mails, where that was told', async () => {
    const { store, directory, path } = await fill();
    const of = { id: null, message: 'a', atMs: startMs, isTimed: false, isHard: true } as const;
    const [none, tables] = [
      await draw(['report', 'a', ...at(path)], { cwd: directory }),
      run(['report', 'a', ...at(path)], { cwd: directory }),
    ];
    for (const word of ['delivered', 'bounced', 'complained', 'bounces']) {
      expect(none.text).not.toContain(word);
      expect((await tables).stdout).not.toContain(word);
    }
    const recipients = (await store.recipientsOf('a', { filter: 'all', after: null, limit: 300 })).rows;
    await store.recordDeliveries([
      ...recipients.slice(0, 240).map(({ recipient }) => ({ ...of, recipient, event: 'delivered' as const })),
      ...recipients.slice(240, 242).map(({ recipient }) => ({ ...of, recipient, event: 'bounced' as const })),
      { ...of, recipient: recipients[0]?.recipient ?? '', event: 'complained' },
    ]);
    const { text } = await draw(['report', 'a', ...at(path)], { cwd: directory });
    expect(text).toMatch(/ 240 {2}delivered\n +2 {2}bounced\n +1 {2}complained\n/);
    expect(text).toContain('60.0 % delivered');
    const { stdout } = await run(['report', 'a', ...at(path)], { cwd: directory });
    expect(stdout).toContain('delivered\t240 recipients');
    expect(stdout).toContain('delivered\t240\t\t\t\nbounces\t2\t\t\t\ncomplaints\t1\t\t\t\n');
  });

  it.each([48, 80, 100, 300])('keeps within %i columns', async (columns) => {
    const { directory, path } = await fill();
    for (const args of [
      ['report', 'a'],
      ['compare', 'a', 'b'],
    ]) {
      const { text } = await draw([...args, ...at(path)], { cwd: directory, columns });
      expect(text).toContain('●');
      for (const line of text.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(Math.min(columns, 100));
    }
  });

  it('shows hours in the time zone that is asked for, and knows no zone that is none', async () => {
    const { directory, path } = await fill();
    const { text } = await draw(['report', 'a', '--tz', 'Asia/Kolkata', ...at(path)], { cwd: directory });
    expect(text).toContain('(Asia/Kolkata)');
    const wrong = await draw(['report', 'a', '--tz', 'Europe/Berlim', ...at(path)], { cwd: directory });
    expect(wrong).toMatchObject({ raw: '', stderr: expect.stringContaining('Did you mean Europe/Berlin?') });
    expect(await draw(['report', 'a', '--tz', 'UTC', '--json', ...at(path)], { cwd: directory })).toMatchObject({
      status: 2,
    });
  });

  it('is in colour, unless the person wants none', async () => {
    const { directory, path } = await fill();
    expect((await draw(['report', 'a', ...at(path)], { cwd: directory })).raw).toContain('\u001b[');
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect((await draw(['report', 'a', ...at(path)], { cwd: directory, env })).raw).not.toContain('\u001b');
    }
  });

  it('has neither colour nor bars where nobody looks', async () => {
    const { directory, path } = await fill();
    for (const args of [['report', 'a'], ['compare', 'a', 'b'], ['report']]) {
      const { stdout } = await run([...args, ...at(path)], { cwd: directory });
      expect(stdout).not.toMatch(/\u001b|[█●▁─]/);
      expect(stdout).toContain('\t');
    }
  });

  it('lets no name move the cursor or turn the direction, at a terminal or elsewhere', async () => {
    const { directory, path, store } = await fill();
    const evil = 'x\u001b[2J\u202egnp.exe\u0007\u2066\r\nnew line';
    await store.recordLinks('a', [{ index: 1, destination: `https://shop.example/${evil}`, name: evil }]);
    await settleHits(store, [makeHit({ message: 'a\u202eb', link: makeLink(), atMs: startMs })], 'other');
    for (const args of [['report', 'a'], ['report', 'a\u202eb'], ['compare', 'a', 'a\u202eb'], ['report']]) {
      const { text, stderr, status } = await draw([...args, ...at(path)], { cwd: directory });
      expect(status).toBe(0);
      const piped = await run([...args, ...at(path)], { cwd: directory });
      for (const shown of [text, stderr, piped.stdout]) expect(shown).not.toMatch(/[\u001b\u0007\r\u202e\u2066]/);
    }
  });

  it('has something to say of a message that nobody got or fetched', async () => {
    const { directory, path, store } = await fill();
    await store.recordSends('c', []);
    const { text, status } = await draw(['report', 'c', ...at(path)], { cwd: directory });
    expect(status).toBe(0);
    expect(text).toContain('there is no estimate (no-sends)');
    expect(text).toContain('No opens yet.');
  });
});

it('compares two messages on one scale, and says whether they can be told apart', async () => {
  const { directory, path } = await fill();
  const { text } = await draw(['compare', 'a', 'b', ...at(path)], { cwd: directory });
  const [barA, barB] = text.split('\n').filter((line) => line.includes('●'));
  for (const bar of [barA, barB]) expect(bar).toMatch(/^ {2}[AB] +\d+\.\d % {2}[─█●]{56} 100\.0 %$/);
  expect(text).toContain('they cannot be told apart · A less B: +0.0 points');
});

it('measures columns, not characters', () => {
  expect(['abc', '日本', '👩‍👩‍👧', 'é'].map(columnsOf)).toEqual([3, 4, 2, 1]);
  expect(fit('日本語テキスト', 6)).toBe('日本…');
  expect(fit('short', 6)).toBe('short');
  expect(printable('a\u001b[0m')).toBe('a\ufffd[0m');
  expect(wrapParts(['one', 'two', 'three'], 9)).toEqual(['one · two', 'three']);
});
