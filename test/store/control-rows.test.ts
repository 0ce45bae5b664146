import { describe, expect, it } from 'vitest';
import type { ControlChange, Revocable } from '../../src/base/control-change.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { allRows, openTestStore, rowsOf } from '../support/stores.ts';
import { isOnDisk } from '../support/temporary.ts';

const MESSAGE: Revocable = { kind: 'message', message: 'spring sale' };
const LINK: Revocable = { kind: 'link', message: 'spring sale', index: 3 };
const HOST: Revocable = { kind: 'host', host: 'shop.example' };
const NONE = { opens: 'none', clicks: 'none' } as const;
const LINKS = [
  { index: 0, destination: 'https://example.com/a' },
  { index: 1, destination: 'https://example.com/b' },
];

async function changesOf(store: Store): Promise<readonly ControlChange[]> {
  return (await store.changesAfter(0, 1_000)).changes.map(({ change }) => change);
}

describe('the sequence of control changes', () => {
  it('reads back every kind of change, in order and without a gap', async () => {
    const { store } = await openTestStore();
    for (const of of [MESSAGE, LINK, HOST]) await store.revoke(of, 'command');
    await store.restore(LINK, 'command');
    await store.correctLink({ message: 'spring sale', index: 3 }, 'https://example.com/x', 'command');
    await store.recordShortLinks('spring sale', 'abcde', [...LINKS].reverse(), 'library');
    await store.setConsent('r 1', { opens: 'none', clicks: 'aggregate' }, 'command');
    await store.eraseRecipient('r2', 'command');
    const page = await store.changesAfter(0, 1_000);
    expect(page.changes.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(page.last).toBe(8);
    expect(page.changes.map(({ change }) => change)).toEqual([
      { kind: 'revoked', of: MESSAGE },
      { kind: 'revoked', of: LINK },
      { kind: 'revoked', of: HOST },
      { kind: 'restored', of: LINK },
      { kind: 'destination', message: 'spring sale', index: 3, destination: 'https://example.com/x' },
      { kind: 'short-links', message: 'spring sale', set: 'abcde', links: LINKS },
      { kind: 'consent', recipient: 'r 1', consent: { opens: 'none', clicks: 'aggregate' } },
      { kind: 'erased', tombstone: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    expect(await store.changesAfter(6, 1)).toMatchObject({ last: 8, changes: [{ seq: 7 }] });
    expect((await store.changesAfter(8, 10)).changes).toEqual([]);
  });

  it('has one name and key for ever, other than another store', async () => {
    const { store, path } = await openTestStore();
    const { log, tombstoneKey } = await store.changesAfter(0, 1);
    const again = await openStore(`sqlite:${path}`);
    expect(await again.changesAfter(0, 1)).toMatchObject({ log, tombstoneKey });
    await again.close();
    const other = await (await openTestStore()).store.changesAfter(0, 1);
    expect(other.log).not.toBe(log);
    expect(other.tombstoneKey).not.toEqual(tombstoneKey);
    expect(tombstoneKey).toHaveLength(32);
  });

  it('does not grow by what stands already', async () => {
    const { store } = await openTestStore();
    const act = async () => {
      await store.revoke(MESSAGE, 'command');
      await store.correctLink({ message: 'm', index: 0 }, 'https://example.com/x', 'command');
      await store.recordShortLinks('m', 'abcde', LINKS, 'library');
      await store.setConsent('r1', NONE, 'command');
      await store.eraseRecipient('r2', 'command');
    };
    await act();
    const before = await store.changesAfter(0, 1_000);
    await act();
    expect(await store.changesAfter(0, 1_000)).toEqual(before);
    expect(before.last).toBe(5);
  });

  it('holds a set of links as one change', async () => {
    const { store, path } = await openTestStore();
    const links = Array.from({ length: 32_768 }, (_, index) => ({ index, destination: `https://e.example/${index}` }));
    await store.recordShortLinks('m', 'abcde', links, 'library');
    expect(rowsOf(path, 'SELECT seq FROM control_changes')).toHaveLength(1);
    expect(await changesOf(store)).toEqual([{ kind: 'short-links', message: 'm', set: 'abcde', links }]);
  });

  it('never lets two differing sets of a message share a name', async () => {
    const { store } = await openTestStore();
    await store.recordShortLinks('m', 'abcde', LINKS, 'library');
    await expect(store.recordShortLinks('m', 'abcde', LINKS.slice(1), 'library')).rejects.toMatchObject({
      code: 'LINKS_NOT_REGISTERED',
    });
    await store.recordShortLinks('another', 'abcde', LINKS.slice(1), 'library');
    expect(await changesOf(store)).toHaveLength(2);
  });

  it('has no gap, whoever adds to it', async () => {
    const { store, path } = await openTestStore();
    const other = await openStore(`sqlite:${path}`);
    for (let index = 0; index < 10; index += 1) {
      await (index % 2 === 0 ? store : other).revoke({ kind: 'message', message: `m${index}` }, 'command');
      await other.restore({ kind: 'message', message: 'unknown' }, 'command');
    }
    await other.close();
    const { changes, last } = await store.changesAfter(0, 1_000);
    expect(changes.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(last).toBe(10);
  });

  it('tells of changes made through it, and of no call that changed nothing', async () => {
    const { store } = await openTestStore();
    let told = 0;
    const stop = store.onControlChange(() => {
      told += 1;
    });
    await store.revoke(HOST, 'command');
    await store.revoke(HOST, 'command');
    expect(told).toBe(1);
    stop();
    await store.restore(HOST, 'command');
    expect(told).toBe(1);
  });
});

describe('revocations', () => {
  it('say what, when, by whom, and what was undone by whom', async () => {
    const { store } = await openTestStore();
    expect(await store.revoke(MESSAGE, 'abcdefgh')).toEqual({
      of: MESSAGE,
      revokedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      revokedBy: 'abcdefgh',
      restoredAt: null,
      restoredBy: null,
    });
    await store.revoke(HOST, 'command');
    expect(await store.restore(MESSAGE, 'command')).toMatchObject({
      revokedBy: 'abcdefgh',
      restoredAt: expect.stringMatching(/Z$/),
      restoredBy: 'command',
    });
    await store.revoke(MESSAGE, 'command');
    await store.correctLink({ message: 'm', index: 0 }, 'https://example.com/x', 'command');
    const listed = await store.listRevocations({ after: null, limit: 10 });
    expect(listed).toMatchObject([
      { of: MESSAGE, revokedBy: 'command', restoredAt: null },
      { of: HOST, revokedBy: 'command', restoredAt: null },
      { of: MESSAGE, revokedBy: 'abcdefgh', restoredBy: 'command' },
    ]);
    const [first, second] = await store.listRevocations({ after: listed[0]?.place ?? null, limit: 2 });
    expect([first, second]).toEqual(listed.slice(1));
  });

  it('keep the time and the author of the first when revoked again', async () => {
    const { store } = await openTestStore();
    const first = await store.revoke(LINK, 'abcdefgh');
    expect(await store.revoke(LINK, 'command')).toEqual(first);
  });

  it('cannot be undone when there is none', async () => {
    const { store } = await openTestStore();
    expect(await store.restore(LINK, 'command')).toBeUndefined();
    await store.revoke(LINK, 'command');
    await store.restore(LINK, 'command');
    expect(await store.restore(LINK, 'command')).toBeUndefined();
    expect(await changesOf(store)).toHaveLength(2);
  });
});

describe('an erased recipient', () => {
  it('leaves a tombstone and no id in the sequence', async () => {
    const { store, path, directory } = await openTestStore();
    await store.setConsent('erase-me-please', NONE, 'command');
    expect(isOnDisk(directory, 'erase-me-please')).toBe(true);
    expect(await store.eraseRecipient('erase-me-please', 'command')).toBe(true);
    expect(JSON.stringify(allRows(path))).not.toContain('erase-me-please');
    expect(await changesOf(store)).toEqual([{ kind: 'erased', tombstone: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
    expect((await store.changesAfter(0, 10)).last).toBe(2);
  });

  it('does not come back by a consent', async () => {
    const { store } = await openTestStore();
    await store.eraseRecipient('r1', 'command');
    expect(await store.setConsent('r1', { opens: 'individual', clicks: 'individual' }, 'command')).toBe(false);
    expect(await changesOf(store)).toHaveLength(1);
  });
});
