// A report as a person at a terminal reads it: how many really opened, what the figure rests on, who fetched, when, and
// which links were worth most.
import { LABELS, type Label } from '../base/nouns.ts';
import type { Report } from '../report/build-report.ts';
import type { Timeline, TimelinePoint } from '../report/build-timeline.ts';
import { intervalBar, sparkline, widthsOf } from './bars.ts';
import { conversionLines, conversionLinkLines, conversionTimeLines } from './conversion-lines.ts';
import { localTime, number, percent, percentRange } from './percent.ts';
import { fit, printable, type Style, type Terminal, wrapParts } from './terminal.ts';

/** What there is to draw. */
export interface ReportStory {
  readonly report: Report;
  readonly timeline: Timeline;
}

/** How each label is drawn: told apart without colour, too. */
const LOOKS: Readonly<Record<Label, readonly [block: string, style: Style]>> = {
  human: ['█', 'green'],
  'proxy-human': ['▓', 'cyan'],
  prefetch: ['▒', 'yellow'],
  scanner: ['░', 'red'],
  preview: ['▚', 'magenta'],
  unknown: ['·', 'gray'],
};

/** The lines, with at most `linksMax` links. */
export function drawReport(story: ReportStory, terminal: Terminal, linksMax: number): readonly string[] {
  return [
    ...title(story, terminal),
    '',
    ...headline(story.report, terminal),
    '',
    ...labels(story.report, terminal),
    ...times(story.timeline, terminal),
    ...usages(story.report, terminal),
    ...links(story.report, terminal, linksMax),
    ...conversions(story, terminal),
  ];
}

function title({ report: { message, sent, rates }, timeline: { tz } }: ReportStory, { columns, paint }: Terminal) {
  const { denominator, coverage } = rates;
  const partly = denominator === 'sent' || coverage === null ? '' : `, ${percent(coverage)} ${denominator}`;
  const about = [
    ...(message.name === null ? [] : [printable(message.id)]),
    `${number(sent)} recipients${partly}`,
    ...(message.firstSentAt === null ? [] : [`first sent ${localTime(message.firstSentAt, tz)} (${tz})`]),
  ];
  const name = fit(printable(message.name ?? message.id), columns);
  return [paint('bold', name), ...wrapParts(about, columns).map((line) => paint('dim', line))];
}

function headline(report: Report, { columns, paint }: Terminal): readonly string[] {
  const { rates, opens, clicks, unsubscribes } = report;
  const { value, low, high, level, reason, band, sample } = rates.open.estimated;
  const { measurable, masked, openers, clickers, both, maskedClickers } = sample;
  const indent = ' '.repeat(FIGURE + 2);
  const big = (figure: string) => paint('bold', figure.padStart(FIGURE));
  const below = (parts: readonly string[]) =>
    wrapParts(parts, columns - FIGURE - 2).map((line) => indent + paint('dim', line));
  const seen = [
    `seen to open ${percent(rates.open.human)}`,
    `raw, with machines, ${percent(rates.open.raw)} (${number(opens.unique)} recipients)`,
  ];
  const rests = [
    `${number(measurable)} measurable: ${number(openers)} opened, ${number(clickers)} clicked, ${number(both)} both`,
    `${number(masked)} masked: ${number(maskedClickers)} clicked`,
  ];
  const headed = (figure: string, parts: readonly string[]) => {
    const [first = '', ...rest] = wrapParts(parts, columns - FIGURE - 2);
    return [`${big(figure)}  ${first}`, ...rest.map((line) => indent + line)];
  };
  const opened =
    value === null || low === null || high === null
      ? [
          ...headed(percent(rates.open.human), ['seen to open', `there is no estimate (${reason ?? ''})`]),
          ...below(seen.slice(1)),
        ]
      : [
          ...headed(percent(value), [
            `really opened, probably ${percentRange(low, high)}`,
            `${level * 100} % interval`,
          ]),
          `${indent}${paint('green', intervalBar({ value, low, high, max: 1 }, Math.min(BAR, columns - FIGURE - 10)))} ${paint('dim', '100 %')}`,
          ...below([...seen, `${percentRange(band.low, band.high)} if its assumption is wrong`, ...rests]),
        ];
  return [
    ...opened,
    `${big(percent(rates.click.human))}  clicked, people`,
    ...below([`raw, with machines, ${percent(rates.click.raw)} (${number(clicks.unique)} recipients)`]),
    `${big(number(unsubscribes))}  unsubscribed`,
    ...arrivals(report).map(([count, words]) => `${big(number(count))}  ${words}`),
  ];
}

/** What became of the mails, where anybody said so. */
function arrivals({ recipients, bounces, complaints }: Report): readonly (readonly [count: number, words: string])[] {
  return [
    ...(recipients.delivered === null ? [] : [[recipients.delivered, 'delivered'] as const]),
    ...(bounces === 0 ? [] : [[bounces, 'bounced'] as const]),
    ...(complaints === 0 ? [] : [[complaints, 'complained'] as const]),
  ];
}

/** Columns of a figure, and of the bar below it. */
const FIGURE = 8;
const BAR = 60;

function labels({ opens }: Report, { columns, paint }: Terminal): readonly string[] {
  const shown = LABELS.filter((label) => opens.byLabel[label].total > 0);
  if (shown.length === 0) return [paint('dim', 'No opens yet.'), ''];
  const totals = shown.map((label) => opens.byLabel[label].total);
  const widths = widthsOf(totals, columns);
  const bar = shown.map((label, at) => paint(LOOKS[label][1], LOOKS[label][0].repeat(widths[at] ?? 0)));
  const keys = shown.map((label, at) => ({ label, words: `${label} ${number(totals[at] ?? 0)}` }));
  const lines: string[] = [];
  let left = 0;
  for (const { label, words } of keys) {
    const key = `${paint(LOOKS[label][1], LOOKS[label][0])} ${words}`;
    if (left >= words.length + 4) {
      lines[lines.length - 1] += `  ${key}`;
      left -= words.length + 4;
    } else {
      lines.push(key);
      left = columns - words.length - 2;
    }
  }
  return [paint('bold', `Who fetched: ${number(opens.total)} opens`), bar.join(''), ...lines, ''];
}

function times(timeline: Timeline, terminal: Terminal): readonly string[] {
  const parts = [
    { unit: 'hour', words: 'by the hour' },
    { unit: 'day', words: 'by the day' },
  ] as const;
  return parts.flatMap(({ unit, words }) => {
    const points = timeline.points.filter((point) => point.unit === unit);
    return points.length === 0 ? [] : span(points, words, timeline.tz, terminal);
  });
}

function span(points: readonly TimelinePoint[], words: string, tz: string, { columns, paint }: Terminal) {
  const first = points[0]?.start ?? '';
  const last = points.at(-1)?.start ?? '';
  const line = (kind: 'opens' | 'clicks', style: Style) => {
    const people = points.map((point) => point[kind].people);
    const sum = people.reduce((all, one) => all + one, 0);
    return `${kind.padEnd(8)}${paint(style, sparkline(people, columns - 20))} ${paint('dim', number(sum))}`;
  };
  return [
    paint('bold', `People, ${words}`),
    ...wrapParts([`from ${localTime(first, tz)} to ${localTime(last, tz)} (${tz})`], columns).map((text) =>
      paint('dim', text),
    ),
    ...[line('opens', 'green'), line('clicks', 'cyan'), ''],
  ];
}

function usages({ clients, devices, domains }: Report, terminal: Terminal): readonly string[] {
  const counted = ({ opens, clicks }: { readonly opens: number; readonly clicks: number }) => ({
    count: opens,
    words: `${number(clicks)} clicks`,
  });
  return [
    ...ranking(
      'Opened with',
      clients.map((one) => ({ name: one.client, ...counted(one) })),
      terminal,
    ),
    ...ranking(
      'Opened on',
      devices.map((one) => ({ name: one.device, ...counted(one) })),
      terminal,
    ),
    ...ranking(
      'Recipients by mail domain',
      domains.map(({ domain, sent, opened, clicked }) => ({
        ...{ name: domain, count: sent },
        words: `${number(opened)} opened, ${number(clicked)} clicked`,
      })),
      terminal,
    ),
  ];
}

interface Ranked {
  readonly name: string | null;
  readonly count: number;
  readonly words: string;
}

/** The first few of a list, each with its count and a bar beside the most. */
function ranking(title: string, rows: readonly Ranked[], { columns, paint }: Terminal): readonly string[] {
  if (rows.length === 0) return [];
  const most = Math.max(1, ...rows.map(({ count }) => count));
  const lines = rows.slice(0, RANKED).map(({ name, count, words }) => {
    const width = Math.ceil((count / most) * LINK_BAR);
    const bar = paint('green', '█'.repeat(width)) + ' '.repeat(LINK_BAR - width);
    const about = fit(`${printable(name ?? 'not known')}, ${words}`, columns - LINK_BAR - 10);
    return `${number(count).padStart(6)}  ${bar}  ${about}`;
  });
  return [paint('bold', title), ...lines, ''];
}

/** Rows of a list: past them, each has little. */
const RANKED = 5;

function links({ links: all }: Report, { columns, paint }: Terminal, linksMax: number): readonly string[] {
  const ranked = [...all].sort((a, b) => b.clicks.human - a.clicks.human || a.index - b.index).slice(0, linksMax);
  const most = ranked[0]?.clicks.human ?? 0;
  if (ranked.length === 0) return [];
  const lines = ranked.map(({ index, name, destination, clicks }) => {
    const width = most === 0 ? 0 : Math.ceil((clicks.human / most) * LINK_BAR);
    const bar = paint('green', '█'.repeat(width)) + ' '.repeat(LINK_BAR - width);
    const words = [printable(name ?? ''), printable(destination)].filter((text) => text !== '').join('  ');
    return `${number(clicks.human).padStart(6)}  ${bar}  ${fit(`#${index} ${words}`, columns - LINK_BAR - 10)}`;
  });
  const more = all.length - ranked.length;
  const rest = more > 0 ? [paint('dim', `… and ${number(more)} more links: --csv or --json has them all`)] : [];
  return [paint('bold', 'Links, by the people who clicked'), ...lines, ...rest];
}

function conversions({ report, timeline }: ReportStory, { columns, paint }: Terminal): readonly string[] {
  const lines = conversionLines(report);
  if (lines.length === 0) return [];
  const drawn = lines.map(([name, figure, amounts]) => fit(`${figure.padStart(FIGURE)}  ${name}  ${amounts}`, columns));
  const byLink = conversionLinkLines(report).map(
    ([link = '', count = '', value = '', unverified = '', said = '', name = '']) =>
      fit(
        `${count.padStart(FIGURE)}  #${link} ${printable(name)}  ${value}  (unverified ${unverified} ${said})`,
        columns,
      ),
  );
  const byTime = conversionTimeLines(timeline).map(
    ([start = '', , count = '', value = '', unverified = '', said = '']) =>
      fit(`${count.padStart(FIGURE)}  ${start}  ${value}  (unverified ${unverified} ${said})`, columns),
  );
  return [
    '',
    paint('bold', 'What it earned'),
    ...drawn,
    paint('dim', 'by link'),
    ...byLink,
    paint('dim', 'over time'),
    ...byTime,
  ];
}

const LINK_BAR = 14;
