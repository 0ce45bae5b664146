// One server of the collect bench, in a process of its own: `collect-server.ts KIND DIRECTORY KEYS TOKEN`. It tells its parent
// where it listens, and, whenever it is asked, how much processor time it has used or that nothing is left to do.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Router from '@koa/router';
import Database from 'better-sqlite3';
import Koa from 'koa';
import { NOTHING_REMOVED, type Removed } from '../src/retain/retain.ts';
import { runService } from '../src/server/run-service.ts';
import { openHitToken } from '../src/token/hit-token.ts';
import { createKeyRing } from '../src/token/key-ring.ts';

const [kind = '', directory = '', ring = '', apiToken = ''] = process.argv.slice(2);
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
const keys = createKeyRing(ring);

const LISTENERS: Readonly<Record<string, () => RequestListener>> = {
  'bare node:http': () => (_, response) => {
    response.writeHead(200, { 'Content-Type': 'image/gif', 'Content-Length': GIF.length });
    response.end(GIF);
  },
  'Koa + router': () => koa(() => {}),
  'Koa + router + token check': () => koa(check),
  'Koa + router + token check + INSERT (FULL)': () => koa(insertEach()),
};

function koa(record: (token: string, agent: string) => void): RequestListener {
  const app = new Koa();
  const router = new Router();
  // The routes a server of this kind has besides the pixel's.
  for (const path of ['/healthz', '/readyz', '/metrics', '/api/v1/messages', '/api/v1/messages/:id', '/c/:r/:l']) {
    router.get(path, (ctx) => {
      ctx.body = 'ok';
    });
  }
  router.get('/o/:token', (ctx) => {
    record(ctx.params.token ?? '', ctx.get('user-agent'));
    ctx.type = 'image/gif';
    ctx.body = GIF;
  });
  app.use(router.routes());
  return app.callback();
}

function check(token: string) {
  const opened = openHitToken(keys, token.slice(0, -'.gif'.length));
  if (!opened.ok) throw new Error(opened.reason);
  return opened.token;
}

function insertEach(): (token: string, agent: string) => void {
  const db = new Database(join(directory, 'peer.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE opens (message TEXT, recipient TEXT, at INTEGER, agent TEXT)');
  const insert = db.prepare('INSERT INTO opens VALUES (?, ?, ?, ?)');
  return (token, agent) => {
    const { message, recipient } = check(token);
    insert.run(message, recipient, Date.now(), agent);
  };
}

interface Started {
  readonly url: string;
  /** Does what is left over from answering. */
  readonly finish: () => Promise<unknown>;
  /** Removes what is old from now on, and tells how much of it is gone. */
  readonly retain: () => Removed;
}

async function start(): Promise<Started> {
  const listener = LISTENERS[kind];
  if (listener !== undefined) {
    const server = createServer(listener());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, finish: async () => {}, retain: () => NOTHING_REMOVED };
  }
  const databaseUrl = `sqlite:${join(directory, 'telltale.db')}`;
  const onProblem = (error: unknown) => process.stderr.write(`${error}\n`);
  const service = await runService({
    dataDirectory: directory,
    databaseUrl,
    keys,
    apiToken,
    host: '127.0.0.1',
    port: 0,
    onProblem,
  });
  const { retainer, settler } = service;
  const retain = () => {
    void retainer?.runNow();
    return retainer?.status().removed ?? { signals: 0, events: 0, texts: 0 };
  };
  return { url: service.url, finish: () => settler.settleNow(), retain };
}

/** Microseconds, settling apart: on Linux it is the one thread that gives way. */
function usedCpu() {
  const { user, system } = process.cpuUsage();
  const settling = process.platform === 'linux' ? backgroundMicros() : 0;
  return { answering: user + system - settling, settling };
}

/** The time of threads of low priority, from proc(5): fields 14, 15 and 19 of stat, in ticks of 10 ms. */
function backgroundMicros(): number {
  const stats = readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  });
  const background = stats.filter((fields) => (fields[16] ?? 0) > 0);
  return background.reduce((sum, fields) => sum + ((fields[11] ?? 0) + (fields[12] ?? 0)) * 10_000, 0);
}

const { url, finish, retain } = await start();
process.on('message', async (asked) => {
  if (asked === 'finish') await finish();
  if (asked === 'retain') process.send?.(retain());
  else process.send?.(asked === 'finish' ? 'finished' : usedCpu());
});
process.send?.({ url });
