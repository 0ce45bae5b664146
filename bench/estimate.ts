// Whether the estimated open rate is right: mailings of known truth, a grid of senders, a thousand runs each. For each
// the bias and the coverage of three rates: raw, without the recipients whose image was prefetched, and ours.
// Last come the demo's own mailings, 200 readers each, judged by the rules. RUNS=100 for fewer, ONLY=first for the scenarios named so.
import { type Label, PEOPLE } from '../src/base/nouns.ts';
import { classify } from '../src/classify/classify.ts';
import { makeReaders, type Reader } from '../src/cli/demo/readers.ts';
import { strataOf } from '../src/stats/audience.ts';
import { estimateOpens } from '../src/stats/estimate-opens.ts';
import { providerOf } from '../src/stats/provider.ts';
import { seededChance } from '../src/stats/random.ts';
import { wilson } from '../src/stats/wilson.ts';
import { type Mailing, makeMailings, type Scenario, type Segment } from './mailings.ts';
import type { BenchResult } from './run.ts';

const RUNS = Number(process.env['RUNS'] ?? 1_000);
const ONLY = process.env['ONLY'] ?? '';

const USUAL: Segment = { name: 'all', share: 1, masked: 0.5, visible: 0.85, readRate: 0.35, clickRate: 0.1 };

const BASE: Omit<Scenario, 'name'> = {
  holds: true,
  recipients: 20_000,
  segments: [USUAL],
  history: 0,
  historyRecipients: 20_000,
  maskedReads: 1,
  maskedReadBefore: 1,
  fetches: 0.95,
  scanned: 0.1,
  passes: 0,
  seenClicks: 1,
  maskedClicks: 1,
  mixed: 0,
  spread: { visible: 0.1, masked: 0.1, read: 0.2 },
};

const all = (changes: Partial<Segment>): Pick<Scenario, 'segments'> => ({ segments: [{ ...USUAL, ...changes }] });
const small = (recipients: number, history: number) => ({ recipients, history, historyRecipients: recipients });

/** Gmail shows images and its people click less; Outlook blocks them and its people click more. */
const PROVIDERS: readonly Segment[] = [
  { name: 'google', share: 0.4, masked: 0.1, visible: 0.97, readRate: 0.4, clickRate: 0.08 },
  { name: 'microsoft', share: 0.3, masked: 0.15, visible: 0.6, readRate: 0.3, clickRate: 0.14 },
  { name: 'apple', share: 0.3, masked: 0.9, visible: 0.9, readRate: 0.35, clickRate: 0.1 },
];

const SCENARIOS: readonly Scenario[] = [
  { ...BASE, name: '20,000, first mailing' },
  { ...BASE, name: '50,000, first mailing', recipients: 50_000 },
  { ...BASE, name: '5,000, first mailing', recipients: 5_000 },
  { ...BASE, name: '2,000, first mailing', recipients: 2_000 },
  { ...BASE, name: '500, first mailing', recipients: 500 },
  { ...BASE, name: '20,000, 8 before', history: 8 },
  { ...BASE, name: '50,000, 8 before', ...small(50_000, 8) },
  { ...BASE, name: '5,000, 8 before', ...small(5_000, 8) },
  { ...BASE, name: '2,000, 8 before', ...small(2_000, 8) },
  { ...BASE, name: '500, 12 before', ...small(500, 12) },
  { ...BASE, name: '500, 20 before', ...small(500, 20) },
  { ...BASE, name: '500, 3 large before', recipients: 500, history: 3 },
  { ...BASE, name: 'no Apple mail', ...all({ masked: 0 }), history: 4 },
  { ...BASE, name: '20 % Apple mail', ...all({ masked: 0.2 }), history: 4 },
  { ...BASE, name: '80 % Apple mail', ...all({ masked: 0.8 }), history: 4 },
  { ...BASE, name: 'half block images', ...all({ visible: 0.5 }), history: 4 },
  { ...BASE, name: 'hardly any block images', ...all({ visible: 0.98 }), history: 4 },
  { ...BASE, name: '15 % read', ...all({ readRate: 0.15 }), history: 4 },
  { ...BASE, name: '60 % read', ...all({ readRate: 0.6 }), history: 4 },
  { ...BASE, name: '3 % click', ...all({ clickRate: 0.03 }), history: 4 },
  { ...BASE, name: '30 % click', ...all({ clickRate: 0.3 }), history: 4 },
  { ...BASE, name: 'half scanned', scanned: 0.5, history: 4 },
  { ...BASE, name: 'masked read 30 % less, first', maskedReads: 0.7, maskedReadBefore: 0.7 },
  { ...BASE, name: 'masked read 30 % less', maskedReads: 0.7, maskedReadBefore: 0.7, history: 8 },
  { ...BASE, name: 'masked read 30 % less, 2,000', ...small(2_000, 8), maskedReads: 0.7, maskedReadBefore: 0.7 },
  { ...BASE, name: 'no two mailings alike', history: 8, spread: { visible: 0.3, masked: 0.3, read: 0.4 } },
  {
    ...BASE,
    name: 'mailings much alike, 2,000',
    ...small(2_000, 8),
    spread: { visible: 0.05, masked: 0.05, read: 0.05 },
  },
  { ...BASE, name: 'providers differ', segments: PROVIDERS, ...small(50_000, 4) },
  { ...BASE, name: 'Apple fetches 4 of 5', fetches: 0.8, history: 4 },
  { ...BASE, holds: false, name: 'seen readers click 10 % more', seenClicks: 1.1, history: 4 },
  { ...BASE, holds: false, name: 'seen readers click 10 % less', seenClicks: 0.9, history: 4 },
  { ...BASE, holds: false, name: 'masked click 10 % less', maskedClicks: 0.9, history: 4 },
  { ...BASE, holds: false, name: 'masked click 10 % more', maskedClicks: 1.1, history: 4 },
  { ...BASE, holds: false, name: 'seen 10 % more than all others', seenClicks: 1.1, maskedClicks: 0.98, history: 4 },
  { ...BASE, holds: false, name: 'both, 50,000', ...small(50_000, 4), seenClicks: 1.1, maskedClicks: 0.9 },
  { ...BASE, holds: false, name: 'both, first mailing', seenClicks: 1.1, maskedClicks: 0.9 },
  { ...BASE, holds: false, name: 'masked suddenly read 30 % less, 500', ...small(500, 12), maskedReads: 0.7 },
  { ...BASE, holds: false, name: 'masked suddenly read 30 % less, 2,000', ...small(2_000, 8), maskedReads: 0.7 },
  { ...BASE, holds: false, name: 'a fifth of masked seen elsewhere', mixed: 0.2, history: 4 },
  { ...BASE, holds: false, name: 'the same, first mailing', mixed: 0.2 },
  { ...BASE, holds: false, name: '1 scan in 100 passes for a person', passes: 0.01, scanned: 0.2, history: 4 },
];

interface Tally {
  runs: number;
  none: number;
  readonly bias: [raw: number, excluded: number, ours: number];
  readonly hits: [raw: number, excluded: number, ours: number, band: number];
  width: number;
  bandWidth: number;
  truth: number;
}

export async function benchEstimate(): Promise<BenchResult> {
  const rows = SCENARIOS.map((scenario, number) => ({ scenario, seed: number + 1 }))
    .filter(({ scenario }) => scenario.name.includes(ONLY))
    .map(({ scenario, seed }) => rowOf(scenario, seed));
  if (DEMO.includes(ONLY)) rows.push(demoRow());
  return {
    bench: 'estimate',
    of: `${RUNS} mailings a row, each seed printed; bias and width in points; ! marks where an assumption is violated`,
    rows,
  };
}

function rowOf(scenario: Scenario, seed: number): BenchResult['rows'][number] {
  return rowFrom(`${scenario.holds ? '' : '! '}${scenario.name}`, seed, play(scenario, seed));
}

function rowFrom(scenario: string, seed: number | string, tally: Tally): BenchResult['rows'][number] {
  const points = (sum: number) => ((sum / tally.runs) * 100).toFixed(2);
  const percent = (sum: number) => `${((sum / tally.runs) * 100).toFixed(1)} %`;
  return {
    mailing: scenario,
    seed,
    read: percent(tally.truth),
    'raw bias': points(tally.bias[0]),
    'raw covers': percent(tally.hits[0]),
    'Apple-excluded bias': points(tally.bias[1]),
    'Apple-excluded covers': percent(tally.hits[1]),
    bias: points(tally.bias[2]),
    covers: percent(tally.hits[2]),
    width: points(tally.width),
    'band covers': percent(tally.hits[3]),
    'band width': points(tally.bandWidth),
    'not estimated': tally.none,
  };
}

function play(scenario: Scenario, seed: number): Tally {
  const chance = seededChance(seed * 1_000_003);
  const tally = newTally();
  for (let run = 0; run < RUNS; run += 1) {
    const { history, mailing } = makeMailings(scenario, chance);
    score(tally, mailing, estimateOpens(strataOf(mailing.cells), history, seededChance(run)));
  }
  return tally;
}

const newTally = (): Tally => ({
  runs: 0,
  none: 0,
  bias: [0, 0, 0],
  hits: [0, 0, 0, 0],
  width: 0,
  bandWidth: 0,
  truth: 0,
});

function score(tally: Tally, mailing: Mailing, ours: ReturnType<typeof estimateOpens>): void {
  if (ours.kind === 'none') {
    tally.none += 1;
    return;
  }
  const truth = mailing.readers / mailing.recipients;
  const rates = [wilson(mailing.fetched, mailing.recipients), appleExcluded(mailing), ours] as const;
  for (const at of [0, 1, 2] as const) {
    tally.bias[at] += rates[at].value - truth;
    if (rates[at].low <= truth && truth <= rates[at].high) tally.hits[at] += 1;
  }
  if (ours.band.low <= truth && truth <= ours.band.high) tally.hits[3] += 1;
  tally.width += ours.high - ours.low;
  tally.bandWidth += ours.band.high - ours.band.low;
  tally.truth += truth;
  tally.runs += 1;
}

const DEMO = 'the demo, 200 seeds';
const DEMO_SEEDS = 200;
const DEMO_READERS = 200;
const DEMO_LINKS = 40;

function demoRow(): BenchResult['rows'][number] {
  const tally = newTally();
  for (let seed = 0; seed < DEMO_SEEDS; seed += 1) {
    const mailing = demoMailing(makeReaders(DEMO_READERS, DEMO_LINKS, seed));
    score(tally, mailing, estimateOpens(strataOf(mailing.cells), [], seededChance(seed)));
  }
  return rowFrom(`! ${DEMO}`, `0-${DEMO_SEEDS - 1}`, tally);
}

/** What the demo's report would count: each reader's requests, judged by the rules. */
function demoMailing(readers: readonly Reader[]): Mailing {
  const cells = readers.map(({ requests, address }) => {
    const verdicts = classify(
      requests.map(({ what, method, headers }) => ({
        id: '',
        event: what === 'pixel' ? 'open' : 'click',
        method,
        headers,
      })),
    );
    const saw = (what: 'pixel' | 'link', isMeant: (label: Label) => boolean) =>
      verdicts.some(({ label }, at) => requests[at]?.what === what && isMeant(label));
    return {
      stratum: providerOf(address.split('@').at(-1) ?? ''),
      maskedBefore: false,
      prefetched: saw('pixel', (label) => label === 'prefetch'),
      opened: saw('pixel', (label) => PEOPLE.has(label)),
      clicked: saw('link', (label) => PEOPLE.has(label)),
      recipients: 1,
    };
  });
  const fetched = readers.filter(({ requests }) => requests.some(({ what }) => what === 'pixel')).length;
  return { cells, recipients: readers.length, readers: readers.filter(({ reads }) => reads).length, fetched };
}

/** What many report: openers that are no prefetch, of recipients that were not prefetched. */
function appleExcluded({ cells }: Mailing) {
  const kept = cells.filter(({ prefetched }) => !prefetched);
  const sum = (of: typeof kept) => of.reduce((total, { recipients }) => total + recipients, 0);
  return wilson(sum(kept.filter(({ opened }) => opened)), sum(kept));
}
