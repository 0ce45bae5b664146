// What a recipient costs: ours against loading, rewriting and serialising the mail with cheerio, all in one run. The
// rounds are interleaved, so that a machine that slows down slows all of them; medians are told.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { load } from 'cheerio';
import { packageRoot } from '../src/base/package-root.ts';
import { addKey } from '../src/token/key-ring.ts';
import { createTracker } from '../src/track/create-tracker.ts';
import { type Edit, makeTemplate, type Template } from '../src/track/template.ts';
import { BASE_URL, withCheerio } from './peers.ts';
import type { BenchResult } from './run.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as ((options: { readonly type: 'minor' }) => void) | undefined;

const ROUNDS = 31;
/**
 * Calls in a round of what parses: a parse makes 3.5 MB of garbage, and a round of one would leave it to the collection
 * between the rounds, or pay for it, as it happens to fit the young generation or not. CALLS=1 shows that.
 */
const PARSES = Number(process.env['CALLS'] ?? 10);
/** Until the code of each is compiled. */
const WARM_UP_ROUNDS = 5;

interface Contestant {
  readonly name: string;
  readonly run: (index: number) => unknown;
  /** Calls in a round: enough to take some milliseconds, and for each to collect the garbage that it makes. */
  readonly calls: number;
}

export async function benchRewrite(): Promise<BenchResult> {
  const html = readFileSync(new URL('templates/mail/newsletter.html', packageRoot), 'utf8');
  const tracker = createTracker({
    baseUrl: BASE_URL,
    keys: addKey(undefined, { secret: Buffer.alloc(32, 7), atMs: 0, sign: true }),
  });
  const mail = tracker.compile(html, { message: 'autumn' });
  const target = Buffer.alloc(mail.htmlBytes('r00000') + 100);
  const copy = Buffer.alloc(target.length);
  const token = mail.token('r00000');
  const template = templateOf(html, mail.edits('r00000').html, token);
  const contestants: readonly Contestant[] = [
    { name: 'cheerio: load, rewrite, serialise', calls: PARSES, run: () => withCheerio(html) },
    {
      name: 'cheerio: load with positions only',
      calls: PARSES,
      run: () => load(html, { sourceCodeLocationInfo: true }),
    },
    { name: 'ours: compile (once a mailing)', calls: PARSES, run: () => tracker.compile(html, { message: 'autumn' }) },
    { name: 'ours: render to a string', calls: 4_000, run: (index) => mail.render(idOf(index)) },
    { name: 'ours: render into a Buffer', calls: 2_000, run: (index) => mail.renderInto(target, 0, idOf(index)) },
    { name: 'ours: splice into a Buffer, R given', calls: 5_000, run: () => template.write(token, target, 0) },
    { name: 'ours: R alone', calls: 2_000, run: (index) => mail.token(idOf(index)) },
    { name: 'floor: copy of the same bytes', calls: 5_000, run: () => target.copy(copy) },
    { name: 'floor: createHmac of 24 bytes', calls: 2_000, run: () => createHmac('sha256', KEY).update(DATA).digest() },
  ];
  const medians = measure(contestants);
  const cheerio = medians[0] ?? 1;
  return {
    bench: 'rewrite',
    of: `${Buffer.byteLength(html).toLocaleString('en')} bytes, ${mail.links.length} links, medians of ${ROUNDS} rounds`,
    rows: contestants.map(({ name }, index) => {
      const microseconds = medians[index] ?? 0;
      return {
        name,
        microseconds: Number(microseconds.toFixed(2)),
        'times cheaper than cheerio': Number((cheerio / microseconds).toPrecision(3)),
      };
    }),
  };
}

/** What is left of rendering when R is known: the mail with gaps for it. */
function templateOf(html: string, edits: readonly Edit[], token: string): Template {
  const splices = edits.map(({ start, end, text }) => {
    const [before = '', after = ''] = text.split(token);
    return { start, end, before, after };
  });
  return makeTemplate(html, splices);
}

const KEY = Buffer.alloc(32, 1);
const DATA = Buffer.alloc(24, 2);

function idOf(index: number): string {
  return `r${String(index % 100_000).padStart(5, '0')}`;
}

/** Before each round, so that nobody pays for what the one before left behind; everyone pays for their own. */
function collectGarbage(): void {
  gc?.({ type: 'minor' });
}

/** The median microseconds a call of each contestant takes. */
function measure(contestants: readonly Contestant[]): readonly number[] {
  const times = contestants.map((): number[] => []);
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    contestants.forEach(({ run, calls }, index) => {
      collectGarbage();
      const startedMs = performance.now();
      for (let call = 0; call < calls; call += 1) run(call);
      const microseconds = ((performance.now() - startedMs) * 1_000) / calls;
      if (round >= 0) times[index]?.push(microseconds);
    });
  }
  return times.map((list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0);
}
