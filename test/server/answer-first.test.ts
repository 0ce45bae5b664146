import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { nextCommit } from '../support/journals.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';
import { statusesIn, talk } from '../support/talk.ts';

let service: TestService;
let pixel: string;
let click: string;

beforeAll(async () => {
  service = await startTestService();
  const html = '<body><a href="https://shop.example/sale">Sale</a></body>';
  const mail = service.tracker.compile(html, { message: 'spring-sale' }).render('r1');
  pixel = new URL(urlIn(mail.html, 'o')).pathname;
  click = new URL(urlIn(mail.html, 'c')).pathname;
});
afterAll(() => service.end());

const hitsTaken = () => service.journal.counts().received;
const get = (path: string, ...lines: readonly string[]) =>
  `GET ${path} HTTP/1.1\r\n${['Host: localhost', ...lines].join('\r\n')}\r\n\r\n`;

describe('a request that is not quite one', () => {
  it.each<readonly [string, () => string | Buffer, readonly number[], number]>([
    ['in HTTP/1.0', () => `GET ${pixel} HTTP/1.0\r\n\r\n`, [200], 1],
    ['in absolute form', () => get(`http://localhost${pixel}`, 'Connection: close'), [200], 1],
    ['in absolute form of another host', () => get(`http://evil.example${pixel}`, 'Connection: close'), [421], 0],
    ['for another host', () => `GET ${pixel} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`, [421], 0],
    ['without a host', () => `GET ${pixel} HTTP/1.1\r\nConnection: close\r\n\r\n`, [400], 0],
    ['three at a time', () => get(pixel) + get(click) + get(pixel, 'Connection: close'), [200, 302, 200], 3],
    ['with an address of 15 kB', () => get(`/o/${'a'.repeat(15_000)}.gif`), [414], 0],
    ['with headers of 64 kB', () => get(pixel, `X-Long: ${'a'.repeat(64_000)}`), [431], 0],
    [
      'with a length and chunks',
      () => get(click, 'Content-Length: 5', 'Transfer-Encoding: chunked').concat('0\r\n\r\n'),
      [400],
      0,
    ],
    ['with a body', () => get(pixel, 'Content-Length: 5', 'Connection: close').concat('hello'), [200], 1],
    ['with a chunk that is none', () => get(pixel, 'Transfer-Encoding: chunked').concat('zz\r\n\r\n'), [400], 0],
    ['with a click whose chunk is none', () => get(click, 'Transfer-Encoding: chunked').concat('-1\r\n'), [400], 0],
    ['with an encoding that has no end', () => get(pixel, 'Transfer-Encoding: gzip'), [400], 0],
    ['with chunks', () => get(pixel, 'Transfer-Encoding: chunked', 'Connection: close').concat('0\r\n\r\n'), [200], 1],
    ['with two hosts', () => get(pixel, 'host: evil.example'), [400], 0],
    ['with the same host twice', () => get(pixel, 'HOST: localhost'), [400], 0],
    ['in HTTP/2.0', () => `GET ${pixel} HTTP/2.0\r\nHost: localhost\r\n\r\n`, [400], 0],
    ['with rubbish after it', () => get(pixel).concat('RUBBISH\r\n\r\n'), [200, 400], 1],
    ['twice with rubbish after it', () => get(pixel) + get(click).concat('\0\r\n\r\n'), [200, 302, 400], 2],
    [
      'with a malformed one after it',
      () => get(pixel) + get(click, 'Transfer-Encoding: chunked').concat('zz\r\n'),
      [200, 400],
      1,
    ],
    ['with a malformed escape', () => get('/o/%E0%A4%A.gif', 'Connection: close'), [200], 0],
    ['with a NUL', () => get('/o/a\0b.gif'), [400], 0],
    ['with bytes that are no UTF-8', () => Buffer.from(get('/o/\xff\xfe.gif'), 'latin1'), [400], 0],
    ['for a star', () => `OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, [404], 0],
    ['that is no HTTP', () => 'EHLO mail.example.com\r\n\r\n', [400], 0],
  ])('%s is answered, and only real hits count', async (_, bytes, statuses, hits) => {
    const before = hitsTaken();
    expect(statusesIn(await talk(service.url, bytes()))).toEqual(statuses);
    expect(hitsTaken() - before).toBe(hits);
    expect(service.problems).toEqual([]);
  });

  it.each<readonly [string, () => string, readonly number[], number]>([
    ['one', () => get(pixel), [200], 1],
    ['three at once', () => get(pixel) + get(click) + get(pixel), [200, 302, 200], 3],
    ['one that Koa answers', () => get('/healthz'), [200], 0],
    ['nothing', () => '', [], 0],
    ['half a head', () => `GET ${pixel} HTTP/1.1\r\nHost: loc`, [400], 0],
    ['half a body', () => get(pixel, 'Content-Length: 50').concat('hello'), [400], 0],
  ])('is answered, then closed, when its sender says that no more will come: %s', async (_, bytes, statuses, hits) => {
    const before = hitsTaken();
    const { hostname, port } = new URL(service.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.end(bytes());
    expect(statusesIn((await socket.toArray()).join(''))).toEqual(statuses);
    expect(hitsTaken() - before).toBe(hits);
    expect(service.problems).toEqual([]);
  });

  it('is still a hit when its sender leaves before the answer', async () => {
    const before = hitsTaken();
    const kept = nextCommit(service.journal);
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(get(pixel), () => socket.destroy());
    await kept;
    expect(hitsTaken() - before).toBe(1);
  });
});

describe('an answer', () => {
  it('opens no connection, whatever the request asks for', async () => {
    const connecting = vi.spyOn(Socket.prototype, 'connect');
    onTestFinished(() => connecting.mockRestore());
    const wishes = ['?src=http://169.254.169.254/', '?url=http://[::1]/', '?return_to=//evil.example'];
    for (const wish of wishes) for (const path of [pixel, click]) await ask(service.url + path + wish);
    await service.settler.settleNow();
    expect(connecting).toHaveBeenCalledTimes(2 * wishes.length);
  });

  it('comes from Koa for whatever is no tracking path', async () => {
    expect((await ask(`${service.url}/healthz`)).text).toBe('ok');
    expect((await ask(`${service.url}/o/`)).status).toBe(404);
    expect((await ask(`${service.url}/api/v1/messages`)).status).toBe(401);
  });

  it('carries the same headers before Koa as through it', async () => {
    const { headers } = await ask(service.url + pixel);
    expect(Object.keys(headers).sort()).toEqual([
      ...['cache-control', 'connection', 'content-length', 'content-type', 'date', 'referrer-policy'],
      ...['telltale-durable', 'x-robots-tag'],
    ]);
  });

  it('to HEAD has no body, and says how long it would be', async () => {
    const answer = await ask(service.url + pixel, { method: 'HEAD' });
    expect([answer.status, answer.body.length, answer.headers['content-length']]).toEqual([200, 0, '43']);
  });

  it('to a way out whose body breaks off is none, and no problem of ours', async () => {
    const mail = service.tracker.compile('<p>x', { message: 'm' }).render('r1');
    const path = new URL((mail.headers['List-Unsubscribe'] ?? '').slice(1, -1)).pathname;
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 26\r\n\r\nList-`);
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    expect((await ask(`${service.url}/healthz`)).text).toBe('ok');
    expect(service.problems).toEqual([]);
  });
});
