// The demo's readers: what each mailbox does with a mail, as real clients do it, and what its owner really did. Pure:
// the same seed gives the same people.

/** One request a client makes. */
export interface ClientRequest {
  readonly what: 'pixel' | 'link';
  /** Position among the links of the mail, for `link`. */
  readonly link: number;
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  /** The address of the proxy or gateway that asks; nothing when the reader's own client does. */
  readonly proxy?: string;
  /** Milliseconds after the mail arrived, in demo time. */
  readonly afterMs: number;
}

export interface Reader {
  readonly id: string;
  readonly address: string;
  /** Where the reader's own client asks from. */
  readonly network: string;
  /** The kind of mailbox, for the summary. */
  readonly mailbox: MailboxKind['name'];
  readonly reads: boolean;
  readonly clicks: boolean;
  readonly requests: readonly ClientRequest[];
}

interface MailboxKind {
  readonly name: string;
  readonly domain: string;
  readonly share: number;
  readonly readRate: number;
  /** Of those who read. */
  readonly clickRate: number;
  readonly fetches: (reads: boolean, chance: Chance, linkCount: number) => readonly ClientRequest[];
  readonly browser: Readonly<Record<string, string>>;
}

/** A number from 0 to 1. */
type Chance = () => number;

const LANGUAGE = { 'accept-language': 'en-GB,en;q=0.9' };
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1';
const GMAIL_PROXY = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const YAHOO_PROXY = 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html';
const OUTLOOK = 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)';

/** The company's gateway, in a network for examples (RFC 5737). */
const GATEWAY = '192.0.2.25';

/** Milliseconds the whole demo's reading takes. */
const SPAN_MS = 6_000;

const KINDS: readonly MailboxKind[] = [
  {
    name: 'Gmail',
    domain: 'gmail.example',
    share: 0.3,
    readRate: 0.45,
    clickRate: 0.2,
    browser: { 'user-agent': CHROME, ...LANGUAGE },
    // The proxy fetches when someone looks, and keeps the image: later looks are not seen.
    fetches: (reads, chance) =>
      reads ? [pixel({ 'user-agent': GMAIL_PROXY }, chance() * SPAN_MS, '66.249.84.1')] : [],
  },
  {
    name: 'Apple Mail',
    domain: 'icloud.example',
    share: 0.3,
    readRate: 0.4,
    clickRate: 0.15,
    browser: { 'user-agent': IPHONE, ...LANGUAGE },
    // Privacy protection fetches whether or not anyone looks.
    fetches: (_, chance) => [pixel({ 'user-agent': 'Mozilla/5.0' }, chance() * SPAN_MS, '172.224.226.5')],
  },
  {
    name: 'Outlook',
    domain: 'outlook.example',
    share: 0.15,
    readRate: 0.4,
    clickRate: 0.2,
    browser: { 'user-agent': CHROME, ...LANGUAGE },
    // One in four leaves images blocked.
    fetches: (reads, chance) =>
      reads && chance() < 0.75 ? [pixel({ 'user-agent': OUTLOOK }, chance() * SPAN_MS)] : [],
  },
  {
    name: 'Yahoo',
    domain: 'yahoo.example',
    share: 0.1,
    readRate: 0.4,
    clickRate: 0.15,
    browser: { 'user-agent': CHROME, ...LANGUAGE },
    fetches: (reads, chance) => (reads ? [pixel({ 'user-agent': YAHOO_PROXY }, chance() * SPAN_MS, '98.136.0.1')] : []),
  },
  {
    name: 'company behind a gateway',
    domain: 'corp.example',
    share: 0.1,
    readRate: 0.4,
    clickRate: 0.2,
    browser: { 'user-agent': CHROME, ...LANGUAGE },
    // The gateway fetches the pixel and every link as the mail arrives.
    fetches: (reads, chance, linkCount) => [
      pixel({ 'user-agent': 'python-requests/2.32.3' }, 5, GATEWAY),
      ...Array.from({ length: linkCount }, (_, link) => scan(link)),
      ...(reads ? [pixel({ 'user-agent': OUTLOOK }, 1_000 + chance() * (SPAN_MS - 1_000))] : []),
    ],
  },
  {
    name: 'images blocked',
    domain: 'quiet.example',
    share: 0.05,
    readRate: 0.4,
    clickRate: 0.3,
    browser: { 'user-agent': CHROME, ...LANGUAGE },
    fetches: () => [],
  },
];

/** Makes readers of a mail with `linkCount` tracked links. */
export function makeReaders(count: number, linkCount: number, seed: number): readonly Reader[] {
  const chance = seededChance(seed);
  return Array.from({ length: count }, (_, position) =>
    makeReader(position, kindAt(position / count), linkCount, chance),
  );
}

function makeReader(position: number, kind: MailboxKind, linkCount: number, chance: Chance): Reader {
  const id = `reader-${String(position + 1).padStart(3, '0')}`;
  const reads = chance() < kind.readRate;
  const clicks = reads && chance() < kind.clickRate;
  const fetches = kind.fetches(reads, chance, linkCount);
  const lookedMs = fetches.at(-1)?.afterMs ?? chance() * SPAN_MS;
  const click: ClientRequest = {
    what: 'link',
    link: Math.floor(chance() * linkCount),
    method: 'GET',
    headers: kind.browser,
    afterMs: Math.max(lookedMs, 1_000) + 200 + chance() * 800,
  };
  return {
    id,
    address: `${id}@${kind.domain}`,
    network: `198.51.100.${(position % 254) + 1}`,
    mailbox: kind.name,
    reads,
    clicks,
    requests: clicks ? [...fetches, click] : fetches,
  };
}

/** The kind of mailbox at a place from 0 to 1 of the list. */
function kindAt(place: number): MailboxKind {
  let end = 0;
  for (const kind of KINDS) {
    end += kind.share;
    if (place < end - 1e-9) return kind;
  }
  return KINDS[KINDS.length - 1] as MailboxKind;
}

function pixel(headers: Readonly<Record<string, string>>, afterMs: number, proxy?: string): ClientRequest {
  return { what: 'pixel', link: 0, method: 'GET', headers, afterMs, ...(proxy !== undefined && { proxy }) };
}

function scan(link: number): ClientRequest {
  const method = link % 3 === 0 ? 'HEAD' : 'GET';
  const headers = { 'user-agent': 'python-requests/2.32.3' };
  return { what: 'link', link, method, headers, proxy: GATEWAY, afterMs: 10 + link };
}

/** Mulberry32: small, seeded, good enough to deal out habits. */
function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
