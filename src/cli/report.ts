// `telltale report`: the list of messages, or one message's figures: as a table, JSON, CSV or a page.
import { TelltaleError } from '../base/errors.ts';
import { pageRowsMax, reportLinksMax, terminalLinks } from '../base/limits.ts';
import { LABELS } from '../base/nouns.ts';
import { buildReport, type Report } from '../report/build-report.ts';
import { buildTimeline } from '../report/build-timeline.ts';
import type { Page } from '../report/cursor.ts';
import { listMessages, type MessageSummary } from '../report/list-messages.ts';
import type { Rate } from '../report/rates.ts';
import { toCsv } from '../report/report-csv.ts';
import { reportRows, summaryRows } from '../report/report-rows.ts';
import type { ReportSource } from '../report/report-source.ts';
import { checkTimeZone } from '../report/time-zone.ts';
import { drawReport, type ReportStory } from './draw-report.ts';
import { type Io, say, writeOut } from './io.ts';
import { localTime, number, percent, percentRange } from './percent.ts';
import { writeReportFile } from './report-html.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';
import { printable, terminalOf } from './terminal.ts';

export interface ReportFlags extends CommonFlags {
  readonly csv?: boolean;
  readonly html?: string;
  readonly tz?: string;
  readonly force?: boolean;
}

/** Runs the command. */
export async function report(message: string | undefined, flags: ReportFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const { html, tz, force } = flags;
  if (html === undefined && force === true) {
    throw new TelltaleError('USAGE', '--force is for --html FILE: other forms write no file.');
  }
  if (tz !== undefined) checkTimeZone(tz);
  await withStore(settings, { migrate: false }, (store) => {
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
  const built = await buildReport(store, { message });
  if (settings.json) return writeOut(io, `${JSON.stringify(built)}\n`);
  if (flags.csv === true) return writeOut(io, toCsv(reportRows(built)));
  await printReport({ report: built, timeline: await buildTimeline(store, { message, tz: flags.tz }) }, io);
}

/** The report as a person reads it: drawn at a terminal, as tables elsewhere; with at most `linksMax` links. */
export async function printReport(story: ReportStory, io: Io, linksMax?: number): Promise<void> {
  const terminal = terminalOf(io);
  if (terminal === undefined) await printTables(story, io, linksMax);
  else await writeOut(io, `${drawReport(story, terminal, linksMax ?? terminalLinks).join('\n')}\n`);
  for (const warning of story.report.warnings) say(io, `warning: ${printable(warning.message)} [${warning.code}]`);
}

async function printTables({ report: built, timeline }: ReportStory, io: Io, linksMax = reportLinksMax): Promise<void> {
  const { message, rates, sent } = built;
  const when =
    message.firstSentAt === null ? '' : `, first sent ${localTime(message.firstSentAt, timeline.tz)} ${timeline.tz}`;
  await printTable(
    io,
    ['message', message.name ?? message.id],
    [[rates.denominator, `${number(sent)} recipients${when}`]],
  );
  await writeOut(io, '\n');
  const columns = ['', 'recipients', 'rate', 'human rate', 'hits'];
  const row = (name: string, counts: Report['opens'], rate: Rate) => [
    name,
    number(counts.unique),
    percent(rate.raw),
    percent(rate.human),
    number(counts.total),
  ];
  const rows = [
    row('opens', built.opens, rates.open),
    row('clicks', built.clicks, rates.click),
    ['clicks by opens', '', percent(rates.clickToOpen.raw), percent(rates.clickToOpen.human), ''],
    ['unsubscribes', number(built.unsubscribes), '', '', ''],
  ];
  await printTable(io, columns, rows, columns.slice(1));
  await writeOut(io, '\n');
  await printEstimate(built, io);
  await writeOut(io, '\n');
  await printLabels(built, io);
  await printUsage(built, io);
  await printLinks(built, io, linksMax);
}

async function printEstimate({ rates }: Report, io: Io): Promise<void> {
  const { value, low, high, level, method, sample, reason, band } = rates.open.estimated;
  const { measurable, masked, openers, clickers, both, maskedClickers, earlierMessages } = sample;
  const people = `${number(openers)} opened, ${number(clickers)} clicked, ${number(both)} did both`;
  const rows =
    value === null
      ? [['not known', reason ?? '']]
      : [
          ['really opened', percent(value)],
          [`${level * 100} % interval`, percentRange(low, high)],
          ['band', percentRange(band.low, band.high)],
          ['method', `${method}, with ${number(earlierMessages)} earlier messages`],
        ];
  await printTable(
    io,
    ['estimate', ''],
    [
      ...rows,
      ['measurable', `${number(measurable)} recipients: ${people}`],
      ['masked', `${number(masked)} recipients: ${number(maskedClickers)} clicked`],
    ],
  );
}

async function printLabels(built: Report, io: Io): Promise<void> {
  const columns = ['who', 'open recipients', 'open hits', 'click recipients', 'click hits'];
  const rows = LABELS.map((label) => {
    const open = built.opens.byLabel[label];
    const click = built.clicks.byLabel[label];
    return [label, number(open.unique), number(open.total), number(click.unique), number(click.total)];
  });
  await printTable(io, columns, rows, columns.slice(1));
}

async function printUsage({ clients, devices }: Report, io: Io): Promise<void> {
  const tables = [
    { name: 'client', rows: clients.map(({ client, opens, clicks }) => [client ?? UNNAMED, opens, clicks] as const) },
    { name: 'device', rows: devices.map(({ device, opens, clicks }) => [device ?? UNNAMED, opens, clicks] as const) },
  ];
  for (const { name, rows } of tables) {
    if (rows.length === 0) continue;
    await writeOut(io, '\n');
    const cells = rows.map(([of, opens, clicks]) => [of, number(opens), number(clicks)]);
    await printTable(io, [name, 'opens', 'clicks'], cells, ['opens', 'clicks']);
  }
}

const UNNAMED = 'not known';

async function printLinks(built: Report, io: Io, linksMax: number): Promise<void> {
  if (built.links.length === 0) return;
  await writeOut(io, '\n');
  const columns = ['link', 'recipients', 'human', 'clicks', 'name', 'destination'];
  const rows = built.links
    .slice(0, linksMax)
    .map((link) => [
      String(link.index),
      number(link.clicks.unique),
      number(link.clicks.human),
      number(link.clicks.total),
      cut(link.name ?? '', 32),
      cut(link.destination, 72),
    ]);
  await printTable(io, columns, rows, ['link', 'recipients', 'human', 'clicks']);
  if (built.links.length > linksMax) say(io, `… and ${built.links.length - linksMax} more links.`);
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}
