import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { listen } from '../../src/server/listen.ts';
import { ask } from '../support/service.ts';
import { statusesIn, talk } from '../support/talk.ts';

/** Listens with answers of one word, given when `release` is called. */
async function startSlow() {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let tellAsked = () => {};
  const slowAsked = new Promise<void>((resolve) => {
    tellAsked = resolve;
  });
  const listening = await listen({ host: '127.0.0.1', port: 0 }, () => (request, response) => {
    if (request.url === '/quick') return void response.end('quick');
    tellAsked();
    released.then(() => response.end('slow'));
  });
  onTestFinished(async () => {
    release();
    await listening.close();
  });
  return { ...listening, release, slowAsked };
}

function openSocket(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  return socket;
}

it('answers others while five hundred senders dawdle', async () => {
  const { url } = await startSlow();
  const sockets = Array.from({ length: 500 }, () => openSocket(url));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write('GET /quick HTTP/1.1\r\nHost: loc');
  expect((await ask(`${url}/quick`)).text).toBe('quick');
});

it('cuts a sender off that is too slow with its headers', async () => {
  const { url } = await startSlow();
  expect(statusesIn(await talk(url, 'GET /quick HTTP/1.1\r\nHost: loc'))).toEqual([408]);
});

it('answers what was accepted, then closes, idle connections first', async () => {
  const { url, close, release, slowAsked } = await startSlow();
  const idle = openSocket(url);
  idle.write('GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(idle, 'data');
  const slow = ask(`${url}/slow`);
  await slowAsked;
  const closed = close();
  await once(idle, 'close');
  release();
  expect((await slow).text).toBe('slow');
  await closed;
});

it('cuts off in the end who is not answered, so that it closes', async () => {
  const { url, close, slowAsked } = await startSlow();
  const slow = ask(`${url}/slow`).catch((error: NodeJS.ErrnoException) => error.code);
  await slowAsked;
  await close();
  expect(await slow).toBe('ECONNRESET');
});
