// Several processes over one data directory, as a person starts, stops and breaks them.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openJournal } from '../../src/journal/open-journal.ts';
import { run } from '../support/command.ts';
import { makeHit } from '../support/hits.ts';
import { accountedFor, appendAll } from '../support/journals.ts';
import { ask } from '../support/service.ts';
import { asAdmin, isAlive, open, type Serving, startServing } from '../support/serving.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Starts of several processes take their time on a busy machine. */
const SLOW_MS = 120_000;

const IN_TIME = { timeout: 20_000 };

/** How often each recipient of the mail is in the store. */
function opensIn(cwd: string): ReadonlyMap<string, number> {
  const rows = rowsOf(
    join(cwd, 'telltale-data/telltale.db'),
    'SELECT r.id AS id, count(*) AS opens FROM events JOIN recipients r ON r.key = recipient_key GROUP BY r.id',
  );
  return new Map(rows.map(({ id, opens }) => [String(id), Number(opens)]));
}

/** Which of these are not in the store exactly once. */
function notOnce(cwd: string, recipients: readonly string[]): readonly string[] {
  const opens = opensIn(cwd);
  return recipients.filter((recipient) => opens.get(recipient) !== 1);
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

  it('runs two processes that answer, which share a port', () => {
    expect(serving.workers()).toHaveLength(2);
  });

  it('settles what earlier runs left in journals that nobody collects into now', async () => {
    await expect.poll(async () => (await report('left')).opens, IN_TIME).toMatchObject({ total: 4, unique: 2 });
  });

  it('counts every hit once, whichever process took it, and accounts for all of them', async () => {
    const receivedBy = (name: string) =>
      Number(rowsOf(join(cwd, 'telltale-data', name), 'SELECT received FROM journal')[0]?.received);
    const durable: string[] = [];
    let count = 0;
    do {
      count += 100;
      durable.push(...(await openMany(serving, `many-${count}`, (opened) => opened < 100)));
    } while (!['journal-1.db', 'journal-2.db'].every((name) => receivedBy(name) > 0));
    await expect.poll(async () => (await report('m')).opens, IN_TIME).toMatchObject({ total: count, unique: count });
    expect(notOnce(cwd, durable)).toEqual([]);
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
      const opening = openMany(serving, 'killed', (opened) => {
        if (opened === 40) process.kill(victim, 'SIGKILL');
        return !isOver;
      });
      await expect.poll(hasSuccessor, IN_TIME).toBe(true);
      // It answers when both journals have an owner again.
      await expect
        .poll(async () => (await ask(`${serving.adminUrl}/metrics`)).text, IN_TIME)
        .toContain('telltale_hits');
      isOver = true;
      const durable = await opening;
      expect(durable.length).toBeGreaterThan(40);
      await expect.poll(() => notOnce(cwd, durable), IN_TIME).toEqual([]);
      expect(serving.said()).toContain('(SIGKILL); another takes its place.');
    },
    SLOW_MS,
  );

  it(
    'stops at a signal: what was answered is settled, once',
    async () => {
      let isOver = false;
      const opening = openMany(serving, 'stopped', (opened) => {
        if (opened === 40) serving.child.kill('SIGTERM');
        return !isOver;
      });
      expect(await serving.ended()).toBe(0);
      isOver = true;
      const durable = await opening;
      expect(durable.length).toBeGreaterThan(20);
      expect(notOnce(cwd, durable)).toEqual([]);
      for (const name of ['journal-1.db', 'journal-2.db']) {
        const journal = await openJournal(join(cwd, 'telltale-data', name));
        expect(accountedFor(journal.counts())).toBe(journal.counts().received);
        expect(journal.counts()).toMatchObject({ journalled: 0, parked: 0 });
        await journal.close();
      }
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
    const next = await run(['report', 'm', '--json'], { cwd });
    const settled = next.status === 0 ? JSON.parse(next.stdout).opens.total : 0;
    let waiting = 0;
    for (const name of ['journal-1.db', 'journal-2.db']) {
      const journal = await openJournal(join(cwd, 'telltale-data', name));
      waiting += journal.counts().journalled;
      await journal.close();
    }
    // A batch may be in the store and not yet forgotten by its journal.
    expect(settled + waiting).toBeGreaterThanOrEqual(durable.length);
  },
  SLOW_MS,
);
