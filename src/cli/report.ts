// `telltale report`: the list of messages, or one message's figures: as a table, JSON or CSV.
import { pageRowsMax, reportLinksMax } from '../base/limits.ts';
import { LABELS } from '../base/nouns.ts';
import { buildReport, type Report } from '../report/build-report.ts';
import type { Page } from '../report/cursor.ts';
import { listMessages, type MessageSummary } from '../report/list-messages.ts';
import type { Rate } from '../report/rates.ts';
import { toCsv } from '../report/report-csv.ts';
import { reportRows, summaryRows } from '../report/report-rows.ts';
import type { ReportSource } from '../report/report-source.ts';
import { type Io, say, writeOut } from './io.ts';
import { number, percent, percentRange } from './percent.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';

export interface ReportFlags extends CommonFlags {
  readonly csv?: boolean;
}

/** Runs the command. */
export async function report(message: string | undefined, flags: ReportFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  await withStore(settings, { migrate: false }, (store) =>
    message === undefined ? reportAll(store, flags, settings, io) : reportOne(store, message, flags, settings, io),
  );
}

async function reportAll(store: ReportSource, flags: ReportFlags, settings: Settings, io: Io): Promise<void> {
  const items = await allMessages(store);
  if (settings.json) return writeOut(io, `${JSON.stringify({ items, next: null })}\n`);
  if (flags.csv === true) return writeOut(io, toCsv(summaryRows(items)));
  if (items.length === 0 && !settings.quiet)
    say(io, 'No messages yet. They appear when mail is sent with tracking, or when its pixel is fetched.');
  const rows = items.map((item) => [
    item.id,
    item.firstSentAt?.slice(0, 16).replace('T', ' ') ?? '-',
    number(item.sent),
    number(item.opens.unique),
    percent(item.opens.rate.human),
    number(item.clicks.unique),
    percent(item.clicks.rate.human),
  ]);
  const columns = ['message', 'first sent (UTC)', 'sent', 'openers', 'human', 'clickers', 'human clicks'];
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
  await printReport(built, io);
}

/** The report as a person reads it, with at most `linksMax` links. */
export async function printReport(built: Report, io: Io, linksMax: number = reportLinksMax): Promise<void> {
  const { message, rates, sent } = built;
  const when =
    message.firstSentAt === null ? '' : `, first sent ${message.firstSentAt.slice(0, 16).replace('T', ' ')} UTC`;
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
  for (const warning of built.warnings) say(io, `warning: ${warning.message} [${warning.code}]`);
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
