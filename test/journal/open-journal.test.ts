import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { readBody, writeBody } from '../../src/base/hit-body.ts';
import type { Hit } from '../../src/base/nouns.ts';
import { type JournalCommit, openJournal } from '../../src/journal/open-journal.ts';
import { openStore } from '../../src/store/open-store.ts';
import { makeHit } from '../support/hits.ts';
import { appendAll, countsWith, entriesOf, idsOf, nextCommit, openTestJournal } from '../support/journals.ts';
import { filesOf, temporaryDirectory } from '../support/temporary.ts';

const journalPath = () => join(temporaryDirectory(), 'journal.db');
const makeHits = (count: number): readonly Hit[] => Array.from({ length: count }, () => makeHit());
const ids = (hits: readonly Hit[]) => hits.map((hit) => hit.id);

/** The ids that another connection sees in the file, that is: what is committed. */
function committedIds(path: string): readonly string[] {
  const db = new Database(path, { readonly: true });
  const bodies = db.prepare<[], string>('SELECT body FROM hits ORDER BY seq').pluck().all();
  db.close();
  return bodies.map((body) => String(readBody(body)?.id));
}

/** Changes the file behind the back of whoever has it open. */
function changeFile(path: string, sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

describe('append', () => {
  it('answers true for nothing but what another connection can read', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    for (const hit of makeHits(30)) {
      const isDurable = await journal.append(hit);
      expect(!isDurable || committedIds(path).includes(hit.id)).toBe(true);
    }
    await appendAll(journal, []);
    expect(committedIds(path)).toHaveLength(30);
  });

  it('answers false for a hit whose commit is late, and keeps it all the same', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    const hit = makeHit();
    expect(await journal.append(hit)).toBe(false);
    expect(journal.counts()).toEqual(countsWith({ received: 1, waiting: 1 }));
    const committed = nextCommit(journal);
    other.exec('COMMIT');
    other.close();
    await committed;
    expect(committedIds(path)).toEqual([hit.id]);
    expect(journal.counts()).toEqual(countsWith({ received: 1, journalled: 1 }));
  });

  it('answers false for a hit that the file does not take, counts it as dropped and goes on', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    changeFile(path, 'ALTER TABLE hits RENAME TO away');
    expect(await journal.append(makeHit())).toBe(false);
    changeFile(path, 'ALTER TABLE away RENAME TO hits');
    const hit = makeHit();
    await appendAll(journal, [hit]);
    expect(committedIds(path)).toEqual([hit.id]);
    expect(journal.counts()).toEqual(countsWith({ received: 2, journalled: 1, failed: 1 }));
  });

  it('lets hits that come together share a commit, in the order in which they came', async () => {
    const journal = await openTestJournal(journalPath());
    let commits = 0;
    journal.onCommit(() => {
      commits += 1;
    });
    const hits = makeHits(1_000);
    await appendAll(journal, hits);
    expect(commits).toBeLessThan(20);
    const entries = await entriesOf(journal, 77);
    expect(idsOf(entries)).toEqual(ids(hits));
    expect(entries.map((entry) => entry.seq)).toEqual(hits.map((_, position) => position + 1));
  });

  it('keeps every field of a hit', async () => {
    const journal = await openTestJournal(journalPath());
    const link = { index: 3, count: 9, destination: 'https://example.com/ü?q=%00', honeypot: true };
    const hit = makeHit({
      recipient: 'Ünïcode "quoted" 🧵',
      link,
      test: true,
      headers: { 'user-agent': '\u0001\u2028' },
    });
    await appendAll(journal, [hit]);
    expect(await journal.read(0, 10)).toEqual([{ seq: 1, hit }]);
  });
});

describe('onCommit', () => {
  it('calls back no more once it was stopped', async () => {
    const journal = await openTestJournal(journalPath());
    let commits = 0;
    const stop = journal.onCommit(() => {
      commits += 1;
    });
    await appendAll(journal, [makeHit()]);
    stop();
    await appendAll(journal, [makeHit()]);
    expect(commits).toBe(1);
  });

  it('tells how many hits a commit put on disk, and how long that took', async () => {
    const journal = await openTestJournal(journalPath());
    const told: JournalCommit[] = [];
    journal.onCommit((commit) => told.push(commit));
    await appendAll(journal, makeHits(100));
    expect(told.reduce((sum, { hits }) => sum + hits, 0)).toBe(100);
    for (const { ms } of told) expect(ms).toBeGreaterThan(0);
  });
});

describe('read', () => {
  it('returns entries after a place, no more than asked for', async () => {
    const journal = await openTestJournal(journalPath());
    await appendAll(journal, makeHits(10));
    expect((await journal.read(4, 3)).map((entry) => entry.seq)).toEqual([5, 6, 7]);
    expect(await journal.read(10, 3)).toEqual([]);
  });

  it.each([
    ['whose text was changed', "UPDATE hits SET body = replace(body, 'r1', 'r2') WHERE seq = 2"],
    ['whose text was cut', 'UPDATE hits SET body = substr(body, 1, 40) WHERE seq = 2'],
    ['whose text is empty', "UPDATE hits SET body = '' WHERE seq = 2"],
    ['whose text became bytes', 'UPDATE hits SET body = CAST(body AS BLOB) WHERE seq = 2'],
    [
      'that was put at another place',
      'UPDATE hits SET body = (SELECT body FROM hits WHERE seq = 3), crc = (SELECT crc FROM hits WHERE seq = 3) WHERE seq = 2',
    ],
    ['whose checksum was changed', 'UPDATE hits SET crc = crc + 1 WHERE seq = 2'],
    ['whose checksum became text', "UPDATE hits SET crc = 'x' WHERE seq = 2"],
  ])('returns null for an entry %s, and the others as they were', async (_, sql) => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    const [first, second, third] = [makeHit(), makeHit(), makeHit()];
    await appendAll(journal, [first, second, third]);
    changeFile(path, sql);
    expect(await journal.read(0, 10)).toEqual([
      { seq: 1, hit: first },
      { seq: 2, hit: null },
      { seq: 3, hit: third },
    ]);
  });

  it('accepts no hit of which a byte was flipped on disk', async () => {
    const path = journalPath();
    const [first, second, third] = [makeHit(), makeHit(), makeHit()];
    const writer = await openJournal(path);
    await appendAll(writer, [first, second, third]);
    await writer.close();
    const whole = readFileSync(path);
    const start = whole.indexOf(writeBody(second));
    expect(start).toBeGreaterThan(0);
    for (let at = start; at < start + writeBody(second).length; at += 60) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      writeFileSync(path, flipped);
      const journal = await openJournal(path);
      const hits = (await entriesOf(journal)).map((entry) => entry.hit);
      await journal.close();
      expect(hits).toEqual([first, null, third]);
    }
  });
});

describe('a journal that is opened again', () => {
  it('keeps its id and its entries', async () => {
    const path = journalPath();
    const before = await openJournal(path);
    const hits = makeHits(5);
    await appendAll(before, hits);
    await before.close();
    const after = await openTestJournal(path);
    expect(after.id).toBe(before.id);
    expect(idsOf(await entriesOf(after))).toEqual(ids(hits));
  });

  it('gives no place twice, not even after everything was pruned', async () => {
    const path = journalPath();
    const before = await openJournal(path);
    await appendAll(before, makeHits(5));
    await before.prune(5);
    expect(await entriesOf(before)).toEqual([]);
    await before.close();
    const after = await openTestJournal(path);
    await appendAll(after, [makeHit()]);
    expect((await entriesOf(after)).map((entry) => entry.seq)).toEqual([6]);
  });

  it('has another id than any other journal', async () => {
    const directory = temporaryDirectory();
    const one = await openTestJournal(join(directory, 'one.db'));
    const other = await openTestJournal(join(directory, 'other.db'));
    expect(one.id).not.toBe(other.id);
  });

  it('belongs to one of those who open it at once, and to the next when that one is done', async () => {
    const path = journalPath();
    const opened = await Promise.allSettled([1, 2, 3].map(() => openJournal(path)));
    const [first] = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const refusals = opened.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(refusals).toEqual(['JOURNAL_IN_USE', 'JOURNAL_IN_USE']);
    await first?.close();
    expect((await openTestJournal(path)).id).toBe(first?.id);
  });
});

describe('prune', () => {
  it('forgets entries up to a place and no others', async () => {
    const journal = await openTestJournal(journalPath());
    await appendAll(journal, makeHits(5));
    await journal.prune(3);
    expect((await entriesOf(journal)).map((entry) => entry.seq)).toEqual([4, 5]);
  });
});

describe('close', () => {
  it('commits what waits', async () => {
    const path = journalPath();
    const journal = await openJournal(path);
    const hits = makeHits(200);
    const answers = Promise.all(hits.map((hit) => journal.append(hit)));
    await journal.close();
    await answers;
    expect(committedIds(path)).toEqual(ids(hits));
  });

  it('may be called twice', async () => {
    const journal = await openJournal(journalPath());
    await journal.close();
    await expect(journal.close()).resolves.toBeUndefined();
  });

  it('leaves later hits dropped and later reads refused, none of them waiting for ever', async () => {
    const journal = await openJournal(journalPath());
    await journal.close();
    expect(await journal.append(makeHit())).toBe(false);
    expect(journal.counts()).toEqual(countsWith({ received: 1, failed: 1 }));
    await expect(journal.read(0, 1)).rejects.toThrow('closed');
  });
});

describe('a file that is no journal', () => {
  const make: Readonly<Record<string, (path: string) => unknown>> = {
    'a text': (path) => writeFileSync(path, 'a letter, and no database at all\n'.repeat(200)),
    'a text of one character': (path) => writeFileSync(path, '\n'),
    'a database of another program': (path) =>
      changeFile(path, 'CREATE TABLE notes (text); INSERT INTO notes VALUES (1)'),
    'an empty database of another program': (path) => changeFile(path, 'PRAGMA application_id = 7'),
    'a database of a program that crashed': (path) => makeCrashed(path),
    'a store of Telltale': async (path) => (await openStore(`sqlite:${path}`)).close(),
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

  it.each(Object.keys(make))('is refused and stays as it was, byte for byte: %s', async (kind) => {
    const directory = temporaryDirectory();
    const path = join(directory, 'journal.db');
    await make[kind]?.(path);
    const before = filesOf(directory);
    expect(Object.keys(before)).toContain('journal.db');
    await expect(openJournal(path)).rejects.toMatchObject({
      code: 'INVALID_JOURNAL',
      message: expect.stringContaining(path),
    });
    expect(filesOf(directory)).toEqual(before);
  });

  it('is refused when it is a directory', async () => {
    const path = join(temporaryDirectory(), 'journal.db');
    mkdirSync(path);
    await expect(openJournal(path)).rejects.toMatchObject({ code: 'INVALID_JOURNAL' });
  });

  it('is refused when its directory is missing', async () => {
    const path = join(temporaryDirectory(), 'missing', 'journal.db');
    await expect(openJournal(path)).rejects.toMatchObject({ code: 'INVALID_JOURNAL' });
  });

  it('becomes one when it is empty', async () => {
    const path = journalPath();
    writeFileSync(path, '');
    const journal = await openTestJournal(path);
    await appendAll(journal, [makeHit()]);
    expect(committedIds(path)).toHaveLength(1);
  });
});
