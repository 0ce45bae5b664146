import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { giveUpMove, moveStore } from '../../src/store/move-store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { run } from '../support/command.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { hasPostgres } from '../support/postgres.ts';
import { makeTestDatabase, openTestStore, settleHits } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const UUID = '123e4567-e89b-12d3-a456-426614174000';
const MONTH = 31 * 86_400_000;

async function fill() {
  const { store, path } = await openTestStore();
  const recipients = ['r1', 'jö@müller.example', UUID];
  await store.recordSends(
    'spring-sale',
    recipients.map((recipient) => ({ recipient, atMs: startMs, domain: 'gmail.com' })),
  );
  const hits = recipients.flatMap((recipient, at) => [
    makeHit({ recipient, atMs: startMs + at * MONTH, from: CLIENTS.proxy }),
    makeHit({ recipient, atMs: startMs + at * MONTH + 9_000, link: makeLink({ index: at }) }),
  ]);
  await settleHits(store, hits, 'journal');
  await store.setConsent('r2', { opens: 'none', clicks: 'none' }, 'test');
  await store.suppress(['r9'], 'manual');
  return { store, path };
}

describe('telltale migrate', () => {
  it('moves no file that is not there, and makes none', async () => {
    const cwd = temporaryDirectory();
    const moving = await run(['migrate', '--from', 'sqlite:typo.db', '--to', 'postgres://u:pa55word@h/d'], { cwd });
    expect(moving).toMatchObject({ status: 1, stdout: '' });
    expect(moving.stderr).toContain('There is no database at "typo.db" to move. Name the file with --from.');
    expect(existsSync(join(cwd, 'typo.db'))).toBe(false);
  });

  it('says how it is asked, and nothing of passwords', async () => {
    const args = ['migrate', '--from', 'postgres://u:pa55word@h/d', '--to', 'sqlite:x.db'];
    const moving = await run(args, { cwd: temporaryDirectory() });
    expect(moving.status).toBe(2);
    expect(moving.stderr).toContain('--from sqlite:telltale.db --to postgres://user@host/database');
    expect(moving.stderr).not.toContain('pa55word');
  });
});

describe.skipIf(!hasPostgres)('moving a store to PostgreSQL', () => {
  it('brings all of it, goes on where it was interrupted, and the figures are the same; nothing is settled twice', async () => {
    const { store, path } = await fill();
    const report = await buildReport(store, { message: 'spring-sale' });
    const { url } = await makeTestDatabase(true);
    const seen: string[] = [];
    const interrupted = moveStore({
      from: path,
      to: url,
      onTable({ table }) {
        seen.push(table);
        if (table === 'messages') throw new Error('the power went');
      },
    });
    await expect(interrupted).rejects.toThrow('the power went');
    expect(seen).toContain('events');
    await expect(openStore(url)).rejects.toThrow('has a part of a store that is being moved there');
    // Who has the file open reads it, and what it would write waits.
    expect(await buildReport(store, { message: 'spring-sale' })).toEqual(report);
    await expect(settleHits(store, [makeHit()], 'journal')).rejects.toMatchObject({
      code: 'SQLITE_CONSTRAINT_TRIGGER',
    });
    const tables = await moveStore({ from: path, to: url, onTable: () => undefined });
    expect(tables.find(({ table }) => table === 'events')).toMatchObject({ rows: 6 });
    const moved = await openStore(url);
    try {
      expect(await buildReport(moved, { message: 'spring-sale' })).toEqual(report);
      expect(await moved.settledThrough('journal')).toBe(6);
      expect(await moved.recipientOf('spring-sale', UUID)).toEqual(await store.recipientOf('spring-sale', UUID));
      await settleHits(moved, [makeHit({ message: 'next', recipient: UUID })], 'journal');
      expect((await buildReport(moved, { message: 'next' })).opens.total).toBe(1);
    } finally {
      await moved.close();
    }
    await expect(openStore(`sqlite:${path}`)).rejects.toThrow(/has been moved to postgres:.*--give-up/);
  });

  it('refuses a database that has a store already, before the file is closed to anybody', async () => {
    const { store, path } = await fill();
    const { url } = await makeTestDatabase();
    const other = await openStore(url);
    await other.recordSends('theirs', [{ recipient: 'x', atMs: startMs }]);
    await other.close();
    const moving = moveStore({ from: path, to: url, onTable: () => undefined });
    await expect(moving).rejects.toThrow('has a store of its own already');
    await settleHits(store, [makeHit()], 'journal');
  });

  it('can be given up: the file is written again', async () => {
    const { store, path } = await fill();
    const { url } = await makeTestDatabase(true);
    await moveStore({ from: path, to: url, onTable: () => undefined });
    await giveUpMove(path);
    await settleHits(store, [makeHit()], 'journal');
    await (await openStore(`sqlite:${path}`)).close();
  });
});
