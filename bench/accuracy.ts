// What each rewriter makes of real mail: links tracked rightly, missed and damaged, and bytes changed elsewhere, over
// the sample mails and MJML's output. The links that should be tracked, and where a client would follow them to, are
// written down here by hand; no rewriter judges itself.
import { readFileSync } from 'node:fs';
import mjml2html from 'mjml';
import { packageRoot } from '../src/base/package-root.ts';
import { addKey } from '../src/token/key-ring.ts';
import { createTracker } from '../src/track/create-tracker.ts';
import { BASE_URL, makePeers, type Peer } from './peers.ts';
import type { BenchResult } from './run.ts';

interface Sample {
  readonly html: string;
  readonly links: readonly ExpectedLink[];
}

interface ExpectedLink {
  /** As it stands in the source. */
  readonly raw: string;
  readonly destination: string;
}

const ROUNDS = 15;

export async function benchAccuracy(): Promise<BenchResult> {
  const samples = [...['newsletter', 'receipt', 'personal'].map(plainSample), uglySample(), await mjmlSample()];
  const keys = addKey(undefined, { secret: Buffer.alloc(32, 7), atMs: 0, sign: true });
  const peers = makePeers(createTracker({ baseUrl: BASE_URL, keys }));
  const rows = [];
  for (const peer of peers) rows.push(await judge(peer, samples));
  const links = samples.reduce((sum, sample) => sum + sample.links.length, 0);
  return {
    bench: 'accuracy',
    of: `${links} links in ${samples.length} mails; time for the 50 kB newsletter, made once`,
    rows,
  };
}

async function judge(peer: Peer, samples: readonly Sample[]) {
  const sum = { right: 0, missed: 0, damaged: 0, bytes: 0 };
  for (const sample of samples) {
    const result = await peer.rewrite(sample.html);
    const left = sample.links.map((link) => link.destination);
    for (const url of result.match(/https:\/\/track\.example\.com\/(?:c|link)\/[^"'\s<>]+/g) ?? []) {
      const destination = normal(peer.destinationOf(url) ?? '');
      const at = left.indexOf(destination);
      if (at < 0) sum.damaged += 1;
      else left.splice(at, 1);
    }
    sum.right += sample.links.length - left.length;
    sum.missed += left.length;
    sum.bytes += bytesChanged(rest(sample.html, sample.links), rest(result, sample.links));
  }
  const microseconds = await timeOf(() => peer.rewrite(samples[0]?.html ?? ''));
  return {
    name: peer.name,
    right: sum.right,
    missed: sum.missed,
    'wrong or unwanted': sum.damaged,
    'bytes changed elsewhere': sum.bytes,
    microseconds,
  };
}

/** A mail of ordinary links: double-quoted, absolute. */
function plainSample(name: string): Sample {
  return fromQuoted(readFileSync(new URL(`templates/mail/${name}.html`, packageRoot), 'utf8'));
}

async function mjmlSample(): Promise<Sample> {
  const { html } =
    await mjml2html(`<mjml><mj-body><mj-section background-url="https://img.shop.example/hero.jpg"><mj-column>
    <mj-text>Dear reader, <a href="https://shop.example/news?a=1&amp;b=2">the news</a>.</mj-text>
    <mj-button href="https://shop.example/sale">To the sale</mj-button>
    <mj-image src="https://img.shop.example/p.jpg" href="https://shop.example/p" alt="A pump" />
  </mj-column></mj-section></mj-body></mjml>`);
  return fromQuoted(html);
}

/** What must stay alone: fonts, ways out, links that log someone in, an opted-out link. */
const ALONE = /fonts\.|unsubscribe|reset-password|\/privacy$/;

function fromQuoted(html: string): Sample {
  const links = [...html.matchAll(/ href="(https?:[^"]+)"/g)]
    .map((match) => match[1] ?? '')
    .filter((raw) => !ALONE.test(raw));
  return { html, links: links.map((raw) => ({ raw, destination: normal(raw.replaceAll('&amp;', '&')) })) };
}

/** The mail of ugly links, one by one: the path, or the address as it stands and where it leads. */
function uglySample(): Sample {
  const html = readFileSync(new URL('templates/mail/ugly-hrefs.html', packageRoot), 'utf8');
  const paths =
    'double single unquoted unquoted/ blanks-round-the-sign upper-case several-lines greater-than no-blank slash fragment?q=1#place beside-a-decoy first area svg noscript vml mso not-mso foster outer inner misnested unclosed';
  const others: readonly (readonly [string, string])[] = [
    ['https://ugly.example/amp?a=1&amp;b=2', 'https://ugly.example/amp?a=1&b=2'],
    ['https://ugly.example/bare-amp?a=1&b=2&copy=3', 'https://ugly.example/bare-amp?a=1&b=2&copy=3'],
    ['https://ugly.example/decimal?a=1&#38;b=2', 'https://ugly.example/decimal?a=1&b=2'],
    ['https://ugly.example/hex?a=1&#x26;b=2', 'https://ugly.example/hex?a=1&b=2'],
    ['  https://ugly.example/blanks  ', 'https://ugly.example/blanks'],
    ['https://ugly.example/\n\tfolded', 'https://ugly.example/folded'],
    ['HTTPS://Ugly.Example/Upper-Scheme', 'https://ugly.example/Upper-Scheme'],
    ["https://ugly.example/marks/'()[]|,;x", "https://ugly.example/marks/'()[]|,;x"],
    ['http://ugly.example/plain-http', 'http://ugly.example/plain-http'],
    ['//ugly.example/no-scheme', 'https://ugly.example/no-scheme'],
    ['sale?colour=blue', 'https://www.tidewater.example/shop/sale?colour=blue'],
    ['https://b&#xfc;cher.example/stra&szlig;e', 'https://bücher.example/straße'],
  ];
  const ordinary = paths
    .split(' ')
    .map((path) => [`https://ugly.example/${path}`, `https://ugly.example/${path}`] as const);
  return {
    html,
    links: [...ordinary, ...others].map(([raw, destination]) => ({ raw, destination: normal(destination) })),
  };
}

/** As a browser requests it: rewriters may keep an address as it was written. */
function normal(address: string): string {
  return URL.canParse(address) ? new URL(address).href : address;
}

/** A mail without its tracked addresses and its pixel, in words. */
function rest(html: string, links: readonly ExpectedLink[]): readonly string[] {
  let text = html
    .replace(/<img[^>]*track\.example\.com[^>]*>/g, '')
    .replace(/https:\/\/track\.example\.com\/[^"'\s<>]+/g, '§');
  const raws = [...new Set(links.map((link) => link.raw))].sort((a, b) => b.length - a.length);
  for (const raw of raws) text = text.replaceAll(raw, '§');
  return text.match(/\s+|[^\s<>="']+|[<>="']/g) ?? [];
}

/** Bytes of the words that only one of the two has. */
function bytesChanged(before: readonly string[], after: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const word of before) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const word of after) counts.set(word, (counts.get(word) ?? 0) - 1);
  return [...counts].reduce((sum, [word, count]) => sum + Math.abs(count) * Buffer.byteLength(word), 0);
}

async function timeOf(run: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = -2; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    await run();
    if (round >= 0) times.push((performance.now() - startedMs) * 1_000);
  }
  return Math.round(times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0);
}
