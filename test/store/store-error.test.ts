import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import { openStore } from '../../src/store/open-store.ts';
import { explainStoreError } from '../../src/store/store-error.ts';
import { openTestStore } from '../support/stores.ts';

describe('explainStoreError', () => {
  it.each([
    ['SQLITE_BUSY', 'STORE_BUSY'],
    ['SQLITE_BUSY_SNAPSHOT', 'STORE_BUSY'],
    ['SQLITE_LOCKED_SHAREDCACHE', 'STORE_BUSY'],
    ['SQLITE_CORRUPT_INDEX', 'STORE_DAMAGED'],
    ['SQLITE_NOTADB', 'STORE_DAMAGED'],
    ['SQLITE_FULL', 'STORE_UNAVAILABLE'],
    ['SQLITE_IOERR_FSYNC', 'STORE_UNAVAILABLE'],
    ['SQLITE_READONLY_DBMOVED', 'STORE_UNAVAILABLE'],
  ])('tells %s as %s, with what SQLite said', (code, expected) => {
    const error = explainStoreError(new Database.SqliteError('so it said', code));
    expect(error).toMatchObject({
      name: 'TelltaleError',
      code: expected,
      message: expect.stringContaining('so it said'),
    });
  });

  it.each([
    new Database.SqliteError('no such table', 'SQLITE_ERROR'),
    new Error('another'),
    new TelltaleError('INVALID_DATABASE', 'It is none.'),
    'a text',
  ])('leaves other errors as they are', (error) => {
    expect(explainStoreError(error)).toBe(error);
  });
});

describe('a store that another program has locked', () => {
  it.each([true, false])(
    'is not opened, and is said to be locked, not to be none (new: %s)',
    async (isNew) => {
      const { path, store } = await openTestStore();
      await store.close();
      const locked = isNew ? `${path}.new` : path;
      const other = new Database(locked);
      other.pragma('locking_mode = EXCLUSIVE');
      other.exec('BEGIN EXCLUSIVE; CREATE TABLE held (id)');
      try {
        await expect(openStore(`sqlite:${locked}`)).rejects.toMatchObject({
          code: 'STORE_BUSY',
          message: expect.stringMatching(/has had ".+" locked for 5 s\. End it/),
        });
      } finally {
        other.close();
      }
    },
    30_000,
  );
});
