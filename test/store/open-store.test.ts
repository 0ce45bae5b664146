import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openJournal } from '../../src/journal/open-journal.ts';
import { openStore } from '../../src/store/open-store.ts';
import { builtFile } from '../support/built.ts';
import { makeHit } from '../support/hits.ts';
import { killAt } from '../support/kill-at.ts';
import { changeFile, openTestStore, rowsOf, settleHits } from '../support/stores.ts';
import { filesOf, temporaryDirectory } from '../support/temporary.ts';

const storePath = () => join(temporaryDirectory(), 'telltale.db');
const script = new URL('../support/open-store-once.ts', import.meta.url);

/** Opens a store in a process of its own and returns how that process ended. */
async function openElsewhere(path: string, env: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
  const options = { env: { ...process.env, ...env }, stdio: 'inherit' } as const;
  return await once(spawn(process.execPath, [builtFile(script), path], options), 'exit');
}

describe('the URL', () => {
  it.each(['sqlite:', 'sqlite://'])('may be %s and an absolute path', async (scheme) => {
    const path = storePath();
    const store = await openStore(`${scheme}${path}`);
    expect(store.url).toBe(`sqlite:${path}`);
    expect(existsSync(path)).toBe(true);
    await store.close();
  });

  it.each(['', 'sqlite:', 'telltale.db', 'mysql://localhost/telltale', 'SQLITE:telltale.db'])(
    'is refused with an example of a right one: %j',
    async (url) => {
      await expect(openStore(url)).rejects.toMatchObject({
        code: 'INVALID_DATABASE',
        message: expect.stringContaining('sqlite:telltale.db'),
      });
    },
  );

  it.each([
    'postgres://telltale:s3cret@localhost/telltale',
    'postgres://telltale:s3c@ret@localhost/telltale',
    'postgres://telltale:s3c/ret@localhost/telltale',
    'postgres://localhost/telltale?user=telltale&password=s3cret',
    'mysql:telltale:s3cret@localhost',
  ])('never shows its password in an error: %s', async (url) => {
    const error = await openStore(url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_DATABASE' });
    expect(String(error)).not.toMatch(/s3c|ret@/);
  });
});

describe('a file that is no store', () => {
  const make: Readonly<Record<string, (path: string) => unknown>> = {
    'a text': (path) => writeFileSync(path, 'a letter, and no database at all\n'.repeat(200)),
    'a text of one character': (path) => writeFileSync(path, '\n'),
    'a database of another program': (path) => changeFile(path, 'CREATE TABLE notes (text)'),
    'an empty database of another program': (path) => changeFile(path, 'PRAGMA application_id = 7'),
    'a database of a program that crashed': (path) => makeCrashed(path),
    'a journal of Telltale': async (path) => (await openJournal(path)).close(),
  };

  /** A database with a log that its owner did not get to fold into it. */
  function makeCrashed(path: string): void {
    const db = new Database(`${path}.live`);
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE notes (text)');
    copyFileSync(`${path}.live`, path);
    copyFileSync(`${path}.live-wal`, `${path}-wal`);
    db.close();
  }

  const cases = Object.keys(make).flatMap((kind) => [true, false].map((migrate) => ({ kind, migrate })));

  it.each(cases)(
    'is refused and stays as it was, byte for byte: $kind (migrate: $migrate)',
    async ({ kind, migrate }) => {
      const directory = temporaryDirectory();
      const path = join(directory, 'telltale.db');
      await make[kind]?.(path);
      const before = filesOf(directory);
      expect(Object.keys(before)).toContain('telltale.db');
      await expect(openStore(`sqlite:${path}`, { migrate })).rejects.toMatchObject({
        code: 'INVALID_DATABASE',
        message: expect.stringContaining(path),
      });
      expect(filesOf(directory)).toEqual(before);
    },
  );

  it('is refused when it is a directory', async () => {
    const path = storePath();
    mkdirSync(path);
    await expect(openStore(`sqlite:${path}`)).rejects.toMatchObject({ code: 'INVALID_DATABASE' });
  });

  it('is refused when its directory is missing', async () => {
    const path = join(temporaryDirectory(), 'missing', 'telltale.db');
    await expect(openStore(`sqlite:${path}`)).rejects.toMatchObject({ code: 'INVALID_DATABASE' });
  });
});

describe('the schema', () => {
  it('is made in a new file, and in an empty one', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'empty.db'), '');
    for (const name of ['new.db', 'empty.db']) {
      const store = await openStore(`sqlite:${join(directory, name)}`);
      expect(await store.listMessages({ sort: 'newest', search: '', after: null, limit: 1 })).toEqual([]);
      await store.close();
    }
  });

  it('is not made without migrate: a missing file is refused, with the way out, and not made', async () => {
    const path = storePath();
    await expect(openStore(`sqlite:${path}`, { migrate: false })).rejects.toMatchObject({
      code: 'INVALID_DATABASE',
      message: expect.stringContaining('telltale migrate'),
    });
    expect(existsSync(path)).toBe(false);
  });

  it('is not brought up to date without migrate: an older one is refused, with the way out', async () => {
    const path = storePath();
    writeFileSync(path, '');
    await expect(openStore(`sqlite:${path}`, { migrate: false })).rejects.toMatchObject({
      code: 'INVALID_DATABASE',
      message: expect.stringMatching(/older schema.*telltale migrate/),
    });
    const store = await openStore(`sqlite:${path}`);
    await store.close();
    await (await openStore(`sqlite:${path}`, { migrate: false })).close();
    expect(rowsOf(path, 'SELECT name FROM kysely_migration')).toEqual([
      { name: '0001_start' },
      { name: '0002_audiences' },
    ]);
  });

  it.each([true, false])('of a newer version is refused and kept (migrate: %s)', async (migrate) => {
    const path = storePath();
    await (await openStore(`sqlite:${path}`)).close();
    changeFile(path, "INSERT INTO kysely_migration VALUES ('9999_beyond', '2099-01-01T00:00:00.000Z')");
    const before = filesOf(join(path, '..'));
    await expect(openStore(`sqlite:${path}`, { migrate })).rejects.toMatchObject({
      code: 'NEWER_DATABASE',
      message: expect.stringContaining('9999_beyond'),
    });
    expect(filesOf(join(path, '..'))).toEqual(before);
  });

  it.each([1, 2, 3, 10, 16])('is whole or absent after kill -9 before table %i of it is made', async (at) => {
    const path = storePath();
    expect(await openElsewhere(path, killAt({ file: 'telltale.db', sql: '^create table', at }))).toEqual([
      null,
      'SIGKILL',
    ]);
    expect(rowsOf(path, "SELECT name FROM sqlite_master WHERE type = 'table'")).toEqual([]);
    const store = await openStore(`sqlite:${path}`);
    onTestFinished(() => store.close());
    await settleHits(store, [makeHit()]);
    expect(await store.countsOf('spring-sale')).toContainEqual(expect.objectContaining({ label: 'all', total: 1 }));
  });
});

describe('a store', () => {
  it('keeps what was written when it is opened again', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, [makeHit(), makeHit({ recipient: 'r2' })]);
    const counts = await store.countsOf('spring-sale');
    await store.close();
    const again = await openStore(`sqlite:${path}`, { migrate: false });
    onTestFinished(() => again.close());
    expect(await again.countsOf('spring-sale')).toEqual(counts);
    expect(counts).toContainEqual(expect.objectContaining({ label: 'all', total: 2 }));
  });

  it('may be open twice, and each sees what the other writes', async () => {
    const { store, path } = await openTestStore();
    const other = await openStore(`sqlite:${path}`);
    onTestFinished(() => other.close());
    await settleHits(store, [makeHit()], 'one');
    await settleHits(other, [makeHit()], 'other');
    expect(await store.countsOf('spring-sale')).toContainEqual(expect.objectContaining({ label: 'all', total: 2 }));
  });

  it('may be opened by several at once when the file is new', async () => {
    const path = storePath();
    const stores = await Promise.all([1, 2, 3, 4].map(() => openStore(`sqlite:${path}`)));
    for (const store of stores) onTestFinished(() => store.close());
    for (const store of stores) await store.createApiToken('read');
    expect(await stores[0]?.listApiTokens()).toHaveLength(4);
  });

  it('waits, without blocking, for whoever makes the file just now', async () => {
    const path = storePath();
    const maker = new Database(path);
    maker.exec('BEGIN EXCLUSIVE');
    const opening = openStore(`sqlite:${path}`);
    maker.exec('COMMIT');
    maker.close();
    const store = await opening;
    onTestFinished(() => store.close());
    expect(await store.listApiTokens()).toEqual([]);
  });

  it('may be opened by several processes at once when the file is new', async () => {
    const path = storePath();
    const ends = await Promise.all([1, 2, 3, 4].map(() => openElsewhere(path)));
    expect(ends).toEqual([1, 2, 3, 4].map(() => [0, null]));
    expect(rowsOf(path, 'SELECT count(*) AS tokens FROM api_tokens')).toEqual([{ tokens: 4 }]);
  });

  it('may be closed twice', async () => {
    const store = await openStore(`sqlite:${storePath()}`);
    await store.close();
    await expect(store.close()).resolves.toBeUndefined();
  });
});
