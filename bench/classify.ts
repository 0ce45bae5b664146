// How right verdicts are over the project's own labelled cases, beside what people use instead, and what one costs. The
// labels are written down by hand (test/classify/cases), from what is documented; no judge judges itself.
import crawlers from 'crawler-user-agents';
import { isbot } from 'isbot';
import { LABELS, type Label } from '../src/base/nouns.ts';
import { classify, judgeAlone } from '../src/classify/classify.ts';
import { readOwnRules } from '../src/classify/own-rules.ts';
import type { ClassifyHit } from '../src/classify/read-signals.ts';
import { CASES } from '../test/classify/cases/index.ts';
import type { BenchResult } from './run.ts';

/** What judges a hit: its label, of all of a case. */
type Judge = (hits: readonly ClassifyHit[]) => readonly Label[];

const patterns = crawlers.map(({ pattern }) => new RegExp(pattern));
const agentOf = (hit: ClassifyHit) => hit.headers['user-agent'] ?? '';
const byAgent =
  (isProgram: (agent: string) => boolean): Judge =>
  (hits) =>
    hits.map((hit) => (isProgram(agentOf(hit)) ? 'scanner' : 'human'));

const JUDGES: Readonly<Record<string, Judge>> = {
  telltale: (hits) => classify(hits).map(({ label }) => label),
  isbot: byAgent(isbot),
  'crawler-user-agents': byAgent((agent) => patterns.some((pattern) => pattern.test(agent))),
  'faster than 2 s': (hits) =>
    hits.map(({ atMs, sentAtMs }) => ((atMs ?? 0) - (sentAtMs ?? 0) < 2_000 ? 'scanner' : 'human')),
};

/** How the judges compare, and what Telltale makes of each label. */
export async function benchClassify(): Promise<readonly BenchResult[]> {
  const wanted = CASES.flatMap(({ labels }) => labels);
  const rows = Object.entries(JUDGES).map(([name, judge]) => {
    const pairs = CASES.flatMap(({ hits, labels }) => {
      const got = judge(hits);
      return labels.flatMap((label, position) =>
        label === null ? [] : [[label, got[position] ?? 'unknown'] as const],
      );
    });
    return { judge: name, 'macro-F1': macroF1(pairs), ...peopleOf(pairs), ...costOf(judge) };
  });
  const judged = wanted.filter((label) => label !== null).length;
  const of = `${judged} labelled hits in ${CASES.length} cases`;
  return [
    { bench: 'classify', of: `${of}; microseconds a hit: the median over their mix`, rows },
    { bench: 'confusion', of: `${of}: a row for what each is, a column for what Telltale says`, rows: confusion() },
  ];
}

/** The mean over the labels of how right and how whole each is; a label that is never given counts as 0. */
function macroF1(pairs: readonly (readonly [Label, Label])[]): number {
  const scores = LABELS.map((label) => {
    const right = pairs.filter(([wanted, got]) => wanted === label && got === label).length;
    const either =
      pairs.filter(([wanted]) => wanted === label).length + pairs.filter(([, got]) => got === label).length;
    return either === 0 ? 1 : (2 * right) / either;
  });
  return Math.round((scores.reduce((sum, score) => sum + score, 0) / scores.length) * 1_000) / 1_000;
}

/** What a report would make of it: people taken for something else, and the other way round. */
function peopleOf(pairs: readonly (readonly [Label, Label])[]) {
  const isPerson = (label: Label) => label === 'human' || label === 'proxy-human';
  return {
    'people lost': pairs.filter(([wanted, got]) => isPerson(wanted) && !isPerson(got)).length,
    'programs as people': pairs.filter(([wanted, got]) => !isPerson(wanted) && isPerson(got)).length,
  };
}

function confusion() {
  const judge = JUDGES['telltale'];
  const given = CASES.flatMap(({ hits, labels }) =>
    (judge?.(hits) ?? []).map((got, position) => [labels[position], got] as const),
  );
  return LABELS.map((wanted) => ({
    is: wanted,
    ...Object.fromEntries(
      LABELS.map((got) => [got, given.filter(([label, other]) => label === wanted && other === got).length]),
    ),
  }));
}

const ROUNDS = 100;

function costOf(judge: Judge) {
  const hits = CASES.flatMap((one) => one.hits);
  const times: number[] = [];
  for (let round = -20; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    judge(hits);
    if (round >= 0) times.push(((performance.now() - startedMs) * 1_000) / hits.length);
  }
  return { 'us a hit': round(median(times)), 'us, new agent': judge === JUDGES['telltale'] ? newAgentCost(hits) : '' };
}

/** One by one, each with an agent that was never seen, of 512 characters. */
function newAgentCost(hits: readonly ClassifyHit[]): number {
  const own = readOwnRules(undefined, 'bench');
  const times = Array.from({ length: 20_000 }, (_, n) => {
    const hit = hits[n % hits.length];
    if (hit === undefined) return 0;
    const agent = `${agentOf(hit)} ${n} ${'x'.repeat(512)}`.slice(0, 512);
    const startedMs = performance.now();
    judgeAlone({ ...hit, headers: { ...hit.headers, 'user-agent': agent } }, own);
    return (performance.now() - startedMs) * 1_000;
  });
  return round(median(times));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
