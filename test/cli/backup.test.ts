// Backup and restore, by the commands of docs/operations.md: what is kept, and what the docs say is lost.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openJournal } from '../../src/journal/open-journal.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { runService } from '../../src/server/run-service.ts';
import { openStore } from '../../src/store/open-store.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { makeHit } from '../support/hits.ts';
import { testRing } from '../support/keys.ts';
import { hasPostgres, makeDatabase } from '../support/postgres.ts';
import { ask, urlIn } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const docs = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');

/** The commands of a section, in its blocks: to back up, and to restore. */
function commandsOf(section: string): readonly string[] {
  const [, text = ''] = docs.split(`\n## ${section}\n`);
  const [body = ''] = text.split('\n## ');
  return [...body.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
}

function shell(command: string, directory: string, database = ''): void {
  const placed = command.replaceAll('/backup/', `${join(directory, 'backup')}/`);
  const env = { PATH: process.env['PATH'], TELLTALE_DATABASE: database };
  execFileSync('bash', ['-euc', placed], { cwd: directory, env, stdio: 'pipe' });
}

function has(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((place) => existsSync(join(place, program)));
}

const keys = createKeyRing(testRing());
const mail = createTracker({ baseUrl: 'https://t.example.com', keys }).compile(
  '<body><a href="https://shop.example/">a</a>',
  { message: 'spring-sale' },
);

async function start(data: string, databaseUrl: string) {
  const service = await runService({
    ...{ dataDirectory: data, databaseUrl, keys, baseUrl: 'https://t.example.com', host: '127.0.0.1', port: 0 },
    onProblem: () => undefined,
  });
  let isOpen = true;
  const close = async () => {
    if (isOpen) await service.close();
    isOpen = false;
  };
  onTestFinished(close);
  /** Opens and clicks as a recipient; all is settled then. */
  const visit = async (recipient: string) => {
    const { html } = mail.render(recipient);
    const local = (kind: 'o' | 'c') => urlIn(html, kind).replace('https://t.example.com', service.url);
    await ask(local('o'));
    const { status, headers } = await ask(local('c'));
    await service.settler.settleNow();
    return [status, headers.location];
  };
  return { ...service, close, visit };
}

/** Lives through a disaster; `restore` gives the URL of the database that was restored. */
async function liveThrough(directory: string, databaseUrl: string, backUp: () => void, restore: () => Promise<string>) {
  const data = join(directory, 'telltale-data');
  for (const name of ['telltale-data', 'backup']) mkdirSync(join(directory, name));
  const before = await start(data, databaseUrl);
  await before.store.recordSends('spring-sale', [
    { recipient: 'kept', atMs: 1_700_000_000_000, domain: 'example.com' },
  ]);
  await before.visit('kept');
  const report = await buildReport(before.store, { message: 'spring-sale' });
  expect(report).toMatchObject({ recipients: { sent: 1 }, opens: { total: 1 }, clicks: { total: 1 } });
  backUp();
  await before.visit('settled-since');
  await before.close();
  const journal = await openJournal(join(data, 'journal.db'));
  expect(await journal.append(makeHit({ recipient: 'waiting' }))).toBe(true);
  await journal.close();
  const restored = await restore();
  const store = await openStore(restored, { migrate: false });
  expect(await buildReport(store, { message: 'spring-sale' })).toEqual(report);
  await store.close();
  const after = await start(data, restored);
  await after.settler.settleNow();
  // Of three who opened: one before the backup, one who waited in the journal, and not the one between.
  expect((await buildReport(after.store, { message: 'spring-sale' })).opens).toMatchObject({ total: 2, unique: 2 });
  expect(await after.visit('kept')).toEqual([302, 'https://shop.example/']);
}

const canDump = hasPostgres && has('pg_dump') && has('pg_restore');

describe('after a restore, the report is as it was, links redirect, and what waited in the journal is told', () => {
  it.skipIf(!has('sqlite3'))('on SQLite', async () => {
    const directory = temporaryDirectory();
    const [backUp = '', restore = ''] = commandsOf('SQLite');
    const url = `sqlite:${join(directory, 'telltale-data/telltale.db')}`;
    await liveThrough(
      directory,
      url,
      () => shell(backUp, directory),
      async () => {
        shell(restore, directory);
        return url;
      },
    );
  });

  it.skipIf(!canDump)('on PostgreSQL', async () => {
    const directory = temporaryDirectory();
    const [backUp = '', restore = ''] = commandsOf('PostgreSQL');
    const { url, drop } = await makeDatabase();
    onTestFinished(drop);
    await liveThrough(
      directory,
      url,
      () => shell(backUp, directory, url),
      async () => {
        const fresh = await makeDatabase(true);
        onTestFinished(fresh.drop);
        shell(restore, directory, fresh.url);
        return fresh.url;
      },
    );
  });
});
