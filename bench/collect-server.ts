// One server of the collect bench, in a process of its own: `collect-server.ts KIND DIRECTORY KEYS`. It tells its parent
// where it listens, and how much processor time it has used whenever it is asked.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Router from '@koa/router';
import Database from 'better-sqlite3';
import Koa from 'koa';
import { runService } from '../src/server/run-service.ts';
import { openHitToken } from '../src/token/hit-token.ts';
import { createKeyRing } from '../src/token/key-ring.ts';

const [kind = '', directory = '', ring = ''] = process.argv.slice(2);
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

async function start(): Promise<string> {
  const listener = LISTENERS[kind];
  if (listener === undefined) {
    const databaseUrl = `sqlite:${join(directory, 'telltale.db')}`;
    const onProblem = (error: unknown) => process.stderr.write(`${error}\n`);
    return (await runService({ dataDirectory: directory, databaseUrl, keys, host: '127.0.0.1', port: 0, onProblem }))
      .url;
  }
  const server = createServer(listener());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

process.on('message', () => process.send?.({ cpu: process.cpuUsage() }));
process.send?.({ url: await start() });
