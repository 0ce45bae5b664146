// A message's report: what is known of its opens and clicks, and how sure. Every key is present from the start; what
// is not known is null, zero or empty.
import { reportLinksMax } from '../base/limits.ts';
import { LABELS, type Label } from '../base/nouns.ts';
import { type EstimatedRate, estimatedRate } from './estimated-rate.ts';
import { knownMessage } from './known-message.ts';
import type { CountRow, LinkRow, MessageRow, ReportSource } from './report-source.ts';

/** Hits of one kind. `unique` counts recipients; `anonymous` hits carry none, by consent, and are not in it. */
export interface HitCounts {
  readonly total: number;
  readonly unique: number;
  readonly anonymous: number;
  readonly byLabel: Readonly<Record<Label, LabelCount>>;
}

export interface LabelCount {
  readonly total: number;
  readonly unique: number;
}

/** Shares from 0 to 1, unrounded; null where there is nothing to divide by. */
export interface Rate {
  /** Recipients with any hit. */
  readonly raw: number | null;
  /** Recipients with a hit judged `human` or `proxy-human`. */
  readonly human: number | null;
}

export interface ReportLink {
  readonly index: number;
  readonly destination: string;
  readonly name: string | null;
  /** `unique`: recipients who clicked; `human`: those of them with a click judged human. */
  readonly clicks: { readonly total: number; readonly unique: number; readonly human: number };
}

export interface Report {
  readonly message: { readonly id: string; readonly name: string | null; readonly firstSentAt: string | null };
  readonly sent: number;
  readonly recipients: {
    readonly sent: number;
    readonly delivered: number | null;
    /** Recipients whose consent lets each kind be counted one by one. */
    readonly measurable: { readonly opens: number; readonly clicks: number };
  };
  readonly opens: HitCounts;
  readonly clicks: HitCounts;
  readonly rates: {
    /** What rates are divided by: the first of measurable, delivered and sent that is known. */
    readonly denominator: 'measurable' | 'delivered' | 'sent';
    /** Share of recipients that the denominator covers. */
    readonly coverage: number | null;
    /** Why rates are null. */
    readonly reason: 'no-sends' | 'none-measurable' | null;
    readonly open: Rate & { readonly estimated: EstimatedRate };
    readonly click: Rate;
    /** Clicks by opens of the same kind. */
    readonly clickToOpen: Rate;
  };
  /** One row for each index and destination, at most 1,000. */
  readonly links: readonly ReportLink[];
  readonly unsubscribes: number;
  readonly bounces: number;
  readonly complaints: number;
  readonly conversions: {
    readonly count: number;
    readonly value: readonly { readonly currency: string; readonly amount: string }[];
  };
  readonly cost: { readonly currency: string; readonly amount: string } | null;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/**
 * Builds the report of a message.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`, `UNKNOWN_OPTION`.
 */
export async function buildReport(source: ReportSource, of: { readonly message: string }): Promise<Report> {
  const counted = await countMessage(source, of.message);
  const { rates } = counted;
  const estimated = await estimatedRate(source, of.message);
  return { ...counted, rates: { ...rates, open: { ...rates.open, estimated } } };
}

/** What is counted of a message, without what is estimated. */
export type CountedReport = Omit<Report, 'rates'> & {
  readonly rates: Omit<Report['rates'], 'open'> & { readonly open: Rate };
};

/**
 * Reads what is counted of a message.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`.
 */
export async function countMessage(source: ReportSource, id: string): Promise<CountedReport> {
  const message = await knownMessage(source, id);
  const find = finder(await source.countsOf(message.id));
  const links = await source.linksOf(message.id, reportLinksMax + 1);
  return {
    message: { id: message.id, name: message.name, firstSentAt: isoTime(message.firstSentAtMs) },
    sent: message.sent,
    recipients: {
      sent: message.sent,
      delivered: null,
      measurable: { opens: message.measurableOpens, clicks: message.measurableClicks },
    },
    opens: hitCounts('open', find),
    clicks: hitCounts('click', find),
    rates: rates(message, find),
    links: links.slice(0, reportLinksMax).map(reportLink),
    unsubscribes: message.unsubscribes,
    bounces: 0,
    complaints: 0,
    conversions: { count: 0, value: [] },
    cost: null,
    warnings: warningsFor(message, find, links.length),
  };
}

type Find = (kind: 'open' | 'click', label: CountRow['label']) => Pick<CountRow, 'total' | 'recipients' | 'anonymous'>;

function finder(counts: readonly CountRow[]): Find {
  const rows = new Map(counts.map((row) => [`${row.kind} ${row.label}`, row]));
  return (kind, label) => rows.get(`${kind} ${label}`) ?? { total: 0, recipients: 0, anonymous: 0 };
}

function hitCounts(kind: 'open' | 'click', find: Find): HitCounts {
  const all = find(kind, 'all');
  const byLabel = Object.fromEntries(
    LABELS.map((label) => [label, { total: find(kind, label).total, unique: find(kind, label).recipients }]),
  ) as Record<Label, LabelCount>;
  return { total: all.total, unique: all.recipients, anonymous: all.anonymous, byLabel };
}

function rates(message: MessageRow, find: Find): CountedReport['rates'] {
  const isPartly = message.measurableOpens < message.sent || message.measurableClicks < message.sent;
  const opensBy = isPartly ? message.measurableOpens : message.sent;
  const clicksBy = isPartly ? message.measurableClicks : message.sent;
  const open = { any: find('open', 'all').recipients, people: find('open', 'people').recipients };
  const click = { any: find('click', 'all').recipients, people: find('click', 'people').recipients };
  return {
    denominator: isPartly ? 'measurable' : 'sent',
    coverage: ratio(opensBy, message.sent),
    reason: message.sent === 0 ? 'no-sends' : opensBy + clicksBy === 0 ? 'none-measurable' : null,
    open: { raw: ratio(open.any, opensBy), human: ratio(open.people, opensBy) },
    click: { raw: ratio(click.any, clicksBy), human: ratio(click.people, clicksBy) },
    clickToOpen: { raw: ratio(click.any, open.any), human: ratio(click.people, open.people) },
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function reportLink(row: LinkRow): ReportLink {
  const clicks = { total: row.total, unique: row.recipients, human: row.people };
  return { index: row.index, destination: row.destination, name: row.name, clicks };
}

function warningsFor(message: MessageRow, find: Find, linkCount: number): Report['warnings'] {
  const warnings: { code: string; message: string }[] = [];
  if (message.sent === 0) {
    warnings.push({ code: 'no-sends', message: 'No sends were recorded, so there are no rates.' });
  } else if (find('open', 'all').recipients > message.sent) {
    warnings.push({
      code: 'more-openers-than-sends',
      message: 'More recipients opened than sends were recorded; rates are too high.',
    });
  }
  if (message.hidden > 0) {
    warnings.push({
      code: 'readers-hidden',
      message: `${message.hidden} opens and clicks came through a proxy or content network that hides who asked, so what they were is unknown. Name the proxies in front of the collector (--trusted-proxies), and let a content network forward User-Agent.`,
    });
  }
  if (linkCount > reportLinksMax) {
    warnings.push({
      code: 'links-cut',
      message: `The message has over ${reportLinksMax} links; the report shows the first.`,
    });
  }
  return warnings;
}

function isoTime(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
