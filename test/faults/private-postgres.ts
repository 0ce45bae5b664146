// A PostgreSQL server of our own, over a data directory of its own, that can be killed, stopped in its tracks and restarted.
// It refuses to be root's, so where we are root it is nobody's.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../support/nats-process.ts';
import { childrenOf, signalTo } from '../support/processes.ts';

const INSTALLED = '/usr/lib/postgresql';

/** Where the newest server's programs are; undefined where none is installed. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined;
  const versions = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(INSTALLED, version, 'bin')).find((path) => existsSync(join(path, 'initdb')));
}

export interface PrivatePostgres {
  /** Of its one database, seen from a host that it listens at. */
  urlAt(host: string): string;
  /** Kills all its processes at once. */
  kill(): Promise<void>;
  /** Stops all its processes where they are, and has them go on. */
  freeze(): void;
  thaw(): void;
  /** Ends it as an administrator does who does not wait for clients. */
  end(): Promise<void>;
  /** Starts it over what is on its disk, and waits until it answers. */
  start(): Promise<void>;
}

/** Nobody's number, on every Linux. */
const NOBODY = 65_534;
const DATABASE = 'telltale';
/** Milliseconds in which it must answer: what was killed reads its log again first. */
const START_MS = 60_000;

/** Makes one in a directory, which its user must be able to enter, and starts it by the command `before` its own. */
export async function startPostgres(
  directory: string,
  hosts: readonly string[],
  before: readonly string[] = [],
): Promise<PrivatePostgres> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error(`there is no PostgreSQL in ${INSTALLED}`);
  const data = join(directory, 'data');
  const port = await freePort();
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' };
  mkdirSync(data, { mode: 0o700 });
  if (user.uid !== undefined) chownSync(data, user.uid, user.gid);
  const made = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
  execFileSync(join(programs, 'initdb'), made, { ...user, env, cwd: data, stdio: 'pipe' });
  appendFileSync(join(data, 'pg_hba.conf'), 'host all all samenet trust\n');
  const log = openSync(join(directory, 'log'), 'a');
  const urlAt = (host: string, database = DATABASE) => `postgres://postgres@${host}:${port}/${database}`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const until = Date.now() + START_MS;
    for (;;) {
      if (child === undefined || hasEnded(child)) {
        const where = ['-D', data, '-p', String(port), '-k', '', '-h', hosts.join(',')];
        const [command = '', ...args] = [...before, join(programs ?? '', 'postgres'), ...where];
        child = spawn(command, args, {
          ...user,
          env,
          cwd: data,
          stdio: ['ignore', log, log],
        });
      }
      if (await answers(urlAt('127.0.0.1', 'postgres'))) return;
      if (Date.now() > until) throw new Error(`PostgreSQL does not start: see ${directory}/log`);
      // Of one that was killed, the last process may still hold the memory that the next one needs.
      await pause(50);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || hasEnded(child)) return;
    const ended = once(child, 'exit');
    const others = signal === 'SIGKILL' ? childrenOf(child.pid ?? 0) : [];
    child.kill(signal);
    for (const pid of others) signalTo(pid, signal);
    await ended;
  }

  /** The one that starts all others first, so that no more come. */
  function signalAll(signal: NodeJS.Signals): void {
    const first = child?.pid ?? 0;
    signalTo(first, signal);
    for (const pid of childrenOf(first)) signalTo(pid, signal);
  }

  await start();
  await onDatabase(urlAt('127.0.0.1', 'postgres'), (client) => client.query(`CREATE DATABASE ${DATABASE}`));
  return {
    urlAt: (host) => urlAt(host),
    kill: () => end('SIGKILL'),
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    end: () => end('SIGINT'),
    start,
  };
}

/** Asks something over a connection of its own. */
export async function onDatabase<T>(url: string, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 30_000 });
  // One that is killed under us rejects what was asked, too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await ask(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function answers(url: string): Promise<boolean> {
  return onDatabase(url, (client) => client.query('SELECT 1')).then(
    () => true,
    () => false,
  );
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
