// Hits as the collector makes them, and the requests that stand for each label.
import type { Hit, HitLink, Label } from '../../src/base/nouns.ts';

/** 1 January 2026, the start of a quarter hour. */
export const startMs = Date.UTC(2026, 0, 1);

/** An hour before: of a hit at {@link startMs} no rule asks when its mail was sent. */
export const sentMs: number = startMs - 3_600_000;

/** Who asks: what each sends, and how its opens and its clicks are judged. */
export interface Client {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly open: Label;
  readonly click: Label;
}

const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';

export const CLIENTS = {
  reader: client('GET', { 'user-agent': BROWSER, 'accept-language': 'de' }, 'human'),
  // A proxy opens because someone looks; when its name clicks, only the browser in it speaks, without a language.
  proxy: { ...client('GET', { 'user-agent': GMAIL }, 'proxy-human'), click: 'unknown' },
  speculative: client('GET', { 'user-agent': BROWSER, 'sec-purpose': 'prefetch' }, 'prefetch'),
  head: client('HEAD', { 'user-agent': BROWSER }, 'scanner'),
  messenger: client('GET', { 'user-agent': 'Slackbot-LinkExpanding 1.0' }, 'preview'),
  nobody: client('GET', {}, 'unknown'),
} as const satisfies Readonly<Record<string, Client>>;

function client(method: string, headers: Client['headers'], label: Label): Client {
  return { method, headers, open: label, click: label };
}

let made = 0;

/** A hit of its own id: an open of a person by default, a click when a link is given. */
export function makeHit(of: Partial<Hit> & { readonly from?: Client } = {}): Hit {
  const { from = CLIENTS.reader, ...fields } = of;
  const atMs = fields.atMs ?? startMs;
  made += 1;
  return {
    id: atMs.toString(16).padStart(12, '0') + made.toString(16).padStart(20, '0'),
    kind: fields.link ? 'click' : 'open',
    message: 'spring-sale',
    recipient: 'r1',
    level: 'individual',
    test: false,
    link: null,
    atMs,
    method: from.method,
    peer: null,
    network: 'unknown',
    networkLists: '2026-01-01-000000',
    repeat: false,
    headers: from.headers,
    ...fields,
  };
}

/** A link of a mail with three links. */
export function makeLink(of: Partial<HitLink> = {}): HitLink {
  return { index: 0, count: 3, destination: 'https://example.com/', honeypot: false, ...of };
}
