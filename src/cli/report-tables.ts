// A report as tables: what is printed where nobody looks at a terminal, tab-separated for other programs.
import { reportLinksMax } from '../base/limits.ts';
import { LABELS } from '../base/nouns.ts';
import type { Report } from '../report/build-report.ts';
import type { Timeline } from '../report/build-timeline.ts';
import type { Rate } from '../report/rates.ts';
import { conversionLines, conversionLinkLines, conversionTimeLines } from './conversion-lines.ts';
import type { ReportStory } from './draw-report.ts';
import { type Io, say, writeOut } from './io.ts';
import { localTime, number, percent, percentRange } from './percent.ts';
import { printTable } from './table.ts';

/** Prints them, with at most `linksMax` links. */
export async function printTables(
  { report: built, timeline }: ReportStory,
  io: Io,
  linksMax: number = reportLinksMax,
): Promise<void> {
  const { message, rates } = built;
  const when =
    message.firstSentAt === null ? '' : `, first sent ${localTime(message.firstSentAt, timeline.tz)} ${timeline.tz}`;
  await printTable(
    io,
    ['message', message.name ?? message.id],
    [[rates.denominator, `${coverageWords(built)}${when}`]],
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
    ...arrivals(built),
  ];
  await printTable(io, columns, rows, columns.slice(1));
  await writeOut(io, '\n');
  await printEstimate(built, io);
  await writeOut(io, '\n');
  await printLabels(built, io);
  await printUsage(built, io);
  await printTimes(timeline, io);
  await printLinks(built, io, linksMax);
  await printConversions({ report: built, timeline }, io);
}

/** How many rates are divided by, and how much of the mailing that is. */
function coverageWords({ rates, sent, recipients: { delivered, measurable } }: Report): string {
  const of = (whole: number) => `${number(whole)} recipients of ${number(sent)} sent`;
  switch (rates.denominator) {
    case 'sent':
      return `${number(sent)} recipients`;
    case 'delivered':
      // Deliveries can be told of sends that were not.
      return sent === 0
        ? `${number(delivered ?? 0)} recipients`
        : `${of(delivered ?? 0)}, coverage ${percent(rates.coverage)}`;
    case 'measurable': {
      const { opens, clicks } = measurable;
      return `by opens ${of(opens)}, coverage ${percent(rates.coverage)}; by clicks ${of(clicks)}, coverage ${percent(clicks / sent)}`;
    }
  }
}

/** What became of the mails, where anybody said so. */
function arrivals({ recipients, bounces, complaints }: Report): readonly (readonly string[])[] {
  const rows = [
    ['delivered', recipients.delivered ?? 0] as const,
    ['bounces', bounces] as const,
    ['complaints', complaints] as const,
  ];
  return rows.flatMap(([name, count]) => (count === 0 ? [] : [[name, number(count), '', '', '']]));
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

async function printUsage({ clients, devices, domains }: Report, io: Io): Promise<void> {
  const tables = [
    {
      columns: ['client', 'opens', 'clicks'],
      rows: clients.map((one) => [one.client, one.opens, one.clicks] as const),
    },
    {
      columns: ['device', 'opens', 'clicks'],
      rows: devices.map((one) => [one.device, one.opens, one.clicks] as const),
    },
    {
      columns: ['domain', 'sent', 'opened', 'clicked'],
      rows: domains.map((one) => [one.domain, one.sent, one.opened, one.clicked] as const),
    },
  ];
  for (const { columns, rows } of tables) {
    if (rows.length === 0) continue;
    await writeOut(io, '\n');
    const cells = rows.map(([name, ...counts]) => [name ?? UNNAMED, ...counts.map(number)]);
    await printTable(io, columns, cells, columns.slice(1));
  }
}

/** When people opened and clicked: hours and days at which any did. */
async function printTimes({ points, tz }: Timeline, io: Io): Promise<void> {
  const some = points.filter(({ opens, clicks }) => opens.people + clicks.people > 0);
  if (some.length === 0) return;
  await writeOut(io, '\n');
  const rows = some.map(({ start, unit, opens, clicks }) => [
    ...[localTime(start, tz), unit],
    ...[number(opens.people), number(clicks.people)],
  ]);
  await printTable(io, [`from (${tz})`, 'unit', ...TIMED], rows, TIMED);
}

const TIMED = ['opens by people', 'clicks by people'];

const UNNAMED = 'not known';

async function printConversions({ report, timeline }: ReportStory, io: Io): Promise<void> {
  const lines = conversionLines(report);
  if (lines.length === 0) return;
  await writeOut(io, '\n');
  await printTable(io, ['earned', 'figure', 'value'], lines, ['figure']);
  const sums = ['conversions', 'value', 'unverified', 'unverified value'];
  await writeOut(io, '\n');
  await printTable(io, ['sold by link', ...sums, 'name'], conversionLinkLines(report), sums);
  await writeOut(io, '\n');
  await printTable(io, [`sold from (${timeline.tz})`, 'unit', ...sums], conversionTimeLines(timeline), sums);
}

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
