import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Follower, type FollowOptions, follow } from '../../src/control/follow.ts';
import { openMirror } from '../../src/control/open-mirror.ts';
import { openStore } from '../../src/store/open-store.ts';
import { shortSetOf } from '../../src/token/short-link-token.ts';
import { openTestMirror } from '../support/mirrors.ts';
import { openTestStore, rowsOf, type TestStore } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { thrownBy } from '../support/thrown.ts';

const NONE = { opens: 'none', clicks: 'none' } as const;
const LINKS = [
  { index: 0, destination: 'https://example.com/a' },
  { index: 1, destination: 'https://example.com/b' },
];

interface Followed extends TestStore {
  readonly mirrorPath: string;
  readonly follower: Follower;
  readonly problems: unknown[];
}

async function setUp(options: Partial<FollowOptions> = {}): Promise<Followed> {
  const test = await openTestStore();
  const mirrorPath = join(test.directory, 'control.db');
  return { ...test, mirrorPath, ...startFollower(test.store, mirrorPath, options) };
}

function startFollower(source: FollowOptions['source'], path: string, options: Partial<FollowOptions> = {}) {
  const problems: unknown[] = [];
  const follower = follow({ source, path, onProblem: (error) => problems.push(error), ...options });
  onTestFinished(() => follower.stop());
  return { follower, problems };
}

describe('following', () => {
  it('brings every kind of change into the mirror', async () => {
    const { store, follower, mirrorPath, problems } = await setUp();
    await store.revoke({ kind: 'message', message: 'm1' }, 'command');
    await store.revoke({ kind: 'link', message: 'm2', index: 1 }, 'command');
    await store.revoke({ kind: 'host', host: 'evil.example' }, 'command');
    await store.correctLink({ message: 'm2', index: 0 }, 'https://example.com/x', 'command');
    await store.recordShortLinks('m2', 'abcde', LINKS, 'library');
    await store.setConsent('r1', { opens: 'none', clicks: 'aggregate' }, 'command');
    await store.setConsent('r2', { opens: 'aggregate', clicks: 'aggregate' }, 'command');
    await store.eraseRecipient('r2', 'command');
    await follower.followNow();
    const mirror = openTestMirror(mirrorPath);
    expect(mirror.isRevoked({ message: 'm1' })).toBe(true);
    expect(mirror.isRevoked({ message: 'm2', link: 0, destination: 'https://fine.example/' })).toBe(false);
    expect(mirror.isRevoked({ message: 'm2', link: 1 })).toBe(true);
    expect(mirror.isRevoked({ message: 'm2', link: 0, destination: 'https://evil.example:8443/x' })).toBe(true);
    expect(mirror.isRevoked({ message: 'm2', link: 0, destination: 'https://below.evil.example/' })).toBe(false);
    expect(mirror.destinationOf({ message: 'm2', index: 0 })).toBe('https://example.com/x');
    expect(mirror.destinationOf({ message: 'm2', index: 1 })).toBeUndefined();
    expect(mirror.shortLink('m2', 'abcde', 1)).toEqual({ destination: 'https://example.com/b', count: 2 });
    expect(mirror.shortLink('m2', 'abcde', 2)).toBe('unknown');
    expect(mirror.shortLink('m1', 'abcde', 1)).toBe('unknown');
    expect(mirror.consentOf('r1')).toEqual({ opens: 'none', clicks: 'aggregate' });
    expect([mirror.isErased('r1'), mirror.isErased('r2'), mirror.isErased('r3')]).toEqual([false, true, false]);
    expect(mirror.consentOf('r2')).toEqual(NONE);
    expect(mirror.consentOf('r3')).toBeUndefined();
    expect(mirror.status()).toMatchObject({ seq: 8 });
    expect(problems).toEqual([]);
  });

  it('undoes what is undone', async () => {
    const { store, follower, mirrorPath } = await setUp();
    const all = [
      { kind: 'message', message: 'm' },
      { kind: 'link', message: 'm', index: 1 },
      { kind: 'host', host: 'evil.example:443' },
    ] as const;
    for (const of of all) await store.revoke(of, 'command');
    await follower.followNow();
    const mirror = openTestMirror(mirrorPath);
    expect(mirror.isRevoked({ message: 'other', link: 1, destination: 'https://evil.example/' })).toBe(true);
    for (const of of all) await store.restore(of, 'command');
    await follower.followNow();
    mirror.refresh();
    expect(mirror.isRevoked({ message: 'm', link: 1, destination: 'https://evil.example/' })).toBe(false);
  });

  it('follows at once when the store tells of a change', async () => {
    const caught: (() => void)[] = [];
    const { store, mirrorPath } = await setUp({ onCaughtUp: () => caught.shift()?.() });
    const mirror = openTestMirror(mirrorPath);
    await store.revoke({ kind: 'message', message: 'm' }, 'command');
    while (mirror.status().seq !== 1) {
      await new Promise<void>((resolve) => caught.push(resolve));
      mirror.refresh();
    }
    expect(mirror.isRevoked({ message: 'm' })).toBe(true);
  });

  it('follows by itself what another process changes', async () => {
    const caught: (() => void)[] = [];
    const { path, mirrorPath } = await setUp({ onCaughtUp: () => caught.shift()?.() });
    const other = await openStore(`sqlite:${path}`);
    await other.revoke({ kind: 'message', message: 'm' }, 'command');
    await other.close();
    const mirror = openTestMirror(mirrorPath);
    while (mirror.status().seq !== 1) {
      await new Promise<void>((resolve) => caught.push(resolve));
      mirror.refresh();
    }
    expect(mirror.isRevoked({ message: 'm' })).toBe(true);
  });

  it('takes more changes than one page holds, all in one step', async () => {
    const { store, follower, mirrorPath } = await setUp();
    for (let index = 0; index < 250; index += 1) await store.revoke({ kind: 'link', message: 'm', index }, 'command');
    await follower.followNow();
    expect(rowsOf(mirrorPath, 'SELECT count(*) AS n FROM revoked_links')).toEqual([{ n: 250 }]);
    expect(openTestMirror(mirrorPath).status().seq).toBe(250);
  });

  it('leaves nothing of a step that fails in its middle, and makes it good later', async () => {
    const { store, directory } = await openTestStore();
    for (let index = 0; index < 250; index += 1) await store.revoke({ kind: 'link', message: 'm', index }, 'command');
    let isDown = true;
    const source = {
      changesAfter: (seq: number, limit: number) =>
        isDown && seq >= 200 ? Promise.reject(new Error('down')) : store.changesAfter(seq, limit),
    };
    const mirrorPath = join(directory, 'control.db');
    const { follower, problems } = startFollower(source, mirrorPath);
    await expect(follower.followNow()).rejects.toThrow('down');
    const mirror = openTestMirror(mirrorPath);
    expect(mirror.status()).toEqual({ seq: undefined, ageMs: undefined });
    expect(mirror.isRevoked({ message: 'm', link: 0 })).toBe(false);
    isDown = false;
    await follower.followNow();
    mirror.refresh();
    expect([mirror.isRevoked({ message: 'm', link: 0 }), mirror.isRevoked({ message: 'm', link: 249 })]).toEqual([
      true,
      true,
    ]);
    expect(problems.map(String)).toEqual([expect.stringContaining('could not be followed: down')]);
  });

  it('goes on where it was after a restart, and applies nothing twice', async () => {
    const { store, follower, mirrorPath } = await setUp();
    await store.recordShortLinks('m', 'abcde', LINKS, 'library');
    await follower.followNow();
    await follower.stop();
    await store.setConsent('r1', NONE, 'command');
    const asked: number[] = [];
    const source = {
      changesAfter: (seq: number, limit: number) => {
        asked.push(seq);
        return store.changesAfter(seq, limit);
      },
    };
    const second = startFollower(source, mirrorPath);
    await second.follower.followNow();
    expect(asked[0]).toBe(1);
    expect(rowsOf(mirrorPath, 'SELECT * FROM set_links')).toHaveLength(2);
    expect(openTestMirror(mirrorPath).consentOf('r1')).toEqual(NONE);
  });

  it('changes nothing when every change is applied again', async () => {
    const { store, mirrorPath, follower } = await setUp();
    await store.revoke({ kind: 'message', message: 'm' }, 'command');
    await store.recordShortLinks('m', 'abcde', LINKS, 'library');
    await store.eraseRecipient('r1', 'command');
    await follower.followNow();
    await follower.stop();
    const tables = ['revoked_messages', 'sets', 'set_links', 'recipients'];
    const before = tables.map((table) => rowsOf(mirrorPath, `SELECT * FROM ${table}`));
    const page = await store.changesAfter(0, 10);
    const second = startFollower({ changesAfter: async () => ({ ...page, last: 0 }) }, mirrorPath);
    await second.follower.followNow();
    expect(tables.map((table) => rowsOf(mirrorPath, `SELECT * FROM ${table}`))).toEqual(before);
  });

  it('holds what it has when the store is gone and another takes its place', async () => {
    const { store, follower, mirrorPath } = await setUp();
    await store.revoke({ kind: 'message', message: 'revoked before' }, 'command');
    await store.recordShortLinks('m', shortSetOf(LINKS), LINKS, 'library');
    await store.setConsent('r1', NONE, 'command');
    await follower.followNow();
    await follower.stop();
    const { store: other } = await openTestStore();
    await other.revoke({ kind: 'message', message: 'revoked after' }, 'command');
    await other.setConsent('r2', NONE, 'command');
    const second = startFollower(other, mirrorPath);
    await second.follower.followNow();
    const mirror = openTestMirror(mirrorPath);
    expect(mirror.isRevoked({ message: 'revoked before' })).toBe(true);
    expect(mirror.isRevoked({ message: 'revoked after' })).toBe(true);
    expect(mirror.shortLink('m', shortSetOf(LINKS), 0)).toMatchObject({ destination: 'https://example.com/a' });
    expect([mirror.consentOf('r1'), mirror.consentOf('r2')]).toEqual([NONE, NONE]);
    await second.follower.followNow();
    expect(second.problems.map(String)).toEqual([expect.stringContaining('stays in force here')]);
  });

  it('tells once that the store is down, and the mirror tells its age', async () => {
    let nowMs = 1_000_000;
    const { store, follower, problems, mirrorPath } = await setUp({ now: () => nowMs });
    await store.revoke({ kind: 'message', message: 'm' }, 'command');
    await follower.followNow();
    const mirror = openTestMirror(mirrorPath, { now: () => nowMs });
    expect(mirror.status()).toEqual({ seq: 1, ageMs: 0 });
    await store.close();
    nowMs += 60_000;
    await expect(follower.followNow()).rejects.toThrow();
    await expect(follower.followNow()).rejects.toThrow();
    expect(mirror.status()).toEqual({ seq: 1, ageMs: 60_000 });
    expect(mirror.isRevoked({ message: 'm' })).toBe(true);
    expect(problems.length).toBeLessThanOrEqual(1);
  });

  it('refuses a file of another program, and says what to do', async () => {
    const { path } = await openTestStore();
    const error = thrownBy(() => openMirror(path));
    expect(error.code).toBe('INVALID_MIRROR');
    expect(error.message).toContain('Move it away');
  });
});

describe('a mirror of a store that was never reached', () => {
  it('knows nothing, and says that it does not know', async () => {
    const mirrorPath = join(temporaryDirectory(), 'control.db');
    const source = { changesAfter: () => Promise.reject(new Error('down')) };
    const { follower } = startFollower(source, mirrorPath);
    await expect(follower.followNow()).rejects.toThrow('down');
    const mirror = openTestMirror(mirrorPath);
    expect(mirror.isRevoked({ message: 'm', link: 0, destination: 'https://example.com/' })).toBe(false);
    expect(mirror.shortLink('m', 'abcde', 0)).toBe('not-mirrored');
    expect(mirror.status()).toEqual({ seq: undefined, ageMs: undefined });
  });
});
