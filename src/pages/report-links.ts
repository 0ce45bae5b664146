// A report's links, those with the most people first.
import type { Report, ReportLink } from '../report/build-report.ts';
import { type Figure, figureOf } from './figures.ts';
import { tableBar } from './share-bar.ts';
import { cut, numberWords } from './words.ts';

export interface LinksSection {
  readonly rows: readonly LinkLine[];
  readonly count: number;
  /** How many are not shown. */
  readonly more: number;
}

interface LinkLine {
  readonly index: number;
  readonly name: string;
  readonly destination: string;
  readonly human: Figure;
  readonly unique: Figure;
  readonly total: Figure;
  /** SVG. */
  readonly bar: string;
}

/** Links a page shows at first: those that got the clicks. */
const SHOWN = 10;

const NAME_CHARS = 60;
const DESTINATION_CHARS = 90;

/** What the section shows. */
export function linksSection({ links }: Report, shown: 'some' | 'all'): LinksSection {
  const ranked = [...links].sort((a, b) => b.clicks.human - a.clicks.human || a.index - b.index);
  const rows = shown === 'all' ? ranked : ranked.slice(0, SHOWN);
  const most = ranked[0]?.clicks.human ?? 0;
  return {
    rows: rows.map((link) => lineOf(link, most)),
    count: links.length,
    more: links.length - rows.length,
  };
}

function lineOf({ index, name, destination, clicks }: ReportLink, most: number): LinkLine {
  const figure = (kind: 'human' | 'unique' | 'total') =>
    figureOf(`links.${index}.clicks.${kind}`, clicks[kind], numberWords);
  const bar = tableBar({ className: 'human', value: clicks.human }, most);
  const words = {
    name: cut(name ?? '', NAME_CHARS),
    destination: cut(destination.replace(/^https:\/\//, ''), DESTINATION_CHARS),
  };
  return { index, ...words, human: figure('human'), unique: figure('unique'), total: figure('total'), bar };
}
