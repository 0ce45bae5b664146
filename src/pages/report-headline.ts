// The first thing one sees of a report: how many opened, probably, how sure that is and why; and beside it the other rates,
// each with what it is a share of.
import type { Report } from '../report/build-report.ts';
import { type Figure, type FindFigure, figuresOf, type Tile } from './figures.ts';
import { intervalChart } from './interval-chart.ts';
import { salesTiles } from './report-sales.ts';
import { countWords, numberWords, percentWords } from './words.ts';

export interface Headline {
  /** The estimated open rate, or where there is none, the rate of people who were seen to open. */
  readonly big: Figure;
  readonly isEstimated: boolean;
  /** Whether there is anything to make a rate of. */
  readonly isKnown: boolean;
  readonly low: Figure;
  readonly high: Figure;
  readonly raw: Figure;
  readonly people: Figure;
  /** `90 % interval`. */
  readonly level: string;
  /** Why there is no estimate. */
  readonly reason: string;
  /** SVG; empty without an estimate. */
  readonly chart: string;
  readonly facts: readonly Fact[];
  /** How far it may be off besides, and why. */
  readonly band: Fact | null;
}

interface Fact {
  readonly term: string;
  readonly words: string;
}

/** The headline of a report. */
export function headlineOf(report: Report): Headline {
  const find = figuresOf(report);
  const { estimated } = report.rates.open;
  const isEstimated = estimated.value !== null;
  return {
    big: find(isEstimated ? 'rates.open.estimated.value' : 'rates.open.human', percentWords),
    isEstimated,
    isKnown: isEstimated || report.rates.open.human !== null,
    low: find('rates.open.estimated.low', percentWords),
    high: find('rates.open.estimated.high', percentWords),
    raw: find('rates.open.raw', percentWords),
    people: find('rates.open.human', percentWords),
    level: `${estimated.level * 100}\u00a0% interval`,
    reason: reasonOf(report),
    chart: chartOf(report),
    facts: factsOf(report),
    band: bandOf(report),
  };
}

function reasonOf({ sent, rates }: Report): string {
  const { reason } = rates.open.estimated;
  if (reason === 'no-sends' && sent > 0) return NOBODY_AGREED;
  return reason === null ? '' : NO_ESTIMATE[reason];
}

const NOBODY_AGREED =
  'No recipient agreed to have opens counted one by one, so how many opened is not known; the opens themselves are counted below.';

const NO_ESTIMATE: Readonly<Record<NonNullable<Report['rates']['open']['estimated']['reason']>, string>> = {
  'no-sends': 'No sends were recorded, so nobody knows what the opens are a share of.',
  'too-few-measurable': 'Too few recipients can be seen opening to estimate how many did.',
  'too-few-clickers': 'Too few people have clicked yet to estimate how many opened unseen.',
};

function chartOf({ rates }: Report): string {
  const { value, low, high, band, level } = rates.open.estimated;
  if (value === null || low === null || high === null) return '';
  const { raw } = rates.open;
  const wide = band.low === null || band.high === null ? null : { low: band.low, high: band.high };
  const wideWords =
    wide === null ? '' : ` ${percentWords(wide.low)} to ${percentWords(wide.high)} if what it assumes is off.`;
  return intervalChart({
    id: 'estimate',
    title: `Estimated open rate: ${percentWords(value)}`,
    description: `${level * 100} % interval from ${percentWords(low)} to ${percentWords(high)}.${wideWords} Raw, with machines: ${percentWords(raw)}.`,
    ...{ value, low, high, raw, band: wide },
  });
}

function factsOf(report: Report): readonly Fact[] {
  const { rates, recipients, sent } = report;
  const { sample, method, value } = rates.open.estimated;
  const facts: Fact[] = [];
  if (sample.measurable + sample.masked > 0) {
    const all = countWords(sample.measurable + sample.masked, 'recipient');
    const hidden = sample.masked === 1 ? '1 is' : `${numberWords(sample.masked)} are`;
    const masked =
      sample.masked === 0
        ? ''
        : ` ${hidden} hidden by machines that load images for them; of those, only clicks tell (${numberWords(sample.maskedClickers)} clicked).`;
    facts.push({ term: 'Who can be measured', words: `${numberWords(sample.measurable)} of ${all}.${masked}` });
  }
  if (recipients.measurable.opens < sent) {
    const without = `${numberWords(sent - recipients.measurable.opens)} of ${countWords(sent, 'recipient')}`;
    facts.push({ term: 'Left out', words: `${without} did not agree to have their opens counted one by one.` });
  }
  if (value !== null) facts.push({ term: 'How it is known', words: methodWords(method, report) });
  return facts;
}

function bandOf({ rates }: Report): Fact | null {
  const { low, high, assumption } = rates.open.estimated.band;
  if (low === null || high === null || assumption === null) return null;
  return { term: `${percentWords(low)} to ${percentWords(high)} if it is off:`, words: assumption };
}

function methodWords(method: string | null, { rates }: Report): string {
  const { openers, clickers, both, earlierMessages } = rates.open.estimated.sample;
  const seen = `${numberWords(openers)} were seen to open, ${numberWords(clickers)} to click, ${numberWords(both)} did both.`;
  const rest = 'Clicks without an open tell how many opens are missed';
  if (method !== 'sender-history') return `${seen} ${rest}.`;
  return `${seen} ${rest}; ${countWords(earlierMessages, 'earlier message')} of yours ${earlierMessages === 1 ? 'tells' : 'tell'} what is usual.`;
}

/** The other rates and counts. */
export function tilesOf(report: Report): readonly Tile[] {
  const find = figuresOf(report);
  const { recipients, sent, rates, opens } = report;
  const whole = rates.denominator === 'measurable' ? recipients.measurable.clicks : (recipients.delivered ?? sent);
  const measured = WHOLE_WORDS[rates.denominator];
  const openers = opens.byLabel.human.unique + opens.byLabel['proxy-human'].unique;
  return [
    rateTile('Click rate', 'rates.click', `of ${countWords(whole, 'recipient')}${measured}`, find),
    rateTile(
      'Click-to-open',
      'rates.clickToOpen',
      openers === 0 ? 'nobody was seen to open' : 'of people seen to open',
      find,
    ),
    countTile('Unsubscribes', 'unsubscribes', sent === 0 ? '' : `of ${countWords(sent, 'recipient')}`, find),
    ...tilesWhere(report, find),
  ];
}

/** Which recipients rates are shares of. */
const WHOLE_WORDS: Readonly<Record<Report['rates']['denominator'], string>> = {
  measurable: ' whose clicks may be counted one by one',
  delivered: ' to whom it came',
  sent: '',
};

/** What a message need not have: where there is none, it takes no room. */
function tilesWhere(report: Report, find: FindFigure): readonly Tile[] {
  const { recipients, bounces, complaints, cost, sent } = report;
  return [
    ...salesTiles(report, find),
    ...(recipients.delivered === null
      ? []
      : [countTile('Delivered', 'recipients.delivered', `of ${countWords(sent, 'recipient')}`, find)]),
    ...(bounces > 0 ? [countTile('Bounces', 'bounces', `of ${countWords(sent, 'recipient')}`, find)] : []),
    ...(complaints > 0 ? [countTile('Complaints', 'complaints', 'reported as spam', find)] : []),
    ...(cost === null ? [] : [costTile(cost)]),
  ];
}

function costTile({ currency, amount }: NonNullable<Report['cost']>): Tile {
  const main = { figure: 'cost.amount', value: amount, words: `${currency}\u00a0${amount}` };
  return { name: 'Cost', main, raw: null, amounts: null, note: 'as it was told' };
}

function rateTile(name: string, figure: string, note: string, find: FindFigure): Tile {
  const [main, raw] = [find(`${figure}.human`, percentWords), find(`${figure}.raw`, percentWords)];
  return { name, main, raw: raw.value === '' ? null : raw, amounts: null, note };
}

function countTile(name: string, figure: string, note: string, find: FindFigure): Tile {
  return { name, main: find(figure, numberWords), raw: null, amounts: null, note };
}
