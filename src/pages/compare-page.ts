// Two messages side by side: by how much one was read more than the other, and whether that can be known.
import { type ComparedMessage, type Comparison, comparisonRows, type Difference } from '../report/compare-messages.ts';
import { addressOf } from './addresses.ts';
import { differenceChart } from './difference-chart.ts';
import { type Figure, figureOf } from './figures.ts';
import { renderPage } from './render-page.ts';
import { countWords, cut, numberWords, percentWords, pointsWords } from './words.ts';

export interface ComparePage {
  readonly csrf: string;
  /** Ids as they were asked for. */
  readonly a: string;
  readonly b: string;
  /** Nothing before two messages are named, or where one is not known. */
  readonly comparison: Comparison | null;
  /** Why there is no comparison. */
  readonly problem: string;
}

const ROOT = './';

/** The page. */
export function comparePage({ csrf, a, b, comparison, problem }: ComparePage): string {
  const shown = comparison === null ? null : comparisonOf(comparison);
  return renderPage('compare', { root: ROOT, csrf, a, b, problem, comparison: shown });
}

const TITLE_CHARS = 80;

function comparisonOf(comparison: Comparison) {
  const { a, b, difference, warnings } = comparison;
  const reach = reachOf([difference.open, difference.click]);
  const estimate = ({ rates }: ComparedMessage) => rates.open.estimated.value;
  const clicks = ({ rates }: ComparedMessage) => rates.click.human;
  return {
    warnings,
    messages: [a, b].map((message, place) => ({
      letter: place === 0 ? 'A' : 'B',
      title: cut(message.name ?? message.id, TITLE_CHARS),
      href: addressOf(ROOT, 'messages', message.id),
      sent: countWords(message.sent, 'recipient'),
    })),
    rows: [
      rateRow('opened', 'Opened, estimated', 'rates.open.estimated.value', { a, b }, estimate, difference.open, reach),
      rateRow('clicked', 'Clicked, people', 'rates.click.human', { a, b }, clicks, difference.click, reach),
    ],
    others: [
      plainRow('Opened, people seen', 'rates.open.human', { a, b }, ({ rates }) => rates.open.human, percentWords),
      plainRow('Opened, raw with machines', 'rates.open.raw', { a, b }, ({ rates }) => rates.open.raw, percentWords),
      plainRow('Clicked, raw with machines', 'rates.click.raw', { a, b }, ({ rates }) => rates.click.raw, percentWords),
      plainRow('Recipients', 'sent', { a, b }, ({ sent }) => sent, numberWords),
      ...soldRows(comparison),
    ],
  };
}

/** What both earned: the rows of CSV, where there are any. */
function soldRows(comparison: Comparison) {
  return comparisonRows(comparison).rows.flatMap(({ figure, a, b }) => {
    const [, what = '', currency = ''] = /^(conversions\.[\w.]+?|cost)(?:\.([A-Z]{3}))?$/.exec(String(figure)) ?? [];
    const name = SOLD[what];
    if (name === undefined) return [];
    const shown = (letter: string, value: string | number | null | undefined) => {
      const text = value === null || value === undefined ? '' : String(value);
      const words = what.includes('.rates.') && typeof value === 'number' ? percentWords(value) : text || '–';
      return { figure: `${letter}.${figure}`, value: text, words };
    };
    return [{ name: currency === '' ? name : `${name}, ${currency}`, a: shown('a', a), b: shown('b', b) }];
  });
}

const SOLD: Readonly<Record<string, string>> = {
  'conversions.count': 'Conversions',
  'conversions.value': 'Revenue',
  'conversions.unverified.count': 'Conversions, unverified',
  'conversions.unverified.value': 'Revenue, unverified',
  'conversions.rates.sent': 'Conversions by mails sent',
  'conversions.rates.clickers': 'Conversions by people who clicked',
  'conversions.perMail': 'Revenue per mail',
  'conversions.returnOnSpend': 'Return on spend',
  cost: 'Cost',
};

type Pair = { readonly a: ComparedMessage; readonly b: ComparedMessage };

function rateRow(
  verb: string,
  name: string,
  figure: string,
  pair: Pair,
  of: (message: ComparedMessage) => number | null,
  difference: Difference,
  reach: number,
) {
  const { value, low, high, level } = difference;
  const known = value !== null && low !== null && high !== null;
  const chart = known
    ? differenceChart({
        id: `d-${verb}`,
        title: `${name}: A less B, ${pointsWords(value)} points`,
        description: `${level * 100} % interval from ${pointsWords(low)} to ${pointsWords(high)} points.`,
        ...{ value, low, high, reach },
      })
    : '';
  return { ...plainRow(name, figure, pair, of, percentWords), chart, verdict: verdictOf(verb, difference) };
}

function plainRow(
  name: string,
  figure: string,
  { a, b }: Pair,
  of: (message: ComparedMessage) => number | null,
  inWords: (value: number | null) => string,
): { readonly name: string; readonly a: Figure; readonly b: Figure } {
  return { name, a: figureOf(`a.${figure}`, of(a), inWords), b: figureOf(`b.${figure}`, of(b), inWords) };
}

/** What the difference says, and whether it says anything. */
function verdictOf(verb: string, { value, low, high, level }: Difference): string {
  if (value === null || low === null || high === null) return `By how much more of one ${verb} cannot be known.`;
  const between = `${pointsWords(low)} and ${pointsWords(high)} points (${level * 100}\u00a0% interval)`;
  if (low <= 0 && high >= 0)
    return `Which of them more people ${verb} cannot be told: the difference is between ${between}.`;
  const [more, less] = value > 0 ? ['A', 'B'] : ['B', 'A'];
  const points = pointsWords(Math.abs(value)).slice(1);
  return `More people ${verb} ${more} than ${less}: by ${points} points, probably. A less B is between ${between}.`;
}

/** The end of the scale: a round number of points that all intervals fit in. */
function reachOf(differences: readonly Difference[]): number {
  const ends = differences.flatMap(({ low, high }) => [Math.abs(low ?? 0), Math.abs(high ?? 0)]);
  return [0.02, 0.05, 0.1, 0.2, 0.5].find((reach) => Math.max(...ends) <= reach) ?? 1;
}
