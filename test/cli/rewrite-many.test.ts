import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folder, writeFiles } from '../../src/cli/rewrite-files.ts';
import { writeFileWhole } from '../../src/cli/write-file.ts';
import { firstLine, run, start } from '../support/command.ts';
import { HTML, interruptAfter, MANY, makeJob, prepare, rowsOf, undo } from '../support/rewriting.ts';

const HEADER = {
  message: 'm',
  key: 'k1',
  baseUrl: 'https://t.example.com',
  pixel: 'top',
  links: 'self-contained',
  mails: [],
};

let cwd: string;
let folder: Folder;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-many-'));
  folder = { directory: join(cwd, 'out'), name: 'out', force: false, resume: false };
});
afterEach(() => rm(cwd, { recursive: true }));

describe('many recipients on stdout', () => {
  it('get a line each, in order', async () => {
    const recipients = await prepare(cwd, 2_000);
    const { status, stdout, stderr } = await run([...MANY, '--message', 'm', '--json', '--quiet'], { cwd });
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('Interrupted')]);
    const rows = rowsOf(stdout);
    expect(rows.map(({ recipient }) => recipient)).toEqual(recipients);
    expect(Object.keys(rows[1_999])).toEqual(
      ['file', 'recipient', 'html', 'text', 'headers', 'links', 'notes', 'bytesAdded'], //
    );
    expect(undo(rows[1_999].html)).toBe(HTML);
  });

  it('are never more than one line ahead of a slow reader', async () => {
    await prepare(cwd, 2_000);
    let lines = 0;
    let longest = 0;
    let waiting = 0;
    const stdout = new Writable({
      highWaterMark: 1_000_000,
      write(chunk: Buffer, _encoding, done) {
        lines += 1;
        longest = Math.max(longest, chunk.length);
        setImmediate(() => {
          waiting = Math.max(waiting, stdout.writableLength);
          done();
        });
      },
    });
    const { status } = await run([...MANY, '--message', 'm', '--json'], { cwd, io: { stdout } });
    expect([status, lines]).toEqual([0, 2_000]);
    expect(waiting).toBe(longest);
  });

  it('end quietly when the reader goes away', async () => {
    await prepare(cwd, 2_000);
    let lines = 0;
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        lines += 1;
        done(lines < 3 ? null : Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    }).on('error', () => {});
    const { status, stderr } = await run([...MANY, '--message', 'm', '--json'], { cwd, io: { stdout } });
    expect([status, lines]).toEqual([0, 3]);
    expect(stderr).not.toContain('EPIPE');
  });

  it('end quietly when the reader of the process goes away', async () => {
    await prepare(cwd, 20_000);
    const child = start([...MANY, '--message', 'm', '--json'], { cwd });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    await firstLine(child);
    child.stdout?.destroy();
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toMatch(/^Made the key ring .*\n$/);
  });

  it('stop at Ctrl-C after a whole line', async () => {
    await prepare(cwd, 100);
    let stop = () => {};
    const chunks: string[] = [];
    const stdout = new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        if (chunks.push(chunk) === 10) stop();
        done();
      },
    });
    const onInterrupt = (given: () => void) => {
      stop = given;
      return () => {};
    };
    const ran = await run([...MANY, '--message', 'm', '--json'], { cwd, io: { stdout, onInterrupt } });
    expect([ran.status, ran.stderr]).toEqual([
      130,
      expect.stringContaining('Interrupted: 10 of 100 mails were printed.'),
    ]);
    expect(rowsOf(chunks.join(''))).toHaveLength(10);
  });

  it('stop the process at SIGINT with status 130', async () => {
    await prepare(cwd, 100_000);
    const child = start([...MANY, '--message', 'm', '--json'], { cwd });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    await firstLine(child);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(stderr).toMatch(/Interrupted: [\d,]+ of 100,000 mails were printed\./);
  });
});

describe('many recipients in a folder', () => {
  it('get a file each, listed in order', async () => {
    const recipients = await prepare(cwd, 2_000);
    const { status, stderr } = await run([...MANY, '--message', 'm', '--out', 'out'], { cwd });
    expect([status, stderr]).toEqual([0, expect.stringContaining('Wrote 2,000 mails and manifest.ndjson to out.')]);
    const manifest = rowsOf(await readFile(join(folder.directory, 'manifest.ndjson'), 'utf8'));
    expect(manifest.map(({ recipient }) => recipient)).toEqual(recipients);
    expect((await readdir(folder.directory)).sort()).toEqual(
      ['manifest.ndjson', ...recipients.map((recipient) => `${recipient}.html`)].sort(),
    );
    const last = await readFile(join(folder.directory, 'r1999.html'), 'utf8');
    expect([undo(last), Buffer.byteLength(last)]).toEqual([HTML, manifest[1_999].bytes]);
  });

  it('print the manifest with --json', async () => {
    await prepare(cwd, 300);
    const { stdout } = await run([...MANY, '--message', 'm', '--out', 'out', '--json'], { cwd });
    expect(stdout).toBe(await readFile(join(folder.directory, 'manifest.ndjson'), 'utf8'));
    expect(rowsOf(stdout)).toHaveLength(300);
  });

  it('are written at most eight at a time, and listed in order though they end out of order', async () => {
    const recipients = await prepare(cwd, 500);
    let atOnce = 0;
    let most = 0;
    await writeFiles(makeJob(recipients), folder, HEADER, async (path, content, options) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      for (let turn = content.length % 7; turn > 0; turn -= 1) await new Promise(setImmediate);
      if (path.endsWith('3.html')) for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      await writeFileWhole(path, content, options);
      atOnce -= 1;
    });
    expect(most).toBe(8);
    const manifest = rowsOf(await readFile(join(folder.directory, 'manifest.ndjson'), 'utf8'));
    expect(manifest.map(({ recipient }) => recipient)).toEqual(recipients);
  });

  it('keep what is written when the disk is full, and go on when it is not', async () => {
    const job = makeJob(await prepare(cwd, 40));
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write', path: 'out/r25.html' });
    const failing: typeof writeFileWhole = async (path, content, options) => {
      if (path.endsWith('r25.html')) throw full;
      await writeFileWhole(path, content, options);
    };
    await expect(writeFiles(job, folder, HEADER, failing)).rejects.toThrow(
      'Cannot write out/r25.html: the disk is full. Free some space, or name another place. 25 of 40 mails are in out, without manifest.ndjson: go on with --resume, or start over with --force.',
    );
    const names = await readdir(folder.directory);
    expect(names).not.toContain('manifest.ndjson');
    expect(names).not.toContain('r25.html');
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    for (const name of names.filter((name) => name.endsWith('.html'))) {
      expect(undo(await readFile(join(folder.directory, name), 'utf8'))).toBe(HTML);
    }
    expect(await writeFiles(job, { ...folder, resume: true }, HEADER)).toEqual({ done: 40, isInterrupted: false });
    expect(rowsOf(await readFile(join(folder.directory, 'manifest.ndjson'), 'utf8'))).toHaveLength(40);
    expect(await readdir(folder.directory)).toHaveLength(41);
  });

  it('need a folder that is none of the files', async () => {
    await prepare(cwd, 3);
    const ran = await run([...MANY, '--message', 'm', '--out', 'list.csv'], { cwd });
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringMatching(/list\.csv.*Name another place/)]);
  });
});

describe('a list that changes while it is worked on', () => {
  const WAYS: [string, string[]][] = [
    ['stdout', ['--json']],
    ['a folder', ['--out', 'out']],
    ['an mbox', ['--mbox', 'all.mbox']],
  ];
  const CHANGES: [string, (path: string) => void][] = [
    ['another row', (path) => writeFileSync(path, 'recipient\nr0\nother\nr2\n')],
    ['one row more', (path) => writeFileSync(path, 'recipient\nr0\nr1\nr2\nr3\n')],
    ['one row less', (path) => writeFileSync(path, 'recipient\nr0\nr1\n')],
    ['a broken row', (path) => writeFileSync(path, 'recipient\nr0\nr1\n"r2\n')],
    ['nothing at all', (path) => rmSync(path)],
  ];

  it.each(WAYS.flatMap(([way, flags]) => CHANGES.map(([what, change]) => ({ way, flags, what, change }))))(
    'is refused when it has $what, on the way to $way',
    async ({ flags, change }) => {
      await prepare(cwd, 3);
      const onInterrupt = () => {
        change(join(cwd, 'list.csv')); // Called between the two readings.
        return () => {};
      };
      const ran = await run([...MANY, '--message', 'm', ...flags], { cwd, io: { onInterrupt } });
      expect([ran.status, ran.stderr]).toEqual([
        1,
        expect.stringContaining('list.csv was changed while it was worked on'),
      ]);
      expect(ran.stderr).not.toContain('Nothing was written');
      expect(existsSync(join(cwd, 'all.mbox'))).toBe(false);
      expect(existsSync(join(folder.directory, 'manifest.ndjson'))).toBe(false);
    },
  );
});

describe('the progress of many', () => {
  it.each<[string, string[], boolean]>([
    ['shows on a terminal', [], true],
    ['is not shown with --quiet', ['--quiet'], true],
    ['is not shown where stderr is no terminal', [], false],
  ])('%s', async (name, flags, isErrTTY) => {
    await prepare(cwd, 30);
    let atMs = 0;
    const now = () => {
      atMs += 100;
      return atMs;
    };
    const ran = await run([...MANY, '--message', 'm', '--out', 'out', ...flags], { cwd, isErrTTY, io: { now } });
    const bars = ran.stderr.match(/\r\[=* *\] {2}\d+ % {2}\d+ of 30 {2}10\/s {2}0:0\d left\u001b\[K/g) ?? [];
    expect(bars).toHaveLength(name === 'shows on a terminal' ? 21 : 0);
    expect(ran.stderr.includes('\r')).toBe(bars.length > 0);
    if (bars.length > 0) expect(ran.stderr).toContain('\r\u001b[KWrote 30 mails');
  });

  it('is not shown with --json', async () => {
    await prepare(cwd, 30);
    const { now } = interruptAfter(Number.POSITIVE_INFINITY);
    const io = now === undefined ? {} : { now };
    const ran = await run([...MANY, '--message', 'm', '--json'], { cwd, isErrTTY: true, io });
    expect(ran.stderr).not.toContain('\r');
  });

  it('does not keep stdin from being the mail', async () => {
    await prepare(cwd, 2);
    await writeFile(join(cwd, 'mail.html'), 'unused');
    const args = MANY.map((word) => (word === 'mail.html' ? '-' : word));
    expect((await run([...args, '--message', 'm', '--out', 'out'], { cwd, stdin: HTML })).status).toBe(0);
    expect(undo(await readFile(join(folder.directory, 'r1.html'), 'utf8'))).toBe(HTML);
  });
});
