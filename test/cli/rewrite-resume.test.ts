import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ran, run } from '../support/command.ts';
import { HTML, interruptAfter, MANY, prepare, rowsOf, undo } from '../support/rewriting.ts';

const OUT = [...MANY, '--message', 'm', '--out', 'out'];

let cwd: string;
let out: string;
let partial: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-resume-'));
  out = join(cwd, 'out');
  partial = join(out, 'manifest.ndjson.partial');
});
afterEach(() => rm(cwd, { recursive: true }));

/** Presses Ctrl-C after that many mails. */
function interrupted(mails: number): Promise<Ran> {
  return run(OUT, { cwd, isErrTTY: true, io: interruptAfter(mails) });
}

/** Names and texts of all files in the folder. */
async function contents(): Promise<Record<string, string>> {
  const names = (await readdir(out)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(out, name), 'utf8')])),
  );
}

/** What the folder holds after a run that nobody interrupts; the folder is empty again afterwards. */
async function wholeRun(): Promise<Record<string, string>> {
  expect((await run(OUT, { cwd })).status).toBe(0);
  const whole = await contents();
  await rm(out, { recursive: true });
  return whole;
}

describe('a run that is interrupted', () => {
  it('leaves whole files, a partial manifest, and says how to go on', async () => {
    await prepare(cwd, 300);
    const { status, stderr } = await interrupted(150);
    expect([status, stderr]).toEqual([
      130,
      expect.stringMatching(
        /Interrupted: 15\d of 300 mails are in out\. Go on with --resume, or start over with --force\./,
      ),
    ]);
    const files = await contents();
    expect(Object.keys(files)).not.toContain('manifest.ndjson');
    const [header, ...listed] = rowsOf(files['manifest.ndjson.partial'] ?? '');
    expect(header).toMatchObject({ telltale: 'rewrite', message: 'm', key: 'k1', baseUrl: 'https://t.example.com' });
    const mails = Object.entries(files).filter(([name]) => name.endsWith('.html'));
    expect(mails.map(([name]) => name).sort()).toEqual(listed.map(({ path }) => path).sort());
    expect(Object.keys(files)).toHaveLength(mails.length + 1);
    for (const [, html] of mails) expect(undo(html)).toBe(HTML);
  });

  it('is named to the next, with both ways on', async () => {
    await prepare(cwd, 30);
    await interrupted(10);
    const before = await contents();
    const { status, stderr } = await run(OUT, { cwd });
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/out\/manifest\.ndjson\.partial is there: .*--resume, or start over with --force/),
    ]);
    expect(await contents()).toEqual(before);
  });

  it('starts over with --force', async () => {
    await prepare(cwd, 30);
    const whole = await wholeRun();
    await interrupted(10);
    await writeFile(partial, 'rubbish');
    expect((await run([...OUT, '--force'], { cwd })).status).toBe(0);
    expect(await contents()).toEqual(whole);
  });

  it('loses its manifest when it is started over, until the new one is whole', async () => {
    await prepare(cwd, 30);
    await run(OUT, { cwd });
    const ran = await run([...OUT, '--force'], { cwd, isErrTTY: true, io: interruptAfter(10) });
    expect(ran.status).toBe(130);
    expect(await readdir(out)).not.toContain('manifest.ndjson');
  });
});

describe('--resume', () => {
  it('ends where a run without interruption ends, and keeps the files that are listed', async () => {
    await prepare(cwd, 300);
    const whole = await wholeRun();
    await interrupted(150);
    const before = await stat(join(out, 'r100.html'));
    const { status, stderr } = await run([...OUT, '--resume'], { cwd });
    expect([status, stderr]).toEqual([0, 'Wrote 300 mails and manifest.ndjson to out.\n']);
    expect(await contents()).toEqual(whole);
    expect((await stat(join(out, 'r100.html'))).ino).toBe(before.ino);
  });

  it('goes on after several interruptions', async () => {
    await prepare(cwd, 300);
    const whole = await wholeRun();
    await interrupted(100);
    const again = await run([...OUT, '--resume'], { cwd, isErrTTY: true, io: interruptAfter(200) });
    expect(again.status).toBe(130);
    expect((await run([...OUT, '--resume'], { cwd })).status).toBe(0);
    expect(await contents()).toEqual(whole);
  });

  it('goes on when an interruption came before the first mail', async () => {
    await prepare(cwd, 30);
    const whole = await wholeRun();
    const onInterrupt = (stop: () => void) => {
      stop();
      return () => {};
    };
    expect((await run(OUT, { cwd, io: { onInterrupt } })).status).toBe(130);
    expect(await readdir(out)).toEqual(['manifest.ndjson.partial']);
    expect((await run([...OUT, '--resume'], { cwd })).status).toBe(0);
    expect(await contents()).toEqual(whole);
  });

  it.each<[string, () => Promise<void>]>([
    ['a file that is gone', () => rm(join(out, 'r7.html'))],
    ['a file that lost its end', () => truncate(join(out, 'r7.html'), 20)],
    ['a file that became empty', () => truncate(join(out, 'r0.html'), 0)],
  ])('writes %s again', async (_, harm) => {
    await prepare(cwd, 30);
    const whole = await wholeRun();
    await interrupted(15);
    await harm();
    expect((await run([...OUT, '--resume'], { cwd })).status).toBe(0);
    expect(await contents()).toEqual(whole);
  });

  it.each<[string, () => Promise<void>]>([
    ['whose last line is torn', () => appendFile(partial, '{"file":"mail.html","recip')],
    ['whose last line is torn in a character', () => appendFile(partial, Buffer.from('{"file":"\xc3', 'latin1'))],
    ['whose last lines are zeros', () => appendFile(partial, Buffer.alloc(4_096))],
    ['with a line that lists nothing', () => appendFile(partial, '{"file":"mail.html"}\n')],
    ['that was cut in the middle of a line', async () => truncate(partial, (await stat(partial)).size - 30)],
    [
      'of which only the first line got to disk',
      async () => truncate(partial, (await readFile(partial)).indexOf('\n') + 1),
    ],
  ])('takes a partial manifest %s', async (_, harm) => {
    await prepare(cwd, 30);
    const whole = await wholeRun();
    await interrupted(15);
    await harm();
    expect((await run([...OUT, '--resume'], { cwd })).status).toBe(0);
    expect(await contents()).toEqual(whole);
  });

  it.each<[string, string[], () => Promise<unknown>, RegExp]>([
    ['another message', ['--message', 'other'], async () => {}, /the message was "m", and is "other" now/],
    [
      'another base URL',
      ['--base-url', 'https://u.example.com'],
      async () => {},
      /the base URL was "https:\/\/t\.example\.com", and is "https:\/\/u\.example\.com" now/,
    ],
    ['another place of the pixel', ['--pixel', 'bottom'], async () => {}, /the pixel was "top", and is "bottom" now/],
    ['another mail', [], () => appendFile(join(cwd, 'mail.html'), ' '), /the bytes of its mails differ/],
    ['another key', [], () => run(['keys', 'new'], { cwd }), /the signing key was "k1", and is "k2" now/],
    [
      'another list',
      [],
      () => writeFile(join(cwd, 'list.csv'), 'recipient\nx\ny\n'),
      /lists "r0" where the list of recipients now has "x"/,
    ],
    [
      'a shorter list',
      [],
      () => writeFile(join(cwd, 'list.csv'), 'recipient\nr0\nr1\n'),
      /lists more than the 2 mails there are to write now/,
    ],
    ['a first line of something else', [], () => writeFile(partial, '{"name":"x"}\n'), /first line does not say/],
    ['no whole first line', [], () => writeFile(partial, '{"telltale":"rewr'), /first line does not say/],
  ])('refuses %s and changes nothing', async (_, flags, change, problem) => {
    await prepare(cwd, 30);
    await interrupted(15);
    await change();
    const before = await contents();
    const { status, stderr } = await run([...OUT, '--resume', ...flags], { cwd });
    expect([status, stderr]).toEqual([1, expect.stringMatching(problem)]);
    expect(stderr).toContain('start over with --force');
    expect(await contents()).toEqual(before);
  });

  it('takes a list that grew at its end', async () => {
    await prepare(cwd, 30);
    await interrupted(15);
    await prepare(cwd, 40);
    expect((await run([...OUT, '--resume'], { cwd })).status).toBe(0);
    expect(rowsOf(await readFile(join(out, 'manifest.ndjson'), 'utf8'))).toHaveLength(40);
  });

  it('starts where there is nothing to go on with, and overwrites nothing', async () => {
    await prepare(cwd, 3);
    expect((await run([...OUT, '--resume'], { cwd })).status).toBe(0);
    const whole = await contents();
    const again = await run([...OUT, '--resume'], { cwd });
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('exists already')]);
    expect(await contents()).toEqual(whole);
  });

  it.each<[string, string[]]>([
    ['without a folder', [...MANY, '--message', 'm', '--json', '--resume']],
    ['with --force', [...OUT, '--resume', '--force']],
  ])('is refused %s', async (_, args) => {
    await prepare(cwd, 3);
    const { status, stderr } = await run(args, { cwd });
    expect([status, stderr]).toEqual([2, expect.stringContaining('--resume goes on with the files of --out DIR')]);
    expect(existsSync(out)).toBe(false);
  });

  it('removes what killed processes left, and nothing of those that run', async () => {
    await prepare(cwd, 30);
    await interrupted(15);
    const id = '00000000-0000-4000-8000-000000000000';
    const [dead, alive] = [`.telltale-999999999-${id}.tmp`, `.telltale-${process.pid}-${id}.tmp`];
    await writeFile(join(out, dead), '<ht');
    await writeFile(join(out, alive), '<ht');
    await run([...OUT, '--resume'], { cwd });
    const names = await readdir(out);
    expect([names.includes(dead), names.includes(alive)]).toEqual([false, true]);
  });
});
