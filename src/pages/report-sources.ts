// Where opens come from: what of them was people and what machines, as one bar and in plain words.
import { LABELS, PEOPLE } from '../base/nouns.ts';
import type { Report } from '../report/build-report.ts';
import { type Figure, figuresOf } from './figures.ts';
import { shareBar } from './share-bar.ts';
import { LABEL_WORDS, numberWords, percentWords } from './words.ts';

export interface Sources {
  /** SVG. */
  readonly chart: string;
  readonly rows: readonly SourceRow[];
  readonly total: Figure;
  /** Opens that carry no recipient, by consent; nothing when there are none. */
  readonly anonymous: Figure | null;
}

interface SourceRow {
  readonly className: string;
  readonly name: string;
  readonly meaning: string;
  readonly opens: Figure;
  readonly recipients: Figure;
  readonly clicks: Figure;
}

/** What the section shows. */
export function sourcesOf(report: Report): Sources {
  const find = figuresOf(report);
  const { opens } = report;
  const parts = LABELS.map((label) => ({ className: label, value: opens.byLabel[label].total }));
  const people = parts.filter(({ className }) => PEOPLE.has(className)).reduce((sum, { value }) => sum + value, 0);
  const share = opens.total === 0 ? '' : `, ${percentWords(people / opens.total)} of them by people`;
  const told = LABELS.map((label) => `${LABEL_WORDS[label].name} ${numberWords(opens.byLabel[label].total)}`);
  const chart = shareBar({
    id: 'sources',
    title: `${numberWords(opens.total)} opens${share}`,
    description: `${told.join(', ')}.`,
    parts,
  });
  const rows = LABELS.map((label) => ({
    className: label,
    ...LABEL_WORDS[label],
    opens: find(`opens.byLabel.${label}.total`, numberWords),
    recipients: find(`opens.byLabel.${label}.unique`, numberWords),
    clicks: find(`clicks.byLabel.${label}.total`, numberWords),
  }));
  const anonymous = opens.anonymous === 0 ? null : find('opens.anonymous', numberWords);
  return { chart, rows, total: find('opens.total', numberWords), anonymous };
}
