import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { progressText, startProgress } from '../../src/cli/progress.ts';

function terminal(isTTY = true) {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  let atMs = 5_000;
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: {}, cwd: '/', now: () => atMs };
  const shown = () => String(stderr.read() ?? '');
  const wait = (ms: number) => {
    atMs += ms;
  };
  return { io, shown, wait };
}

describe('progressText', () => {
  it.each([
    [
      { done: 45_000, kept: 0, total: 100_000, elapsedMs: 10_000, columns: 100 },
      '[=============                 ]  45 %  45,000 of 100,000  4,500/s  0:13 left',
    ],
    [
      { done: 1, kept: 0, total: 10_000, elapsedMs: 1_000, columns: 80 },
      '[                              ]  0 %  1 of 10,000  1/s  2:46:39 left',
    ],
    [
      { done: 10, kept: 0, total: 10, elapsedMs: 2_000, columns: 80 },
      '[==============================]  100 %  10 of 10  5/s  0:00 left',
    ],
    [
      { done: 900, kept: 800, total: 1_000, elapsedMs: 2_000, columns: 50 },
      '[========= ]  90 %  900 of 1,000  50/s  0:02 left',
    ],
    [{ done: 8, kept: 8, total: 10, elapsedMs: 2_000, columns: 40 }, '[=======  ]  80 %  8 of 10  0/s  ? left'],
    [{ done: 900, kept: 0, total: 1_000, elapsedMs: 2_000, columns: 30 }, '90 %  900 of 1,000  450/s  0:'],
  ])('of %j', (at, text) => {
    expect(progressText(at)).toBe(text);
    expect(text.length).toBeLessThan(at.columns);
  });
});

describe('startProgress', () => {
  it('draws from the first second on, ten times a second at most, and clears the line', () => {
    const { io, shown, wait } = terminal();
    const progress = startProgress(100, true, io);
    wait(999);
    progress.step();
    expect(shown()).toBe('');
    wait(1);
    progress.step();
    expect(shown()).toBe('\r[                              ]  2 %  2 of 100  2/s  0:49 left\u001b[K');
    wait(99);
    progress.step();
    expect(shown()).toBe('');
    wait(1);
    progress.step();
    expect(shown()).toContain('4 of 100');
    progress.end();
    expect(shown()).toBe('\r\u001b[K');
    progress.end();
    expect(shown()).toBe('');
  });

  it('leaves the line alone when nothing was drawn', () => {
    const { io, shown } = terminal();
    const progress = startProgress(1, true, io);
    progress.step();
    progress.end();
    expect(shown()).toBe('');
  });

  it.each([
    ['stderr is no terminal', false, true],
    ['it is not wanted', true, false],
  ])('draws nothing when %s', (_, isTTY, isWanted) => {
    const { io, shown, wait } = terminal(isTTY);
    const progress = startProgress(2, isWanted, io);
    wait(5_000);
    progress.step();
    progress.end();
    expect(shown()).toBe('');
  });
});
