// The figures of a report as its page shows them: each with its name and its exact value beside the words, taken from the
// very rows that CSV has, so that no form of a report can say something else.
import type { Report } from '../report/build-report.ts';
import { reportRows } from '../report/report-rows.ts';

export interface Figure {
  /** As in JSON and CSV: `rates.open.raw`. */
  readonly figure: string;
  /** Unrounded; empty where it is not known. */
  readonly value: string;
  readonly words: string;
}

/** A figure on its own. */
export interface Tile {
  readonly name: string;
  readonly main: Figure;
  /** The raw rate, where there is one. */
  readonly raw: Figure | null;
  /** Amounts before the note, where there are any. */
  readonly amounts: Amounts | null;
  readonly note: string;
}

/** Amounts in words; `of` names them as JSON does. */
export interface Amounts {
  readonly of: string;
  readonly words: string;
}

/** Looks a figure up by its name. */
export type FindFigure = (name: string, inWords: (value: number | null) => string) => Figure;

/** Prepares the look-up; a name that no report has is a mistake of ours. */
export function figuresOf(report: Report): FindFigure {
  const values = new Map(reportRows(report).rows.map(({ figure, value }) => [String(figure), value]));
  return (name, inWords) => {
    const value = values.get(name);
    if (value === undefined || typeof value === 'string') throw new Error(`a report has no number ${name}`);
    return figureOf(name, value, inWords);
  };
}

/** A figure whose value is at hand. */
export function figureOf(name: string, value: number | null, inWords: (value: number | null) => string): Figure {
  return { figure: name, value: value === null ? '' : String(value), words: inWords(value) };
}
