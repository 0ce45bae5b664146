import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import type { Hit } from '../../src/base/nouns.ts';
import type { Journal } from '../../src/journal/open-journal.ts';
import { type JournalSource, type SettleBatch, type SettleStore, startSettler } from '../../src/settle/settler.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, type Client, makeHit, makeLink, startMs } from '../support/hits.ts';
import { appendAll, countsWith, entriesOf, openTestJournal } from '../support/journals.ts';
import { openTestStore, rowsOf, settleHits } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Long enough never to be waited for: what it would start is started by hand. */
const NEVER_MS = 3_600_000;

interface Place {
  readonly journal: Journal;
  readonly journalPath: string;
  readonly store: Store;
  readonly storePath: string;
}

async function openPlace(): Promise<Place> {
  const { store, directory, path } = await openTestStore();
  const journalPath = join(directory, 'journal.db');
  return { journal: await openTestJournal(journalPath), journalPath, store, storePath: path };
}

/** A settler that is stopped when the test has ended, and what it told. */
function startTestSettler(of: { journal: JournalSource; store: SettleStore; lookMs?: number }) {
  const problems: unknown[] = [];
  const settler = startSettler({ lookMs: NEVER_MS, ...of, onProblem: (error) => problems.push(error) });
  onTestFinished(() => settler.stop());
  return { settler, problems };
}

/** A store that fails a number of times, before it settles or after. */
function failing(store: Store, times: number, when: 'before' | 'after') {
  let left = times;
  let tellSettled: () => void = () => undefined;
  const settled = new Promise<void>((resolve) => {
    tellSettled = resolve;
  });
  const wrapped: SettleStore = {
    ...store,
    async settle(batch) {
      const fails = left > 0;
      left -= 1;
      if (fails && when === 'before') throw new Error('the store is away');
      await store.settle(batch);
      if (fails) throw new Error('the answer was lost');
      tellSettled();
    },
  };
  const mend = () => {
    left = 0;
  };
  return { wrapped, settled, mend };
}

const opensOf = async (store: Store) => (await store.countsOf('spring-sale')).find((row) => row.label === 'all');
const opens = (count: number, of: Partial<Hit> = {}) => Array.from({ length: count }, () => makeHit(of));

describe('the settler', () => {
  it('makes an event of each hit, with its verdict', async () => {
    const { journal, store, storePath } = await openPlace();
    const { settler } = startTestSettler({ journal, store });
    const click = makeHit({
      link: makeLink({ index: 2 }),
      from: CLIENTS.head,
      atMs: startMs + 5,
      peer: '0123456789abcdef',
    });
    await appendAll(journal, [makeHit(), click]);
    await settler.settleNow();
    const events = rowsOf(
      storePath,
      `SELECT m.id AS message, r.id AS recipient, k.name AS kind, lower(hex(hit_id)) AS hit, link_index,
         d.text AS destination, l.name AS label, confidence, reasons, rules_version AS rules, a.text AS agent,
         o.text AS method, test, lower(hex(peer)) AS peer, repeat
       FROM events e JOIN messages m ON m.key = message_key JOIN recipients r ON r.key = recipient_key
       JOIN kinds k ON k.code = kind JOIN verdicts v ON v.key = verdict_key JOIN labels l ON l.code = v.label
       JOIN texts a ON a.key = agent_key JOIN texts o ON o.key = method_key
       LEFT JOIN texts d ON d.key = destination_key WHERE link_index IS NOT NULL`,
    );
    expect(events).toEqual([
      {
        message: 'spring-sale',
        recipient: 'r1',
        kind: 'click',
        hit: click.id,
        link_index: 2,
        destination: 'https://example.com/',
        label: 'scanner',
        confidence: 0.98,
        reasons: 'method',
        rules: expect.stringMatching(/^\S+$/),
        agent: click.headers['user-agent'],
        method: 'HEAD',
        test: 0,
        peer: '0123456789abcdef',
        repeat: 0,
      },
    ]);
    expect(rowsOf(storePath, 'SELECT count(*) AS events FROM events')).toEqual([{ events: 2 }]);
  });

  it('settles by itself what is committed, and what a journal holds from before', async () => {
    const { journal, store } = await openPlace();
    await appendAll(journal, opens(3));
    const { wrapped, settled } = failing(store, 0, 'before');
    startTestSettler({ journal, store: wrapped });
    await settled;
    expect(await opensOf(store)).toMatchObject({ total: 3, recipients: 1 });
    const later = failing(store, 0, 'before');
    startTestSettler({ journal, store: later.wrapped });
    await appendAll(journal, opens(2));
    await later.settled;
    expect(await opensOf(store)).toMatchObject({ total: 5, recipients: 1 });
  });

  it('empties the journal of what is settled and keeps how far it went', async () => {
    const { journal, store } = await openPlace();
    const { settler } = startTestSettler({ journal, store });
    await appendAll(journal, opens(7));
    await settler.settleNow();
    expect(await entriesOf(journal)).toEqual([]);
    expect(await store.settledThrough(journal.id)).toBe(7);
  });

  it('ends with the batch under way when the time to stop is over; the rest waits in the journal', async () => {
    const { journal, store } = await openPlace();
    await appendAll(journal, opens(25_000));
    let stopped: Promise<void> | undefined;
    const { settler } = startTestSettler({
      journal,
      store: {
        ...store,
        settle(batch) {
          stopped ??= settler.stop(0);
          return store.settle(batch);
        },
      },
    });
    await settler.settleNow();
    await stopped;
    expect(journal.counts()).toMatchObject({ settled: 10_000, journalled: 15_000 });
  });

  it('settles in batches of at most 10,000, in order, each beginning where the last one ended', async () => {
    const { journal, store } = await openPlace();
    const batches: SettleBatch[] = [];
    const watched: SettleStore = {
      ...store,
      settle: (batch) => {
        batches.push(batch);
        return store.settle(batch);
      },
    };
    const hits = opens(12_000);
    await appendAll(journal, hits);
    const { settler } = startTestSettler({ journal, store: watched });
    await settler.settleNow();
    expect(batches.map(({ after, through }) => [after, through])).toEqual([
      [0, 10_000],
      [10_000, 12_000],
    ]);
    expect(batches.flatMap((batch) => batch.hits.map(({ hit }) => hit.id))).toEqual(hits.map((hit) => hit.id));
    expect(await opensOf(store)).toMatchObject({ total: 12_000, recipients: 1 });
  });

  it('tries again by itself, after a while, while the store fails', async () => {
    const { journal, store } = await openPlace();
    const { wrapped, settled } = failing(store, 2, 'before');
    await appendAll(journal, opens(4));
    const { problems } = startTestSettler({ journal, store: wrapped, lookMs: 1 });
    await settled;
    expect(problems).toEqual([new Error('the store is away')]);
    expect(await opensOf(store)).toMatchObject({ total: 4, recipients: 1 });
  });

  it.each(['before', 'after'] as const)(
    'loses and doubles nothing when the store fails twice %s it has settled',
    async (when) => {
      const { journal, store } = await openPlace();
      const { wrapped } = failing(store, 2, when);
      await appendAll(journal, [...opens(4), ...opens(3, { level: 'aggregate', recipient: null })]);
      const { settler } = startTestSettler({ journal, store: wrapped });
      await expect(settler.settleNow()).rejects.toThrow();
      await appendAll(journal, opens(2, { recipient: 'r2' }));
      await expect(settler.settleNow()).rejects.toThrow();
      await settler.settleNow();
      expect(await store.settledThrough(journal.id)).toBe(9);
      expect(await opensOf(store)).toMatchObject({ total: 9, recipients: 2, anonymous: 3 });
    },
  );

  it('doubles nothing when the journal could not be emptied', async () => {
    const { journal, store } = await openPlace();
    await appendAll(journal, [...opens(4), ...opens(3, { level: 'aggregate', recipient: null })]);
    let fails = true;
    const stubborn: JournalSource = {
      ...journal,
      prune(through) {
        if (!fails) return journal.prune(through);
        fails = false;
        return Promise.reject(new Error('the disk is full'));
      },
    };
    const { settler, problems } = startTestSettler({ journal: stubborn, store });
    await expect(settler.settleNow()).rejects.toThrow('the disk is full');
    await settler.settleNow();
    expect(problems).toEqual([new Error('the disk is full')]);
    expect(await opensOf(store)).toMatchObject({ total: 7, recipients: 1, anonymous: 3 });
  });

  it('tells of a store that is away once, however many hits come until it tries again', async () => {
    const { journal, store } = await openPlace();
    const { wrapped, mend } = failing(store, 100, 'before');
    const { settler, problems } = startTestSettler({ journal, store: wrapped });
    await appendAll(journal, opens(1));
    await expect(settler.settleNow()).rejects.toThrow('the store is away');
    for (let hit = 0; hit < 4; hit += 1) await appendAll(journal, opens(1));
    expect(problems).toEqual([new Error('the store is away')]);
    mend();
    await settler.settleNow();
    expect(await opensOf(store)).toMatchObject({ total: 5 });
  });

  it('tells of damaged entries and settles the others', async () => {
    const { journal, journalPath, store } = await openPlace();
    await appendAll(journal, opens(5));
    const db = new Database(journalPath);
    db.exec("UPDATE hits SET body = replace(body, 'r1', 'r2') WHERE seq IN (2, 5)");
    db.close();
    const { settler, problems } = startTestSettler({ journal, store });
    await settler.settleNow();
    expect(problems.map(String)).toEqual([expect.stringContaining('2 entries')]);
    expect(await opensOf(store)).toMatchObject({ total: 3, recipients: 1 });
    expect(await store.settledThrough(journal.id)).toBe(5);
    expect(await entriesOf(journal)).toEqual([]);
  });

  it('parks what is no hit, tells why, and settles the others', async () => {
    const { journal, store } = await openPlace();
    const poison = [
      { ...makeHit(), message: '' },
      { ...makeHit(), id: 'x' },
      { ...makeHit(), atMs: 1 },
      { ...makeHit(), peer: 'somewhere' },
      { ...makeHit(), kind: 'dance' } as unknown as Hit,
      { ...makeHit(), headers: { 'user-agent': 7 } } as unknown as Hit,
      { ...makeHit(), link: 'https://example.com/' } as unknown as Hit,
    ];
    await appendAll(journal, [makeHit(), ...poison, makeHit({ recipient: 'r2' })]);
    const { settler, problems } = startTestSettler({ journal, store });
    await settler.settleNow();
    expect(await opensOf(store)).toMatchObject({ total: 2, recipients: 2 });
    expect(journal.counts()).toEqual(countsWith({ received: 9, parked: 7, settled: 2 }));
    expect(problems).toHaveLength(7);
    expect(String(problems[1])).toContain('Entry 3 of the journal');
  });

  it('finds the one hit that the store refuses, parks it and settles the others', async () => {
    const { journal, store } = await openPlace();
    const hits = Array.from({ length: 100 }, (_, at) => makeHit({ recipient: `r${at}` }));
    const picky: SettleStore = {
      ...store,
      async settle(batch) {
        if (batch.hits.some(({ hit }) => hit.recipient === 'r41')) {
          throw new TelltaleError('REFUSED_HITS', 'r41 does not fit');
        }
        await store.settle(batch);
      },
    };
    await appendAll(journal, hits);
    const { settler, problems } = startTestSettler({ journal, store: picky });
    await settler.settleNow();
    expect(await opensOf(store)).toMatchObject({ total: 99, recipients: 99 });
    expect(await store.settledThrough(journal.id)).toBe(100);
    expect(journal.counts()).toEqual(countsWith({ received: 100, parked: 1, settled: 99 }));
    expect(problems.map(String)).toEqual([expect.stringMatching(/Entry 42 .* r41 does not fit/)]);
  });

  it('empties the journal of what was settled before the process ended', async () => {
    const { journal, store } = await openPlace();
    await appendAll(journal, opens(5));
    await settleHits(store, opens(3), journal.id);
    const { settler } = startTestSettler({ journal, store });
    await settler.settleNow();
    expect(journal.counts()).toEqual(countsWith({ received: 5, settled: 5 }));
  });

  it('passes over a journal of nothing but damaged entries', async () => {
    const { journal, journalPath, store } = await openPlace();
    await appendAll(journal, opens(3));
    const db = new Database(journalPath);
    db.exec('UPDATE hits SET crc = crc + 1');
    db.close();
    const { settler } = startTestSettler({ journal, store });
    await settler.settleNow();
    expect(await entriesOf(journal)).toEqual([]);
    expect(await store.settledThrough(journal.id)).toBe(3);
  });

  it('loses no later hit to a damaged entry that stands at a false place', async () => {
    const { journal, journalPath, store } = await openPlace();
    await appendAll(journal, opens(3));
    const db = new Database(journalPath);
    db.exec('UPDATE hits SET seq = 5000 WHERE seq = 2');
    db.close();
    const { settler } = startTestSettler({ journal, store });
    await settler.settleNow();
    await appendAll(journal, opens(2));
    await settler.settleNow();
    expect(await opensOf(store)).toMatchObject({ total: 4 });
    expect(journal.counts()).toEqual(countsWith({ received: 5, settled: 4, damaged: 1 }));
  });

  it('doubles nothing when another settler works on the same journal', async () => {
    const { journal, store } = await openPlace();
    const hits = [...opens(600), ...opens(600, { level: 'aggregate', recipient: null })];
    await appendAll(journal, hits);
    const settlers = [1, 2, 3].map(() => startTestSettler({ journal, store, lookMs: 1 }).settler);
    await Promise.allSettled(settlers.map((settler) => settler.settleNow()));
    await settlers[0]?.settleNow();
    expect(await opensOf(store)).toMatchObject({ total: 1_200, recipients: 1, anonymous: 600 });
    expect(await entriesOf(journal)).toEqual([]);
  });
});

describe('a backlog', () => {
  const phone = { ...CLIENTS.reader, headers: { 'user-agent': 'Opera/9.80 (X11; Linux)', 'accept-language': 'de' } };
  const visit = (peer: string, afterMs: number, honeypot = false, from: Client = CLIENTS.reader) =>
    makeHit({ from, peer, atMs: startMs + afterMs, link: makeLink({ honeypot, index: honeypot ? 2 : 0 }) });
  const reasonsIn = (path: string) =>
    rowsOf(path, 'SELECT v.reasons, e.peer FROM events e JOIN verdicts v ON v.key = e.verdict_key ORDER BY hit_id');

  it('of two journals gets the verdicts of live settling, hours later, and loses its peers then', async () => {
    const { journal, store, storePath } = await openPlace();
    const other = await openTestJournal(join(temporaryDirectory(), 'journal.db'));
    await appendAll(journal, [visit('00000000000000aa', 0, true)]);
    await appendAll(other, [visit('00000000000000aa', 60_000), visit('00000000000000bb', 200_000, false, phone)]);
    const shared = { store, lookMs: NEVER_MS, progress: new Map(), onProblem: () => undefined };
    const settlers = [journal, other].map((one) => startSettler({ ...shared, journal: one }));
    onTestFinished(async () => void (await Promise.all(settlers.map((settler) => settler.stop()))));
    await settlers[0]?.settleNow();
    await settlers[1]?.settleNow();
    expect(reasonsIn(storePath)).toEqual([
      { reasons: 'honeypot', peer: null },
      { reasons: 'honeypot-company language', peer: null },
      { reasons: 'language', peer: null },
    ]);
  });
});

describe('stop', () => {
  it('settles what is left, and nothing after it', async () => {
    const { journal, store } = await openPlace();
    const { settler } = startTestSettler({ journal, store });
    await appendAll(journal, opens(3));
    await settler.stop();
    expect(await opensOf(store)).toMatchObject({ total: 3 });
    await appendAll(journal, opens(2));
    expect(await entriesOf(journal)).toHaveLength(2);
  });

  it('leaves hits in the journal while the store is away; the next settler settles them', async () => {
    const { journal, store } = await openPlace();
    const { wrapped } = failing(store, 100, 'before');
    await appendAll(journal, opens(3));
    const first = startTestSettler({ journal, store: wrapped });
    await first.settler.stop();
    expect(first.problems).toContainEqual(new Error('the store is away'));
    expect(await entriesOf(journal)).toHaveLength(3);
    const second = startTestSettler({ journal, store });
    await second.settler.settleNow();
    expect(await opensOf(store)).toMatchObject({ total: 3 });
  });
});
