// The report of a message as a page of a server, and as a file that stands alone: the same template and the same charts. A
// file names no recipient, since files are passed on.
import type { Report } from '../report/build-report.ts';
import type { Timeline } from '../report/build-timeline.ts';
import { partOf, queryOf } from './addresses.ts';
import { figuresOf } from './figures.ts';
import { filePolicyOf, renderPage } from './render-page.ts';
import { audienceSection } from './report-audience.ts';
import { headlineOf, tilesOf } from './report-headline.ts';
import { linksSection } from './report-links.ts';
import { recipientsSection, type ShownRecipients } from './report-recipients.ts';
import { salesSection } from './report-sales.ts';
import { sourcesOf } from './report-sources.ts';
import { timelineSection } from './report-timeline.ts';
import { COMMON_ZONES, cut, numberWords, timeWords } from './words.ts';

export interface ReportOfMessage {
  readonly report: Report;
  readonly timeline: Timeline;
}

/** What the page of a server has besides. */
export interface ServedReport extends ReportOfMessage {
  /** Leads to the list of messages: `../`. */
  readonly root: string;
  readonly csrf: string;
  readonly recipients: ShownRecipients;
  readonly links: 'some' | 'all';
  /** The time zone that was asked for and does not exist, and what is said of it. */
  readonly wrongZone: { readonly name: string; readonly problem: string } | null;
}

/** The page of a server. */
export function reportPage(served: ServedReport): string {
  const { report, timeline, root, csrf, recipients, links, wrongZone } = served;
  const { tz } = timeline;
  const { id } = report.message;
  return renderPage('report', {
    ...sectionsOf(served, links),
    ...{ root, csrf },
    recipients: recipientsSection(recipients, { tz, root }),
    zone: { name: wrongZone?.name ?? tz, problem: wrongZone?.problem ?? '', common: COMMON_ZONES },
    allLinks: `${queryOf({ tz: tz === 'UTC' ? '' : tz, links: 'all' })}#links`,
    compare: `${root}compare${queryOf({ a: id })}`,
    map: partOf(root, id, 'map', {}),
    csv: partOf(root, id, 'report.csv', {}),
    live: partOf(root, id, 'live', {}),
  });
}

/** The file. */
export function reportFile(of: ReportOfMessage): string {
  const html = renderPage('report', { ...sectionsOf(of, 'all'), ...NOT_IN_FILES });
  const policy = `${filePolicyOf(html)}; form-action 'none'`;
  return html.replace(CHARSET, `${CHARSET}\n<meta http-equiv="Content-Security-Policy" content="${policy}">`);
}

/** A whole id; of a name as much as a heading bears. */
const TITLE_CHARS = 160;

const CHARSET = '<meta charset="utf-8">';

const NOT_IN_FILES = {
  ...{ root: '', csrf: '', recipients: null, zone: null },
  ...{ allLinks: '', compare: '', map: '', csv: '', live: '' },
} as const;

function sectionsOf({ report, timeline }: ReportOfMessage, links: 'some' | 'all') {
  const find = figuresOf(report);
  const { id, name, firstSentAt } = report.message;
  return {
    message: { id, title: cut(name ?? id, TITLE_CHARS), isNamed: name !== null },
    firstSent: firstSentAt === null ? '' : timeWords(firstSentAt, timeline.tz),
    tz: timeline.tz,
    sent: find('sent', numberWords),
    warnings: report.warnings,
    headline: headlineOf(report),
    tiles: tilesOf(report),
    sources: sourcesOf(report),
    timeline: timelineSection(timeline),
    links: linksSection(report, links),
    sales: salesSection(report, timeline),
    audience: audienceSection(report),
  };
}
