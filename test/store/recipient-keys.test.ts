import Database from 'better-sqlite3';
import fc from 'fast-check';
import { Kysely, SqliteDialect } from 'kysely';
import { describe, expect, it } from 'vitest';
import {
  findRecipientKeys,
  hashUnder,
  packId,
  type RecipientHash,
  type RecipientRows,
  unpackId,
} from '../../src/store/recipient-keys.ts';
import { sqliteSql } from '../../src/store/sqlite-sql.ts';
import { makeHit } from '../support/hits.ts';
import { openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const SECRET = Buffer.alloc(32, 1);
const UUID = '123e4567-e89b-12d3-a456-426614174000';

function openRows(): RecipientRows {
  const sqlite = new Database(':memory:');
  sqlite.exec('CREATE TABLE recipients (key BLOB PRIMARY KEY, id BLOB NOT NULL) WITHOUT ROWID');
  const database = sqliteSql(sqlite, new Kysely({ dialect: new SqliteDialect({ database: sqlite }) }));
  return {
    pack: packId,
    idOf: database.first('SELECT id FROM recipients WHERE key = ?'),
    add: database.prepare('INSERT INTO recipients VALUES (?, ?)'),
  };
}

/** A hash that has four values, and so meets at once. */
const poorHash: RecipientHash = (id, attempt) => {
  const key = Buffer.alloc(8);
  key.writeUInt8((hashUnder(SECRET)(id, attempt)[0] ?? 0) % 4, 7);
  return key;
};

describe('findRecipientKeys', () => {
  it('gives an id the same key every time, and on every machine that has the secret', () => {
    const [one, other] = [openRows(), openRows()];
    const ids = Array.from({ length: 100 }, (_, at) => `r${at}`);
    const keys = findRecipientKeys(ids, hashUnder(SECRET), one);
    expect(findRecipientKeys([...ids].reverse(), hashUnder(SECRET), one)).toEqual(keys);
    expect(findRecipientKeys(ids.slice(50), hashUnder(SECRET), other).get('r77')).toEqual(keys.get('r77'));
    expect(new Set([...keys.values()].map((key) => key.toString('hex'))).size).toBe(100);
    for (const key of keys.values()) expect(key).toHaveLength(8);
  });

  it('gives other keys under another secret', () => {
    const key = (secret: Buffer) => findRecipientKeys(['r1'], hashUnder(secret), openRows()).get('r1');
    expect(key(Buffer.alloc(32, 1))).not.toEqual(key(Buffer.alloc(32, 2)));
  });

  it('never mixes two recipients whose hashes meet', () => {
    const rows = openRows();
    const ids = ['a', 'b', 'c', 'd'];
    const keys = findRecipientKeys(ids, poorHash, rows);
    expect(new Set([...keys.values()].map((key) => key.toString('hex'))).size).toBe(4);
    for (const id of ids) expect(findRecipientKeys([id], poorHash, rows).get(id)).toEqual(keys.get(id));
  });

  it('gives keys in their own order', () => {
    const keys = [...findRecipientKeys(['a', 'b', 'c', 'd', 'e'], hashUnder(SECRET), openRows()).values()];
    expect([...keys].sort((a, b) => a.compare(b))).toEqual(keys);
  });
});

describe('packId', () => {
  it('keeps a UUID in 16 bytes', () => {
    expect(packId(UUID)).toHaveLength(16);
    expect(unpackId(packId(UUID))).toBe(UUID);
  });

  it.each([UUID.toUpperCase(), UUID.replaceAll('-', ''), `{${UUID}}`, ` ${UUID}`, UUID.replace('1', 'g')])(
    'keeps every other spelling as the text it is: %s',
    (id) => {
      expect(packId(id)).toBe(id);
    },
  );

  it('gives back every id', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uuid(), fc.string()), (id) => {
        expect(unpackId(packId(id))).toBe(id);
      }),
    );
  });
});

describe('the store', () => {
  it('has a secret of its own', async () => {
    const [one, other] = [await openTestStore(), await openTestStore()];
    const secretOf = (path: string) => rowsOf(path, 'SELECT hex(secret) AS secret FROM secrets')[0]?.['secret'];
    expect(secretOf(one.path)).toMatch(/^[0-9A-F]{64}$/);
    expect(secretOf(one.path)).not.toBe(secretOf(other.path));
  });

  it('counts a UUID and its bare digits as two recipients', async () => {
    const { store } = await openTestStore();
    const hits = [UUID, UUID.replaceAll('-', ''), UUID].map((recipient) => makeHit({ recipient }));
    await settleHits(store, hits);
    expect(await store.countsOf('spring-sale')).toContainEqual(
      expect.objectContaining({ label: 'all', total: 3, recipients: 2 }),
    );
  });
});
