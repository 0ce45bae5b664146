// What every request passes first: an address of bearable length, and one Host that is ours. A page of another site whose
// name was pointed at this machine (DNS rebinding) gets 421 and learns nothing.
import type { IncomingMessage } from 'node:http';
import { urlCharsMax } from '../base/limits.ts';
import { type Answer, emptyAnswer, outcomeHeaders } from './answer.ts';

/** The path of a request that may pass, or the answer for one that may not. */
export type Passed = { readonly path: string } | { readonly answer: Answer };

export type Front = (request: Pick<IncomingMessage, 'url' | 'headers' | 'rawHeaders' | 'httpVersionMajor'>) => Passed;

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Prepares the check; `hosts` are names or addresses, with or without a port, which is not compared. */
export function makeFront(hosts: Iterable<string>): Front {
  const allowed = new Set([...LOOPBACK_NAMES, ...hosts].map(nameOf));
  const isAllowed = (host: string) => allowed.has(host) || allowed.has(nameOf(host));
  return ({ url = '', headers, rawHeaders, httpVersionMajor }) => {
    if (url.length > urlCharsMax) return { answer: TOO_LONG };
    // Node's parser lets them pass, and takes the first of two hosts (RFC 9112, 3.2).
    if (httpVersionMajor !== 1 || hostsIn(rawHeaders) > 1) return { answer: UNREADABLE };
    const read = url.startsWith('/') ? { path: withoutQuery(url), host: headers.host } : readAbsolute(url);
    if (read === undefined) return { answer: UNREADABLE };
    // HTTP/1.0 has no Host; a browser never speaks it.
    if (read.host !== undefined && !isAllowed(read.host)) return { answer: MISDIRECTED };
    return { path: read.path };
  };
}

const TOO_LONG = emptyAnswer(414, [...outcomeHeaders(), 'Connection', 'close']);
const UNREADABLE = emptyAnswer(400, [...outcomeHeaders(), 'Connection', 'close']);
const MISDIRECTED = emptyAnswer(421);

function withoutQuery(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** How many Host headers came; `headers` would hold the first alone. */
function hostsIn(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts;
}

/** The absolute form (`GET http://t.example.com/o/…`): its own authority counts, not the Host header (RFC 9112, 3.2.2). */
function readAbsolute(url: string): { readonly path: string; readonly host: string | undefined } | undefined {
  if (url === '*') return { path: '*', host: undefined };
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const { pathname, host } = new URL(url);
  return { path: pathname, host };
}

/** A host without its port, in one case and without a final dot. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}
