// Strangers: tokens that are none, and requests that are none. No token but ours is accepted, nothing crashes, no answer
// is a failure of ours, and no event comes of it.
import { connect } from 'node:net';
import { openHitToken } from '../../src/token/hit-token.ts';
import { addKey, createKeyRing } from '../../src/token/key-ring.ts';
import { openLinkToken } from '../../src/token/link-token.ts';
import { openUnsubscribeToken } from '../../src/token/unsubscribe-token.ts';
import { createTracker, type Tracker } from '../../src/track/create-tracker.ts';
import { urlIn } from '../support/service.ts';
import { seeded } from './disk.ts';
import { testKeys } from './oracle.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

export interface TokenResult {
  readonly tried: number;
  readonly accepted: number;
  readonly perSecond: number;
}

/** Tries `count` random tokens and `count` changed ones, each as R, U and L. */
export function guessTokens(of: { readonly seed: number; readonly count: number }): TokenResult {
  const random = seeded(of.seed);
  const pick = (length: number) => Math.floor(random() * length);
  const keys = createKeyRing(testKeys);
  const key = keys.signing();
  const foreign = addKey(undefined, { secret: Buffer.alloc(32, 3), atMs: 0, sign: true });
  const [ours, theirs] = [testKeys, foreign].map((ring) => tokensOf(ring));
  if (ours === undefined || theirs === undefined) throw new Error('no tokens');
  const genuine = new Set(Object.values(ours));
  let accepted = 0;
  const attempt = (text: string) => {
    const folded = text.toLowerCase();
    const opened = [
      openHitToken(keys, text).ok && folded !== ours.hit,
      openUnsubscribeToken(keys, text).ok && folded !== ours.unsubscribe,
      openLinkToken(key, 'spring-sale', text).ok && folded !== ours.link,
    ];
    accepted += opened.filter(Boolean).length;
  };
  const startedMs = performance.now();
  for (let i = 0; i < of.count; i += 1) {
    attempt(Array.from({ length: 1 + pick(80) }, () => ALPHABET[pick(32)]).join(''));
    const source = [...genuine, ...Object.values(theirs)][pick(6)] ?? '';
    attempt(mutate(source, pick, [...genuine][pick(3)] ?? ''));
  }
  const tried = of.count * 2;
  return { tried, accepted, perSecond: Math.round((tried * 3) / ((performance.now() - startedMs) / 1_000)) };
}

function tokensOf(ring: typeof testKeys) {
  const tracker = createTracker({ baseUrl: 'https://t.example.com', keys: ring });
  const mail = tracker.compile('<body><a href="https://shop.example/sale">Sale</a></body>', { message: 'spring-sale' });
  const { html, headers } = mail.render('recipient-1');
  const link = /\/c\/[^/]+\/([a-z2-7]+)/.exec(html)?.[1] ?? '';
  const unsubscribe = /\/u\/([a-z2-7]+)/.exec(headers['List-Unsubscribe'] ?? '')?.[1] ?? '';
  return { hit: mail.token('recipient-1'), unsubscribe, link };
}

/** One bit, one character, padding, a piece of another token, a swap, a cut. */
function mutate(token: string, pick: (length: number) => number, other: string): string {
  const at = pick(token.length);
  const character = ALPHABET[pick(32)] ?? 'a';
  switch (pick(7)) {
    case 0:
      return token.slice(0, at) + character + token.slice(at + 1);
    case 1:
      return token + character;
    case 2:
      return `${token}=`;
    case 3:
      return token.slice(0, at) + other.slice(at);
    case 4:
      return token.slice(at) + token.slice(0, at);
    case 5:
      return token.slice(0, at);
    default:
      return token.slice(0, at) + character + token.slice(at);
  }
}

export interface RequestResult {
  readonly sent: number;
  /** Answers of 500 and above. */
  readonly failures: number;
}

/** Sends `count` malformed requests over as many connections, a few at a time; every third asks for one of `paths`, which are ours. */
export async function sendNonsense(
  url: string,
  of: { readonly seed: number; readonly count: number; readonly paths: readonly string[] },
): Promise<RequestResult> {
  const random = seeded(of.seed);
  const { hostname, port } = new URL(url);
  let left = of.count;
  let failures = 0;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      const answered = await exchange(
        Number(port),
        hostname,
        of.paths.length > 0 && random() < 1 / 3 ? spoil(of.paths, random) : nonsense(random),
      );
      failures += [...answered.matchAll(/HTTP\/1\.1 5\d\d /g)].length;
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return { sent: of.count, failures };
}

/** A pixel and a link of a mail. */
export function pathsOf(tracker: Tracker): readonly string[] {
  const { html } = tracker.compile('<body><a href="https://shop.example/">Shop</a>', { message: 'm' }).render('r1');
  return (['o', 'c'] as const).map((kind) => new URL(urlIn(html, kind)).pathname);
}

function exchange(port: number, host: string, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.end(bytes);
  });
}

/** A request that would be a hit, but for what is wrong with it. */
function spoil(paths: readonly string[], random: () => number): Buffer {
  const pick = (length: number) => Math.floor(random() * length);
  const path = paths[pick(paths.length)];
  const host = 'Host: localhost';
  const lines = [
    ...[`GET ${path} HTTP/2.0\r\n${host}\r\n`, `get ${path} HTTP/1.1\r\n${host}\r\n`],
    ...[`GET ${path}\0 HTTP/1.1\r\n${host}\r\n`, `GET ${path} HTTP/1.1\r\n`, `GET ${path} HTTP/1.1\n${host}\r\n`],
    `GET ${path} HTTP/1.1\r\n${host}\r\nhost: localhost\r\n`,
    ...['evil.example', 'a@localhost', 'localhost, localhost'].map(
      (name) => `GET ${path} HTTP/1.1\r\nHost: ${name}\r\n`,
    ),
    ...[
      'X-A: b\r\n c',
      'X A: b',
      'X-A',
      'X-A: b\0',
      'Host : localhost',
      `X-Long: ${'a'.repeat(17_000 + pick(50_000))}`,
    ],
    ...[
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Content-Length: -1',
      'Content-Length: 5\r\nContent-Length: 6',
    ],
    ...['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked', `Content-Length: ${6 + pick(1e6)}`],
  ].map((line) => (line.includes('HTTP/') ? line : `GET ${path} HTTP/1.1\r\n${host}\r\n${line}\r\n`));
  return Buffer.from(`${lines[pick(lines.length)]}\r\n${['zz\r\n', '-1\r\n', ''][pick(3)]}`, 'latin1');
}

function nonsense(random: () => number): Buffer {
  const pick = (length: number) => Math.floor(random() * length);
  const noise = (bytes: number) => Buffer.from(Array.from({ length: bytes }, () => pick(256))).toString('latin1');
  const paths = [
    ...['/o/%', '/o/%00.gif', '/o/%E0%A4%A.gif', '/c/%2e%2e/%2e%2e', '/c/a/b/c', '//evil.example/', '/\\evil.example'],
    ...['http://[/o/x.gif', 'http://evil.example/o/x.gif', '/o/x.gif?t=1&t=2', '/u/%0d%0aSet-Cookie:a', '*', ''],
    ...[`/o/${'a'.repeat(pick(9_000))}.gif`, `/${noise(1 + pick(40))}`, '/api/v1/messages/%', '/api/v1/%ff'],
  ];
  const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'TRACE', 'CONNECT', 'get', noise(3)];
  const headers = [
    ...['Host: localhost', 'Host: evil.example', 'Host: a@localhost', `X-Long: ${'a'.repeat(pick(64_000))}`],
    ...['Content-Length: 5\r\nTransfer-Encoding: chunked', 'Content-Length: -1', `${noise(5)}: ${noise(10)}`],
    ...[`X-Forwarded-For: ${' ,'.repeat(pick(3_000))}`, 'Expect: 100-continue', 'Authorization: Bearer tt_x'],
  ];
  const chosen = ['Connection: close', headers[pick(headers.length)], headers[pick(headers.length)]];
  const version = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 '][pick(4)];
  const head = `${methods[pick(methods.length)]} ${paths[pick(paths.length)]} ${version}\r\n${chosen.join('\r\n')}\r\n\r\n`;
  return Buffer.from(head + (pick(3) === 0 ? noise(20) : ''), 'latin1');
}
