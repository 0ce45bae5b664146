import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mirrorCacheEntries, mirrorFreshMs, mirrorLookMs } from '../../src/base/limits.ts';
import { remember } from '../../src/base/remember.ts';
import { type Follower, follow } from '../../src/control/follow.ts';
import { openTestMirror } from '../support/mirrors.ts';
import { changeFile, openTestStore, type TestStore } from '../support/stores.ts';

async function setUp(
  now?: () => number,
): Promise<TestStore & { readonly mirrorPath: string; readonly follower: Follower }> {
  const test = await openTestStore();
  const mirrorPath = join(test.directory, 'control.db');
  const follower = follow({ source: test.store, path: mirrorPath, onProblem: () => {}, now });
  onTestFinished(() => follower.stop());
  return { ...test, mirrorPath, follower };
}

describe('a mirror', () => {
  it('is seen by every reader of its file within half a second, and is not looked at more often', async () => {
    let nowMs = 1_000_000;
    const now = () => nowMs;
    const { store, follower, mirrorPath } = await setUp(now);
    await follower.followNow();
    const readers = [openTestMirror(mirrorPath, { now }), openTestMirror(mirrorPath, { now })];
    const answers = () => readers.map((reader) => reader.isRevoked({ message: 'm' }));
    expect(answers()).toEqual([false, false]);
    await store.revoke({ kind: 'message', message: 'm' }, 'command');
    await follower.followNow();
    nowMs += mirrorLookMs - 1;
    expect(answers()).toEqual([false, false]);
    nowMs += 1;
    expect(answers()).toEqual([true, true]);
  });

  it('looks when the clock was set back', async () => {
    let nowMs = 1_000_000;
    const { store, follower, mirrorPath } = await setUp();
    await follower.followNow();
    const reader = openTestMirror(mirrorPath, { now: () => nowMs });
    await store.revoke({ kind: 'message', message: 'm' }, 'command');
    await follower.followNow();
    nowMs -= 500_000;
    expect(reader.isRevoked({ message: 'm' })).toBe(true);
  });

  it('knows that a set is unknown only while it is fresh', async () => {
    let nowMs = 1_000_000;
    const now = () => nowMs;
    const { store, follower, mirrorPath } = await setUp(now);
    await follower.followNow();
    const reader = openTestMirror(mirrorPath, { now });
    expect(reader.shortLink('m', 'abcde', 0)).toBe('unknown');
    nowMs += mirrorFreshMs;
    expect(reader.shortLink('m', 'abcde', 0)).toBe('unknown');
    await follower.stop();
    nowMs += 1;
    expect(reader.shortLink('m', 'abcde', 0)).toBe('not-mirrored');
    expect(await store.changesAfter(0, 1)).toMatchObject({ last: 0 });
  });

  it('keeps messages apart that end in what looks like another index', async () => {
    const { store, follower, mirrorPath } = await setUp();
    await store.revoke({ kind: 'link', message: '2 m', index: 1 }, 'command');
    await follower.followNow();
    const reader = openTestMirror(mirrorPath);
    expect(reader.isRevoked({ message: '2 m', link: 1 })).toBe(true);
    expect(reader.isRevoked({ message: 'm', link: 1 })).toBe(false);
    expect(reader.isRevoked({ message: 'm', link: 2 })).toBe(false);
  });

  it('answers as if it knew nothing when its file cannot be read, and tells once', async () => {
    const { store, follower, mirrorPath } = await setUp();
    await store.revoke({ kind: 'message', message: 'm' }, 'command');
    await follower.followNow();
    await follower.stop();
    const problems: unknown[] = [];
    const reader = openTestMirror(mirrorPath, { onProblem: (error) => problems.push(error) });
    changeFile(
      mirrorPath,
      'DROP TABLE revoked_messages; DROP TABLE recipients; DROP TABLE set_links; DROP TABLE mirror',
    );
    expect(reader.isRevoked({ message: 'm' })).toBe(false);
    expect(reader.isErased('r1')).toBe(false);
    expect(reader.shortLink('m', 'abcde', 0)).toBe('not-mirrored');
    expect(problems.map(String)).toEqual([expect.stringContaining('cannot be read')]);
  });

  it('is for its owner only', async () => {
    const { mirrorPath } = await setUp();
    expect(statSync(mirrorPath).mode & 0o777).toBe(0o600);
  });
});

describe('remember', () => {
  it('asks once for each key, also when there is nothing', () => {
    const asked: string[] = [];
    const memory = remember(10, (key) => {
      asked.push(key);
      return undefined;
    });
    expect([memory.get('a'), memory.get('a'), memory.get('b')]).toEqual([undefined, undefined, undefined]);
    expect(asked).toEqual(['a', 'b']);
    memory.clear();
    memory.get('a');
    expect(asked).toEqual(['a', 'b', 'a']);
  });

  it('never holds more than it may, and lets the oldest go', () => {
    const memory = remember(mirrorCacheEntries, (key) => key);
    for (let index = 0; index < mirrorCacheEntries * 3; index += 1) memory.get(`k${index}`);
    expect(memory.size()).toBe(mirrorCacheEntries);
    const asked: string[] = [];
    const small = remember(2, (key) => asked.push(key));
    for (const key of ['a', 'b', 'c', 'c', 'b', 'a']) small.get(key);
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });
});
