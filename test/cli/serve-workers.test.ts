// Several processes over one data directory, as a person starts, stops and breaks them.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sameAddressHits } from '../../src/base/limits.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { run } from '../support/command.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { makeHit } from '../support/hits.ts';
import { accountedFor, appendAll, entriesOf } from '../support/journals.ts';
import { isAlive } from '../support/processes.ts';
import { ask } from '../support/service.ts';
import { asAdmin, open, type Serving, startServing } from '../support/serving.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Starts of several processes take their time on a busy machine. */
const SLOW_MS = 120_000;

const IN_TIME = { timeout: 60_000 };

const JOURNALS = ['journal-1.db', 'journal-2.db'];

/** The hits of each recipient in the store. */
function settledIn(cwd: string): ReadonlyMap<string, ReadonlySet<string>> {
  const rows = rowsOf(
    join(cwd, 'telltale-data/telltale.db'),
    'SELECT r.id AS recipient, lower(hex(hit_id)) AS hit FROM events JOIN recipients r ON r.key = recipient_key',
  );
  return gather(rows.map(({ recipient, hit }) => [String(recipient), String(hit)]));
}

/** A conversion has no recipient of its own. */
function recipientOf(hit: { readonly kind: string; readonly recipient?: string | null } | null): string {
  return hit?.recipient ?? '';
}

/** The hits of each recipient in the store and in the journals of processes that have ended. */
async function keptIn(cwd: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const kept = [...settledIn(cwd)].flatMap(([recipient, hits]) => [...hits].map((hit) => [recipient, hit] as const));
  for (const name of JOURNALS) {
    const journal = await openJournal(join(cwd, 'telltale-data', name));
    const entries = await entriesOf(journal);
    kept.push(...entries.map(({ hit }) => [recipientOf(hit), hit?.id ?? ''] as const));
    expect(accountedFor(journal.counts())).toBe(journal.counts().received);
    await journal.close();
  }
  return gather(kept);
}

function gather(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, ReadonlySet<string>> {
  const gathered = new Map<string, Set<string>>();
  for (const [recipient, hit] of pairs) gathered.set(recipient, (gathered.get(recipient) ?? new Set()).add(hit));
  return gathered;
}

/** How many hits a process has taken. */
function receivedIn(cwd: string, journal: string): number {
  return Number(rowsOf(join(cwd, 'telltale-data', journal), 'SELECT received FROM journal')[0]?.received);
}

/** Which of these recipients have not exactly one hit. */
function notOnce(hits: ReadonlyMap<string, ReadonlySet<string>>, recipients: readonly string[]): readonly string[] {
  return recipients.filter((recipient) => hits.get(recipient)?.size !== 1);
}

/** Opens mail of ever new recipients over eight connections at a time while `isGoing`; returns whose hit is on disk. */
async function openMany(serving: Serving, name: string, isGoing: (opened: number) => boolean) {
  const durable: string[] = [];
  let opened = 0;
  const lane = async () => {
    while (isGoing(opened)) {
      opened += 1;
      const recipient = `${name}-${opened}`;
      if (await open(serving.pixelOf(recipient))) durable.push(recipient);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return durable;
}

describe('telltale serve --workers 2', () => {
  let cwd: string;
  let serving: Serving;

  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'telltale-workers-'));
    mkdirSync(join(cwd, 'telltale-data'));
    for (const name of ['journal.db', 'journal-3.db']) {
      const left = await openJournal(join(cwd, 'telltale-data', name));
      await appendAll(left, [
        makeHit({ message: 'left', recipient: name }),
        makeHit({ message: 'left', recipient: name }),
      ]);
      await left.close();
    }
    serving = await startServing(cwd, ['--workers', '2', '--admin-port', '0']);
  }, SLOW_MS);

  afterAll(() => {
    serving.child.kill('SIGKILL');
    rmSync(cwd, { recursive: true, force: true });
  });

  async function report(message: string) {
    return JSON.parse((await ask(`${serving.adminUrl}/api/v1/messages/${message}`, asAdmin)).text);
  }

  async function figures(): Promise<ReadonlyMap<string, number>> {
    const { text } = await ask(`${serving.adminUrl}/metrics`);
    return new Map(
      [...text.matchAll(/^(telltale_\S+) (\S+)$/gm)].map(([, name, value]) => [name ?? '', Number(value)]),
    );
  }

  const receivedBy = (name: string) => receivedIn(cwd, name);

  it('runs two processes that answer, which share a port', () => {
    expect(serving.workers()).toHaveLength(2);
  });

  it('settles what earlier runs left in journals that nobody collects into now', async () => {
    await expect.poll(async () => (await report('left')).opens, IN_TIME).toMatchObject({ total: 4, unique: 2 });
  });

  it('counts every hit once, whichever process took it, and accounts for all of them', async () => {
    const durable: string[] = [];
    let count = 0;
    do {
      count += 100;
      durable.push(...(await openMany(serving, `many-${count}`, (opened) => opened < 100)));
    } while (!JOURNALS.every((name) => receivedBy(name) > 0));
    await expect.poll(async () => (await report('m')).opens, IN_TIME).toMatchObject({ total: count, unique: count });
    expect(notOnce(settledIn(cwd), durable)).toEqual([]);
    const all = count + 4;
    await expect.poll(async () => (await figures()).get('telltale_hits_settled'), IN_TIME).toBe(all);
    const told = await figures();
    const of = (name: string) => told.get(`telltale_hits_${name}`) ?? Number.NaN;
    const dropped = ['overflow', 'failed', 'damaged'].map((reason) => of(`dropped{reason="${reason}"}`));
    const parts = [...['waiting', 'journalled', 'forwarded', 'parked', 'settled'].map(of), ...dropped];
    expect(of('received')).toBe(all);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(all);
  });

  it('leaves the API to the admin port, whichever process is asked', async () => {
    for (let count = 0; count < 4; count += 1) {
      expect((await ask(`${serving.url}/api/v1/messages`, asAdmin)).status).toBe(404);
      expect((await ask(`${serving.url}/readyz`)).text).toBe('ready');
    }
  });

  /** The header's values in answers over connections enough for every process to have some. */
  async function ignoredEverywhere(pixel: string): Promise<ReadonlySet<unknown>> {
    const answers = await Promise.all(Array.from({ length: 24 }, () => ask(pixel)));
    return new Set(answers.map(({ headers }) => headers['telltale-ignored']));
  }

  it('has a revocation in force in every process', async () => {
    const revocations = `${serving.adminUrl}/api/v1/revocations`;
    const message = { ...asAdmin, body: JSON.stringify({ kind: 'message', message: 'm' }) };
    const pixel = serving.pixelOf('revoked');
    expect(await ignoredEverywhere(pixel)).toEqual(new Set([undefined]));
    expect((await ask(revocations, { ...message, method: 'POST' })).status).toBeLessThan(300);
    await expect.poll(() => ignoredEverywhere(pixel), IN_TIME).toEqual(new Set(['revoked']));
    expect((await ask(`${revocations}?kind=message&message=m`, { ...asAdmin, method: 'DELETE' })).status).toBeLessThan(
      300,
    );
    await expect.poll(() => ignoredEverywhere(pixel), IN_TIME).toEqual(new Set([undefined]));
  });

  it('takes a key that was staged into every process, without a restart', async () => {
    await run(['keys', 'new'], { cwd });
    await serving.hasSaid('Keys read again');
    expect(await ignoredEverywhere(serving.pixelOf('new-key'))).toEqual(new Set([undefined]));
  });

  it(
    'puts another in the place of a process that was killed; what was answered counts once',
    async () => {
      const [victim = 0] = serving.workers();
      const hasSuccessor = () => serving.workers().length === 2 && !serving.workers().includes(victim);
      let isOver = false;
      onTestFinished(() => {
        isOver = true;
      });
      const opening = openMany(serving, 'killed', (opened) => {
        if (opened === 40) process.kill(victim, 'SIGKILL');
        return !isOver;
      });
      await expect.poll(hasSuccessor, IN_TIME).toBe(true);
      // Both journals are written on: the successor answers.
      const before = JOURNALS.map(receivedBy);
      const goOn = () => JOURNALS.every((name, at) => receivedBy(name) > (before[at] ?? 0));
      await expect.poll(goOn, IN_TIME).toBe(true);
      isOver = true;
      const durable = await opening;
      expect(durable).not.toEqual([]);
      await expect.poll(() => notOnce(settledIn(cwd), durable), IN_TIME).toEqual([]);
      expect(serving.said()).toContain('(SIGKILL); another takes its place.');
    },
    SLOW_MS,
  );

  it(
    'stops at a signal: what was answered is kept, once',
    async () => {
      let isOver = false;
      const opening = openMany(serving, 'stopped', (opened) => {
        if (opened === 40) serving.child.kill('SIGTERM');
        return !isOver;
      });
      expect(await serving.ended()).toBe(0);
      isOver = true;
      const durable = await opening;
      expect(durable).not.toEqual([]);
      expect(notOnce(await keptIn(cwd), durable)).toEqual([]);
    },
    SLOW_MS,
  );
});

describe('what several processes find out of an address', () => {
  const BROWSER = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36', 'accept-language': 'de' };

  /** Opens mail of ever new recipients until every process has taken so many hits. */
  async function openFor(cwd: string, serving: Serving, hitsEach: number, more: Readonly<Record<string, string>> = {}) {
    const headers = { ...BROWSER, ...more };
    let opened = 0;
    while (!JOURNALS.every((name) => receivedIn(cwd, name) >= hitsEach)) {
      const recipients = Array.from({ length: 20 }, (_, at) => `r${opened + at}`);
      await Promise.all(recipients.map((recipient) => ask(serving.pixelOf(recipient), { headers })));
      opened += recipients.length;
    }
    return opened;
  }

  const eventsIn = (cwd: string) =>
    rowsOf(
      join(cwd, 'telltale-data/telltale.db'),
      `SELECT networks.name AS network, reasons, count(*) AS events FROM events
        JOIN networks ON networks.code = network JOIN verdicts ON verdicts.key = verdict_key GROUP BY 1, 2`,
    );

  it(
    'an address that hides its readers is named by each, and all hits of it are judged so',
    async () => {
      const cwd = temporaryDirectory();
      const serving = await startServing(cwd, ['--workers', '2', '--admin-port', '0']);
      onTestFinished(() => void serving.child.kill('SIGKILL'));
      const opened = await openFor(cwd, serving, sameAddressHits);
      const hidden = [{ network: 'cdn', reasons: 'hidden-reader', events: opened }];
      await expect.poll(() => eventsIn(cwd), IN_TIME).toEqual(hidden);
      const report = JSON.parse((await ask(`${serving.adminUrl}/api/v1/messages/m`, asAdmin)).text);
      expect(report.opens.byLabel.unknown).toEqual({ total: opened, unique: opened });
      expect(report.warnings).toContainEqual(expect.objectContaining({ code: 'readers-hidden' }));
      const ready = await Promise.all(Array.from({ length: 24 }, () => ask(`${serving.url}/readyz`)));
      expect(new Set(ready.map(({ text }) => text))).toEqual(new Set(['misconfigured']));
      expect(serving.said().match(/came from one address/g)).toHaveLength(2);
    },
    SLOW_MS,
  );

  it(
    'a name is asked for by each, counts for the hits of all, and is counted once a process',
    async () => {
      const gateway = 'd1.ess.barracudanetworks.com';
      const { servers } = await startDnsServer({ '203.0.113.9': [gateway], [gateway]: ['203.0.113.9'] });
      const cwd = temporaryDirectory();
      const args = ['--workers', '2', '--admin-port', '0', '--trusted-proxies', 'loopback', '--reverse-dns', servers];
      const serving = await startServing(cwd, args);
      onTestFinished(() => void serving.child.kill('SIGKILL'));
      const opened = await openFor(cwd, serving, 1, { 'x-forwarded-for': '203.0.113.9' });
      const named = [{ network: 'unknown', reasons: 'gateway-host', events: opened }];
      await expect.poll(() => eventsIn(cwd), IN_TIME).toEqual(named);
      const known = 'telltale_reverse_dns_total{outcome="known"} 2';
      await expect.poll(async () => (await ask(`${serving.adminUrl}/metrics`)).text, IN_TIME).toContain(known);
    },
    SLOW_MS,
  );
});

it.each<[string, (serving: Serving) => Promise<void>]>([
  [
    'a second signal',
    async ({ child, hasSaid }) => {
      child.kill('SIGTERM');
      await hasSaid('Stopping');
      child.kill('SIGTERM');
    },
  ],
  ['the death of the first process', async ({ child }) => void child.kill('SIGKILL')],
])(
  '%s ends all processes at once, and what was answered is on disk',
  async (_, strike) => {
    const cwd = temporaryDirectory();
    const serving = await startServing(cwd, ['--workers', '2', '--base-url', 'https://t.example.com']);
    onTestFinished(() => void serving.child.kill('SIGKILL'));
    const workers = serving.workers();
    // Stopping waits for this one.
    const slow = connect(Number(new URL(serving.url).port), '127.0.0.1');
    slow.on('error', () => undefined);
    slow.write('GET /healthz HTTP/1.1\r\nHost: loc');
    const durable = await openMany(serving, 'r', (opened) => opened < 50);
    await strike(serving);
    await serving.ended();
    await expect.poll(() => workers.filter(isAlive), IN_TIME).toEqual([]);
    slow.destroy();
    expect(notOnce(await keptIn(cwd), durable)).toEqual([]);
  },
  SLOW_MS,
);
