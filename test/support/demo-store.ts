// A sender's store as it looks after a season: mailings of over a thousand recipients, read over days by people and
// machines of every kind. The same each time, so that screenshots change only when pages do.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Hit, HitLink } from '../../src/base/nouns.ts';
import { packageRoot } from '../../src/base/package-root.ts';
import { type ClientRequest, makeReaders, type Reader } from '../../src/cli/demo/readers.ts';
import { shippedNetworks } from '../../src/networks/shipped-lists.ts';
import { type Chance, seededChance } from '../../src/stats/random.ts';
import type { Store } from '../../src/store/open-store.ts';
import { addKey } from '../../src/token/key-ring.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { settleHits } from './stores.ts';

/** A mailing of the demo. */
interface DemoMailing {
  readonly id: string;
  readonly name: string | null;
  readonly sentAt: string;
  /** Whom it goes to, by their place on the list. */
  readonly isTo: (place: number) => boolean;
  readonly seed: number;
}

/** People on the sender's list, each with the same mailbox all year. */
const LISTED = 1_240;

export const DEMO_MAILINGS: readonly DemoMailing[] = [
  {
    id: 'july-letter',
    name: 'Letter from the harbour: July',
    sentAt: '2026-07-07T07:00:00Z',
    isTo: () => true,
    seed: 3,
  },
  {
    id: 'regatta',
    name: 'Invitation: regatta on 12 September',
    sentAt: '2026-08-18T15:30:00Z',
    isTo: () => true,
    seed: 5,
  },
  { id: 'order-confirmation', name: null, sentAt: '2026-08-20T09:12:00Z', isTo: (place) => place % 6 === 1, seed: 8 },
  {
    id: 'new-sails-a',
    name: 'New sails are in',
    sentAt: '2026-09-22T07:00:00Z',
    isTo: (place) => place % 2 === 0,
    seed: 13,
  },
  {
    id: 'new-sails-b',
    name: 'Your boat deserves new sails',
    sentAt: '2026-09-22T07:00:00Z',
    isTo: (place) => place % 2 === 1,
    seed: 24,
  },
  { id: 'autumn-newsletter', name: 'Autumn at the harbour', sentAt: '2026-11-10T07:00:00Z', isTo: () => true, seed: 7 },
];

const HOUR_MS = 3_600_000;
const CLICK_AFTER_MS = 90_000;

/** Milliseconds of a demo reader's time that become days here. */
const READER_SPAN_MS = 6_000;
const LATEST_MS = 7_200;

/** Of so many recipients, one agreed to counts alone. */
const AGGREGATE_EVERY = 40;

/** Of so many clickers, one unsubscribes. */
const UNSUBSCRIBES_EVERY = 17;

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';
const THUNDERBIRD = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0';

/** Fills it. */
export async function fillDemoStore(store: Store): Promise<void> {
  for (const mailing of DEMO_MAILINGS) await playMailing(store, mailing);
}

async function playMailing(store: Store, { id, name, sentAt, isTo, seed }: DemoMailing): Promise<void> {
  const links = await compile(store, id);
  const sentAtMs = Date.parse(sentAt);
  const chance = seededChance(seed);
  const readers = makeReaders(LISTED, links.length, seed).filter((_, place) => isTo(place));
  const isAggregate = (place: number) => place % AGGREGATE_EVERY === 5;
  await store.recordSends(
    id,
    readers.map((reader, place) => ({
      recipient: reader.id,
      atMs: sentAtMs + place * 40,
      domain: reader.address.split('@')[1],
      ...(isAggregate(place) && { consent: { opens: 'aggregate', clicks: 'aggregate' } as const }),
    })),
  );
  await store.recordLinks(id, links);
  if (name !== null) await store.describeMessage(id, { name });
  const hits = readers.flatMap((reader, place) => {
    const of = { message: id, sentAtMs, links, chance, recipient: isAggregate(place) ? null : reader.id };
    return hitsOf(reader, of);
  });
  const ordered = hits.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (let at = 0; at < ordered.length; at += 500) await settleHits(store, ordered.slice(at, at + 500));
}

/** Compiles the mail and has it kept. */
async function compile(store: Store, message: string) {
  const keys = addKey(undefined, { secret: Buffer.alloc(32, 1), atMs: 0, sign: true });
  const html = readFileSync(new URL('templates/mail/newsletter.html', packageRoot), 'utf8');
  const tracker = createTracker({ baseUrl: 'https://t.example.com', keys, store });
  const { links } = tracker.compile(html, { message });
  await tracker.close();
  return links;
}

interface HitsOf {
  readonly message: string;
  readonly recipient: string | null;
  readonly sentAtMs: number;
  readonly links: readonly { readonly index: number; readonly destination: string }[];
  readonly chance: Chance;
}

function hitsOf(reader: Reader, of: HitsOf): readonly Hit[] {
  const hits = reader.requests.map((request, step) => makeHit(reader, request, { ...of, step }));
  // Some look again, on another device.
  if (reader.reads && of.chance() < 0.3) hits.push(again(reader, of));
  if (reader.clicks && hash(`${of.message} ${reader.id}`).readUInt16BE() % UNSUBSCRIBES_EVERY === 0) {
    const last = hits.at(-1);
    if (last !== undefined)
      hits.push({
        ...last,
        id: idAt(last.atMs + 60_000, `${last.id} u`),
        kind: 'unsubscribe',
        link: null,
        atMs: last.atMs + 60_000,
      });
  }
  return hits;
}

function makeHit(reader: Reader, request: ClientRequest, of: HitsOf & { readonly step: number }): Hit {
  // The demo's readers click about this long after they look.
  const isClick = request.what === 'link' && request.proxy === undefined;
  const lookedMs = isClick ? Math.max(500, request.afterMs - 700) : request.afterMs;
  const atMs = Math.floor(of.sentAtMs + delayMs(lookedMs, of.sentAtMs) + (isClick ? CLICK_AFTER_MS : 0));
  const address = request.proxy ?? reader.network;
  return {
    id: idAt(atMs, `${of.message} ${reader.id} ${of.step}`),
    kind: request.what === 'pixel' ? 'open' : 'click',
    message: of.message,
    recipient: of.recipient,
    level: of.recipient === null ? 'aggregate' : 'individual',
    test: false,
    link: request.what === 'pixel' ? null : linkOf(request.link, of.links),
    atMs,
    method: request.method,
    peer: hash(address).toString('hex').slice(0, 16),
    network: shippedNetworks().kindOf(address),
    networkLists: shippedNetworks().version,
    repeat: false,
    headers: request.headers,
  };
}

function again(reader: Reader, of: HitsOf): Hit {
  const headers = { 'user-agent': of.chance() < 0.7 ? PHONE : THUNDERBIRD, 'accept-language': 'en-GB' };
  const afterMs = of.chance() * READER_SPAN_MS;
  return makeHit(reader, { what: 'pixel', link: 0, method: 'GET', headers, afterMs }, { ...of, step: 99 });
}

function linkOf(place: number, links: HitsOf['links']): HitLink {
  // The first links of a mail get most clicks.
  const index = Math.floor((place / links.length) ** 2 * links.length);
  return { index, count: links.length, destination: links[index]?.destination ?? '', honeypot: false };
}

/** Most look within hours, some after days, few at night. */
function delayMs(afterMs: number, sentAtMs: number): number {
  if (afterMs < 100) return afterMs * 20;
  const place = Math.min(afterMs, READER_SPAN_MS) / LATEST_MS;
  const delay = 2 * HOUR_MS * ((1 - place) ** -2.2 - 1) + 60_000;
  const hour = new Date(sentAtMs + delay).getUTCHours();
  return hour < 5 ? delay + (5 - hour) * HOUR_MS : delay;
}

function idAt(atMs: number, name: string): string {
  return atMs.toString(16).padStart(12, '0') + hash(name).toString('hex').slice(0, 20);
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
