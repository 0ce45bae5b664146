// `telltale report`: the list of messages, or one message's figures: as a table, JSON, CSV or a page.
import type { AttributionModel } from '../base/conversion.ts';
import { TelltaleError } from '../base/errors.ts';
import { pageRowsMax, terminalLinks } from '../base/limits.ts';
import { buildReport } from '../report/build-report.ts';
import { buildTimeline } from '../report/build-timeline.ts';
import type { Page } from '../report/cursor.ts';
import { listMessages, type MessageSummary } from '../report/list-messages.ts';
import { toCsv } from '../report/report-csv.ts';
import { reportRows, summaryRows } from '../report/report-rows.ts';
import type { ReportSource } from '../report/report-source.ts';
import { checkTimeZone } from '../report/time-zone.ts';
import { drawReport, type ReportStory } from './draw-report.ts';
import { type Io, say, writeOut } from './io.ts';
import { localTime, number, percent } from './percent.ts';
import { type AudienceFlags, printAudience } from './print-audience.ts';
import { writeReportFile } from './report-html.ts';
import { printTables } from './report-tables.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';
import { printable, terminalOf } from './terminal.ts';

export interface ReportFlags extends CommonFlags, AudienceFlags {
  readonly html?: string;
  readonly tz?: string;
  readonly force?: boolean;
  readonly attribution?: AttributionModel;
}

/** Runs the command. */
export async function report(message: string | undefined, flags: ReportFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const { html, tz, force } = flags;
  if (html === undefined && force === true) {
    throw new TelltaleError('USAGE', '--force is for --html FILE: other forms write no file.');
  }
  if (tz !== undefined) checkTimeZone(tz);
  const isAudience = flags.who !== undefined || flags.not !== undefined;
  if (!isAudience && (flags.recipients !== undefined || flags.machines === true)) {
    throw new TelltaleError('USAGE', '--recipients and --machines go with --who or --not.');
  }
  if (isAudience && message === undefined) {
    throw new TelltaleError('USAGE', '--who and --not are of a message: telltale report spring-sale --who clicked.');
  }
  await withStore(settings, { migrate: false }, (store) => {
    if (isAudience && message !== undefined) return printAudience(store, message, flags, { settings, io });
    if (html !== undefined) return writeReportFile(store, message, { ...flags, html }, { settings, io });
    return message === undefined
      ? reportAll(store, flags, settings, io)
      : reportOne(store, message, flags, settings, io);
  });
}

async function reportAll(store: ReportSource, flags: ReportFlags, settings: Settings, io: Io): Promise<void> {
  const { tz = 'UTC' } = flags;
  const items = await allMessages(store);
  if (settings.json) return writeOut(io, `${JSON.stringify({ items, next: null })}\n`);
  if (flags.csv === true) return writeOut(io, toCsv(summaryRows(items)));
  if (items.length === 0 && !settings.quiet)
    say(io, 'No messages yet. They appear when mail is sent with tracking, or when its pixel is fetched.');
  const rows = items.map((item) => [
    item.id,
    item.firstSentAt === null ? '-' : localTime(item.firstSentAt, tz),
    number(item.sent),
    number(item.opens.unique),
    percent(item.opens.rate.human),
    number(item.clicks.unique),
    percent(item.clicks.rate.human),
  ]);
  const columns = ['message', `first sent (${tz})`, 'sent', 'openers', 'human', 'clickers', 'human clicks'];
  await printTable(io, columns, rows, columns.slice(2));
}

async function allMessages(store: ReportSource): Promise<readonly MessageSummary[]> {
  const items: MessageSummary[] = [];
  let cursor: string | null = null;
  for (;;) {
    const page: Page<MessageSummary> = await listMessages(store, { cursor, limit: pageRowsMax });
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = page.next;
  }
}

async function reportOne(
  store: ReportSource,
  message: string,
  flags: ReportFlags,
  settings: Settings,
  io: Io,
): Promise<void> {
  const { attribution, tz } = flags;
  const built = await buildReport(store, { message, attribution });
  if (settings.json) return writeOut(io, `${JSON.stringify(built)}\n`);
  if (flags.csv === true) return writeOut(io, toCsv(reportRows(built)));
  await printReport({ report: built, timeline: await buildTimeline(store, { message, tz, attribution }) }, io);
}

/** The report as a person reads it: drawn at a terminal, as tables elsewhere; with at most `linksMax` links. */
export async function printReport(story: ReportStory, io: Io, linksMax?: number): Promise<void> {
  const terminal = terminalOf(io);
  if (terminal === undefined) await printTables(story, io, linksMax);
  else await writeOut(io, `${drawReport(story, terminal, linksMax ?? terminalLinks).join('\n')}\n`);
  for (const warning of story.report.warnings) say(io, `warning: ${printable(warning.message)} [${warning.code}]`);
}
