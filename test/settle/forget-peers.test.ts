import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { peerKeptMs, waitingBelievedMs } from '../../src/base/limits.ts';
import type { Journal } from '../../src/journal/open-journal.ts';
import { type Settler, startSettler } from '../../src/settle/settler.ts';
import { isPostgres, openStore, type Store } from '../../src/store/open-store.ts';
import { startForwarder } from '../../src/stream/forwarder.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { appendAll, openTestJournal } from '../support/journals.ts';
import { hasPostgres } from '../support/postgres.ts';
import { makeTestDatabase, rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Long enough never to be waited for: what it would start is started by hand. */
const NEVER_MS = 3_600_000;
const HOUR = 3_600_000;
const peer = '00000000000000aa';

interface Collector {
  readonly journal: Journal;
  readonly settler: Settler;
  /** Whether it reaches the store. */
  isCutOff: boolean;
}

describe.each(hasPostgres ? ['SQLite', 'PostgreSQL'] : ['SQLite'])(
  'peers of settled hits, with several collectors over one store on %s',
  (engine) => {
    async function openPlace() {
      const path = join(temporaryDirectory(), 'telltale.db');
      const url = engine === 'SQLite' ? `sqlite:${path}` : (await makeTestDatabase()).url;
      const clock = { nowMs: startMs };
      const stores: Store[] = [];
      onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));

      const now = () => clock.nowMs;

      /** One with a connection, a journal and a settler of its own, like a process. */
      async function startCollector(): Promise<Collector> {
        const store = await openStore(url);
        stores.unshift(store);
        const journal = await openTestJournal(join(temporaryDirectory(), 'journal.db'));
        const collector = { journal, isCutOff: false };
        const settledThrough = async (id: string) => {
          if (collector.isCutOff) throw new Error('the network is cut');
          return await store.settledThrough(id);
        };
        const settler = startSettler({
          ...{ journal, store: { ...store, settledThrough }, lookMs: NEVER_MS, now },
          onProblem: () => undefined,
        });
        onTestFinished(() => settler.stop());
        await settler.settleNow();
        return Object.assign(collector, { settler });
      }

      const read = (sql: string) => rowsOf(isPostgres(url) ? url : path, sql);
      const isKept = () => read('SELECT peer FROM events WHERE peer IS NOT NULL').length > 0;
      const reasons = () =>
        read('SELECT v.reasons FROM events e JOIN verdicts v ON v.key = e.verdict_key').map((row) => row['reasons']);
      return { clock, now, startCollector, stores, isKept, reasons };
    }

    const honeypot = () => makeHit({ peer, atMs: startMs, link: makeLink({ honeypot: true, index: 2 }) });
    const click = (atMs: number) => makeHit({ peer, atMs, link: makeLink() });

    /** Two, of which one has taken a hit that says something of a hit that waits with the other. */
    async function startWithOneBehind() {
      const place = await openPlace();
      const [prompt, behind] = [await place.startCollector(), await place.startCollector()];
      behind.isCutOff = true;
      await appendAll(behind.journal, [click(startMs + 60_000)]);
      await appendAll(prompt.journal, [honeypot()]);
      await prompt.settler.settleNow();
      return { ...place, prompt, behind };
    }

    it('are kept for a collector that is hours behind, whose late hits are judged by them, and forgotten then', async () => {
      const { clock, prompt, behind, isKept, reasons } = await startWithOneBehind();
      clock.nowMs += 3 * HOUR;
      await prompt.settler.settleNow();
      expect(isKept()).toBe(true);
      behind.isCutOff = false;
      await behind.settler.settleNow();
      expect(reasons()).toContainEqual(expect.stringContaining('honeypot-company'));
      clock.nowMs += 2 * 60_000;
      await behind.settler.settleNow();
      await prompt.settler.settleNow();
      expect(isKept()).toBe(false);
    });

    it('are kept for a collector that went on telling of what waits, for however long', async () => {
      const { clock, prompt, behind, stores, isKept } = await startWithOneBehind();
      const { id } = behind.journal;
      for (let days = 1; days <= 3; days += 1) {
        clock.nowMs += waitingBelievedMs - 1;
        const told = { journals: [id], nowMs: clock.nowMs, untilMs: clock.nowMs + waitingBelievedMs };
        await stores[0]?.noteWaiting({ ...told, fromMs: startMs + 60_000 });
        await prompt.settler.settleNow();
        expect(isKept()).toBe(true);
      }
    });

    it('are forgotten when nothing was heard of it for a day', async () => {
      const { clock, prompt, isKept } = await startWithOneBehind();
      clock.nowMs += waitingBelievedMs - 60_000;
      await prompt.settler.settleNow();
      expect(isKept()).toBe(true);
      clock.nowMs += 120_000;
      await prompt.settler.settleNow();
      expect(isKept()).toBe(false);
    });

    it('are kept for what one left that was stopped, and for nothing of one that had settled all', async () => {
      const { clock, prompt, behind, startCollector, isKept } = await startWithOneBehind();
      await behind.settler.stop();
      const third = await startCollector();
      await third.settler.stop();
      clock.nowMs += 3 * HOUR;
      await prompt.settler.settleNow();
      expect(isKept()).toBe(true);

      const other = await openPlace();
      const [stays, goes] = [await other.startCollector(), await other.startCollector()];
      await appendAll(stays.journal, [honeypot()]);
      await stays.settler.settleNow();
      await goes.settler.stop();
      other.clock.nowMs += peerKeptMs + 60_000;
      await stays.settler.settleNow();
      expect(other.isKept()).toBe(false);
    });

    it('are kept for no longer because somebody’s clock was ahead', async () => {
      const { clock, prompt, behind, isKept, stores } = await startWithOneBehind();
      await stores[0]?.noteWaiting({
        journals: [behind.journal.id],
        fromMs: startMs,
        nowMs: startMs + 900 * 24 * HOUR,
        untilMs: startMs + 901 * 24 * HOUR,
      });
      clock.nowMs += 3 * HOUR;
      await prompt.settler.settleNow();
      expect(isKept()).toBe(false);
    });

    it('are kept for a collector that forwards, while the stream is away', async () => {
      const { clock, now, startCollector, stores, isKept } = await openPlace();
      const prompt = await startCollector();
      const journal = await openTestJournal(join(temporaryDirectory(), 'journal.db'));
      await appendAll(journal, [click(startMs + 60_000)]);
      await appendAll(prompt.journal, [honeypot()]);
      await prompt.settler.settleNow();
      const away = async () => Promise.reject(new Error('the stream is away'));
      const store = stores[0] as Store;
      const told: Promise<void>[] = [];
      const noteWaiting: Store['noteWaiting'] = (waiting) => {
        told.push(store.noteWaiting(waiting));
        return told.at(-1) as Promise<void>;
      };
      const forwarder = startForwarder({
        ...{ journal, store: { noteWaiting }, now, lookMs: NEVER_MS, onProblem: () => undefined },
        link: { open: away, failed: (error) => error as Error },
      });
      onTestFinished(() => forwarder.stop(0));
      await expect(forwarder.settleNow()).rejects.toThrow('the stream is away');
      await Promise.all(told);
      expect(told).toHaveLength(1);
      clock.nowMs += 3 * HOUR;
      await prompt.settler.settleNow();
      expect(isKept()).toBe(true);
    });
  },
);
