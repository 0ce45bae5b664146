import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { startEngine } from '../../src/engine/start-engine.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { destroyPages, leavesOf } from '../support/damage.ts';
import { startTestEngine } from '../support/engines.ts';
import { makeHit } from '../support/hits.ts';
import { appendAll, countsWith } from '../support/journals.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Long enough never to be waited for. */
const NEVER_MS = 3_600_000;

const opens = (count: number, of: Partial<Hit> = {}) => Array.from({ length: count }, () => makeHit(of));

async function opensIn(store: Store): Promise<number> {
  return (await store.countsOf('spring-sale')).find((row) => row.kind === 'open' && row.label === 'all')?.total ?? 0;
}

function removeStore(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
}

describe('the engine', () => {
  it('settles what is committed by itself, woken by the commit alone', async () => {
    const { engine, addJournal } = await startTestEngine(temporaryDirectory(), NEVER_MS);
    const { journal } = await addJournal('journal.db');
    await appendAll(journal, opens(3));
    await expect.poll(() => opensIn(engine.store)).toBe(3);
    await expect.poll(() => journal.counts()).toEqual(countsWith({ received: 3, settled: 3 }));
  });

  it('leaves the store as one file when it is closed, its log folded in', async () => {
    const { engine, path, addJournal } = await startTestEngine();
    const { journal, settler } = await addJournal('journal.db');
    await appendAll(journal, opens(3));
    await settler.settleNow();
    expect(await opensIn(engine.store)).toBe(3);
    expect(existsSync(`${path}-wal`)).toBe(true);
    await settler.stop();
    await engine.close();
    expect(['-wal', '-shm'].filter((end) => existsSync(path + end))).toEqual([]);
  });

  it('settles several journals into one store, each as far as it goes', async () => {
    const { engine, addJournal } = await startTestEngine();
    const places = [await addJournal('one.db'), await addJournal('two.db')];
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(places.map(({ journal }, at) => appendAll(journal, opens(100, { recipient: `r${at}` }))));
    }
    await Promise.all(places.map(({ settler }) => settler.settleNow()));
    expect(await engine.store.countsOf('spring-sale')).toContainEqual(
      expect.objectContaining({ label: 'all', total: 1_000, recipients: 2 }),
    );
    for (const { journal } of places) {
      expect(journal.counts()).toEqual(countsWith({ received: 500, settled: 500 }));
      expect(await engine.store.settledThrough(journal.id)).toBe(500);
    }
    const third = await addJournal('three.db');
    await appendAll(third.journal, opens(1));
    await third.settler.settleNow();
    expect(await opensIn(engine.store)).toBe(1_001);
  });

  it('counts a request once that came again through another journal, also after a restart', async () => {
    const directory = temporaryDirectory();
    const same = () => opens(1, { peer: '0123456789abcdef', atMs: Date.now() });
    const first = await startTestEngine(directory, NEVER_MS, 60_000);
    const places = [await first.addJournal('one.db'), await first.addJournal('two.db')];
    for (const { journal } of places) await appendAll(journal, [...same(), ...same()]);
    for (const { settler } of places) await settler.stop();
    expect(await opensIn(first.engine.store)).toBe(1);
    await first.engine.close();
    const second = await startTestEngine(directory, NEVER_MS, 60_000);
    const { journal, settler } = await second.addJournal('three.db');
    await appendAll(journal, same());
    await settler.settleNow();
    expect(await opensIn(second.engine.store)).toBe(1);
    expect(rowsOf(second.path, 'SELECT sum(repeat) AS repeats FROM events')).toEqual([{ repeats: 4 }]);
  });

  it('settles once what came while another had the store locked; reports go on, and one problem is told', async () => {
    const { engine, path, problems, addJournal } = await startTestEngine();
    const { journal, settler } = await addJournal('journal.db');
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    await appendAll(journal, opens(10));
    expect(await opensIn(engine.store)).toBe(0);
    await expect.poll(() => problems.length, { timeout: 15_000 }).toBe(1);
    await appendAll(journal, opens(5));
    expect(journal.counts()).toMatchObject({ journalled: 15 });
    other.exec('COMMIT');
    other.close();
    await settler.settleNow();
    expect(await opensIn(engine.store)).toBe(15);
    expect(journal.counts()).toEqual(countsWith({ received: 15, settled: 15 }));
    expect(problems.map(String)).toEqual([expect.stringContaining('locked')]);
  });

  it('makes a store anew that was removed, by itself, and settles into it what comes', async () => {
    const { engine, path, problems, addJournal } = await startTestEngine();
    const { journal } = await addJournal('journal.db');
    await appendAll(journal, opens(4));
    await expect.poll(() => opensIn(engine.store)).toBe(4);
    removeStore(path);
    await expect.poll(() => existsSync(path)).toBe(true);
    await expect.poll(() => opensIn(engine.store).catch(() => -1)).toBe(0);
    await appendAll(journal, opens(3));
    await expect.poll(() => opensIn(engine.store)).toBe(3);
    expect((await engine.store.createApiToken('read')).token).toMatch(/^tt_/);
    expect(await engine.store.listApiTokens()).toHaveLength(1);
    await expect.poll(() => journal.counts()).toEqual(countsWith({ received: 7, settled: 7 }));
    expect(problems).toEqual([]);
  });

  it('loses no hit that was in the journal when the store was removed', async () => {
    const { engine, path, addJournal } = await startTestEngine(temporaryDirectory(), NEVER_MS);
    const { journal, settler } = await addJournal('journal.db');
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    await appendAll(journal, opens(6));
    removeStore(path);
    other.close();
    await settler.settleNow();
    expect(await opensIn(engine.store)).toBe(6);
  });

  it('settles what can be read of a journal with damaged pages, and counts the rest as lost', async () => {
    const directory = temporaryDirectory();
    const before = await openJournal(join(directory, 'journal.db'));
    await appendAll(before, opens(500));
    await before.close();
    destroyPages(before.path, leavesOf(before.path).slice(3, 5));
    const { engine, addJournal } = await startTestEngine(directory, NEVER_MS);
    const { journal, settler } = await addJournal('journal.db');
    await settler.settleNow();
    const settled = await opensIn(engine.store);
    expect(settled).toBeGreaterThan(400);
    expect(settled).toBeLessThan(500);
    expect(journal.counts()).toEqual(countsWith({ received: 500, settled, damaged: 500 - settled }));
  });

  it('parks what is no hit and settles the others', async () => {
    const { engine, problems, addJournal } = await startTestEngine(temporaryDirectory(), NEVER_MS);
    const { journal, settler } = await addJournal('journal.db');
    await appendAll(journal, [...opens(3), { ...makeHit(), message: '' }]);
    await settler.settleNow();
    expect(await opensIn(engine.store)).toBe(3);
    expect(journal.counts()).toEqual(countsWith({ received: 4, settled: 3, parked: 1 }));
    expect(problems.map(String)).toEqual([expect.stringContaining('parked')]);
  });

  it('settles no more once a settler was stopped, and all that was there when it was', async () => {
    const { engine, addJournal } = await startTestEngine();
    const { journal, settler } = await addJournal('journal.db');
    await appendAll(journal, opens(3));
    await settler.stop();
    expect(await opensIn(engine.store)).toBe(3);
    await appendAll(journal, opens(2));
    expect(journal.counts()).toMatchObject({ journalled: 2 });
    const again = await engine.settle(journal);
    await again.settleNow();
    expect(await opensIn(engine.store)).toBe(5);
    await again.stop();
  });

  it('refuses a store that cannot be used, with its code', async () => {
    const path = `${temporaryDirectory()}/missing/telltale.db`;
    const starting = startEngine({ databaseUrl: `sqlite:${path}`, onProblem: () => undefined });
    await expect(starting).rejects.toMatchObject({ name: 'TelltaleError', code: 'INVALID_DATABASE' });
  });
});

describe('the store through the threads', () => {
  it('answers like the store itself', async () => {
    const { engine, path } = await startTestEngine();
    const { store } = engine;
    const direct = await openStore(`sqlite:${path}`, { migrate: false });
    onTestFinished(() => direct.close());
    const sends = ['r1', 'r2'].map((recipient) => ({ recipient, atMs: 1_000, domain: 'example.com' }));
    expect(await store.recordSends('spring-sale', sends)).toEqual({ accepted: 2, duplicate: 0 });
    await store.recordLinks('spring-sale', [{ index: 0, destination: 'https://example.com/', name: 'Shop' }]);
    expect(await store.findMessage('spring-sale')).toEqual(await direct.findMessage('spring-sale'));
    expect(await store.linksOf('spring-sale', 10)).toEqual(await direct.linksOf('spring-sale', 10));
    const list = { sort: 'newest', search: '', after: null, limit: 9 } as const;
    expect(await store.listMessages(list)).toEqual(await direct.listMessages(list));
    const page = { filter: 'all', after: null, limit: 9 } as const;
    expect(await store.recipientsOf('spring-sale', page)).toEqual(await direct.recipientsOf('spring-sale', page));
    expect(await store.recipientOf('spring-sale', 'r2')).toMatchObject({ recipient: 'r2', domain: 'example.com' });
    const { id, token } = await store.createApiToken('write');
    expect(await store.scopeOfApiToken(token)).toBe('write');
    await store.revokeApiToken(id);
    expect(await store.scopeOfApiToken(token)).toBeUndefined();
    await expect(store.revokeApiToken('missing')).rejects.toMatchObject({ code: 'UNKNOWN_TOKEN' });
  });

  it('writes one thing after another, whatever is asked for at once', async () => {
    const { engine, addJournal } = await startTestEngine();
    const { journal, settler } = await addJournal('journal.db');
    const { store } = engine;
    const sending = Array.from({ length: 20 }, (_, at) =>
      store.recordSends('spring-sale', [{ recipient: `r${at}`, atMs: 1 }]),
    );
    await Promise.all([...sending, appendAll(journal, opens(200)), settler.settleNow()]);
    await settler.settleNow();
    expect(await store.findMessage('spring-sale')).toMatchObject({ sent: 20 });
    expect(await opensIn(store)).toBe(200);
  });

  it('refuses what is asked of it after it was closed', async () => {
    const { engine } = await startTestEngine();
    await engine.close();
    await expect(engine.store.listApiTokens()).rejects.toThrow('closed');
    await expect(engine.store.createApiToken('read')).rejects.toThrow('closed');
  });
});
