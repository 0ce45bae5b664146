// A message's report: what is known of its opens and clicks, and how sure. Every key is present from the start; what
// is not known is null, zero or empty.
import type { AttributionModel } from '../base/conversion.ts';
import { reportDomainsMax, reportLinksMax, smallCellHits } from '../base/limits.ts';
import { LABELS, type Label } from '../base/nouns.ts';
import { type ConversionFigures, conversionFigures } from './conversion-figures.ts';
import { type ClientCount, countUsage, type DeviceCount } from './count-usage.ts';
import { type EstimatedRate, estimatedRate } from './estimated-rate.ts';
import { isoTime } from './iso-time.ts';
import { knownMessage } from './known-message.ts';
import { type Rate, type Rates, type Recipients, ratesOf } from './rates.ts';
import type { CountRow, LinkRow, MessageRow, ReportSource } from './report-source.ts';
import { shownOf, shownOfParts, shownTotals } from './withhold-small.ts';

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

export interface ReportLink {
  readonly index: number;
  readonly destination: string;
  readonly name: string | null;
  /** `unique`: recipients who clicked; `human`: those of them with a click judged human. */
  readonly clicks: { readonly total: number; readonly unique: number; readonly human: number };
}

/** Recipients at one mail domain; `opened` and `clicked` of whom a person did. */
export interface ReportDomain {
  readonly domain: string;
  readonly sent: number;
  readonly opened: number;
  readonly clicked: number;
}

export interface Report {
  readonly message: { readonly id: string; readonly name: string | null; readonly firstSentAt: string | null };
  readonly sent: number;
  readonly recipients: {
    readonly sent: number;
    /** To whom the mail came, as far as that was told; null when nobody told of any. */
    readonly delivered: number | null;
    /** Recipients whose consent lets each kind be counted one by one. */
    readonly measurable: { readonly opens: number; readonly clicks: number };
  };
  readonly opens: HitCounts;
  readonly clicks: HitCounts;
  readonly rates: Rates & { readonly open: Rate & { readonly estimated: EstimatedRate } };
  /** One row for each index and destination, at most 1,000. */
  readonly links: readonly ReportLink[];
  /** What opens and clicks were made with, most opens first: numbers of events, at most 50 rows each. */
  readonly clients: readonly ClientCount[];
  readonly devices: readonly DeviceCount[];
  /** The 50 largest, largest first, then `other` for the rest; recipients whose domain nobody told are in none. */
  readonly domains: readonly ReportDomain[];
  readonly unsubscribes: number;
  readonly bounces: number;
  readonly complaints: number;
  /** What is vouched for; more of it from the first conversion on. */
  readonly conversions: ConversionFigures;
  readonly cost: { readonly currency: string; readonly amount: string } | null;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  /** Hits of test traffic, which are in no other figure; there when it was asked for. */
  readonly test?: { readonly opens: number; readonly clicks: number };
}

export interface ReportOptions {
  readonly message: string;
  /** Tells how much test traffic there was, too. @default nothing but real traffic */
  readonly include?: 'test' | undefined;
  /** How conversions are attributed to clicks. @default 'last' */
  readonly attribution?: AttributionModel | undefined;
}

/**
 * Builds the report of a message.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`.
 */
export async function buildReport(source: ReportSource, of: ReportOptions): Promise<Report> {
  const counted = await countMessage(source, of);
  const { rates } = counted;
  const estimated = await estimatedRate(source, of.message);
  return { ...counted, rates: { ...rates, open: { ...rates.open, estimated } } };
}

/** What is counted of a message, without what is estimated. */
type CountedReport = Omit<Report, 'rates'> & { readonly rates: Rates };

async function countMessage(
  source: ReportSource,
  { message: id, include, attribution = 'last' }: ReportOptions,
): Promise<CountedReport> {
  const message = await knownMessage(source, id);
  const find = finder(await source.countsOf(message.id));
  const links = await source.linksOf(message.id, reportLinksMax + 1);
  const rates = ratesOf(message, { open: recipientsBy('open', find), click: recipientsBy('click', find) });
  return {
    message: { id: message.id, name: message.name, firstSentAt: isoTime(message.firstSentAtMs) },
    sent: message.sent,
    recipients: {
      sent: message.sent,
      delivered: deliveredOf(message),
      measurable: { opens: message.measurableOpens, clicks: message.measurableClicks },
    },
    opens: hitCounts('open', find),
    clicks: hitCounts('click', find),
    rates,
    links: reportLinks(links).slice(0, reportLinksMax),
    domains: await reportDomains(source, message.id),
    ...countUsage(await source.usageOf(message.id)),
    unsubscribes: message.unsubscribes,
    bounces: message.bounces,
    complaints: message.complaints,
    conversions: conversionFigures(await source.conversionsOf(message.id), {
      ...{ attribution, sent: message.sent, cost: costOf(message) },
      clickers: recipientsBy('click', find).people,
      nameOf: (index) => links.find((link) => link.index === index && link.name !== null)?.name ?? null,
    }),
    cost: costOf(message),
    warnings: warningsFor(message, rates.denominator, find, links),
    ...(include === 'test' && { test: { opens: find('open', 'test').total, clicks: find('click', 'test').total } }),
  };
}

/** How many got a message; null where nobody ever says so. */
function deliveredOf({ delivered }: Pick<MessageRow, 'delivered'>): number | null {
  return delivered === 0 ? null : delivered;
}

type Find = (kind: 'open' | 'click', label: CountRow['label']) => Pick<CountRow, 'total' | 'recipients' | 'anonymous'>;

function finder(counts: readonly CountRow[]): Find {
  const rows = new Map(counts.map((row) => [`${row.kind} ${row.label}`, row]));
  return (kind, label) => rows.get(`${kind} ${label}`) ?? { total: 0, recipients: 0, anonymous: 0 };
}

function hitCounts(kind: 'open' | 'click', find: Find): HitCounts {
  const all = find(kind, 'all');
  const anonymous = shownOf(all.anonymous);
  const totals = shownTotals(LABELS.map((label) => find(kind, label)));
  const byLabel = Object.fromEntries(
    LABELS.map((label, at) => [label, { total: totals[at] ?? 0, unique: find(kind, label).recipients }]),
  ) as Record<Label, LabelCount>;
  return { total: all.total - all.anonymous + anonymous, unique: all.recipients, anonymous, byLabel };
}

function recipientsBy(kind: 'open' | 'click', find: Find): Recipients {
  return { any: find(kind, 'all').recipients, people: find(kind, 'people').recipients };
}

/** All links of a message as reports show them. */
export function reportLinks(rows: readonly LinkRow[]): readonly ReportLink[] {
  const totals = shownTotals(rows);
  return rows.map(({ index, destination, name, recipients, people }, at) => ({
    ...{ index, destination, name },
    clicks: { total: totals[at] ?? 0, unique: recipients, human: people },
  }));
}

async function reportDomains(source: ReportSource, id: string): Promise<readonly ReportDomain[]> {
  const { all, rows } = await source.domainsOf(id, reportDomainsMax);
  const restOf = (figure: keyof typeof all) => rows.reduce((rest, row) => rest - row[figure], all[figure]);
  const other = { domain: 'other', sent: restOf('sent'), opened: restOf('opened'), clicked: restOf('clicked') };
  return other.sent > 0 ? [...rows, other] : rows;
}

/** What a message cost. */
export function costOf({ cost, currency }: Pick<MessageRow, 'cost' | 'currency'>): Report['cost'] {
  return cost === null || currency === null ? null : { currency, amount: cost };
}

function warningsFor(
  message: MessageRow,
  denominator: Rates['denominator'],
  find: Find,
  links: readonly LinkRow[],
): Report['warnings'] {
  const warnings: { code: string; message: string }[] = [];
  const untold = message.sent - message.delivered - message.bounces;
  if (message.sent === 0) {
    const text = message.delivered > 0 ? 'No sends were recorded.' : 'No sends were recorded, so there are no rates.';
    warnings.push({ code: 'no-sends', message: text });
  } else if (find('open', 'all').recipients > message.sent) {
    warnings.push({
      code: 'more-openers-than-sends',
      message: 'More recipients opened than sends were recorded; rates are too high.',
    });
  }
  if (message.delivered > 0 && untold > 0) {
    warnings.push({
      code: 'deliveries-untold',
      message: `Of ${untold} of ${message.sent} recipients nobody has said whether the mail came; until then rates ${denominator === 'delivered' ? 'by delivered recipients are too high' : 'are of more recipients than got it'}.`,
    });
  }
  if (message.hidden > 0) {
    warnings.push({
      code: 'readers-hidden',
      message: `${message.hidden} opens and clicks came through a proxy or content network that hides who asked, so what they were is unknown. Name the proxies in front of the collector (--trusted-proxies), and let a content network forward User-Agent.`,
    });
  }
  if (isWithheld(find, links)) {
    warnings.push({
      code: 'small-cells-withheld',
      message: `Opens and clicks that are counted without their recipient are left out of each figure in which they would be fewer than ${smallCellHits}.`,
    });
  }
  if (links.length > reportLinksMax) {
    warnings.push({
      code: 'links-cut',
      message: `The message has over ${reportLinksMax} links; the report shows the first.`,
    });
  }
  return warnings;
}

/** Whether hits are left out of any total, by label or by link. */
function isWithheld(find: Find, links: readonly LinkRow[]): boolean {
  const wholes = (['open', 'click'] as const).map((kind) => LABELS.map((label) => find(kind, label).anonymous));
  return [...wholes, links.map(({ anonymous }) => anonymous)].some((parts) => {
    const shown = shownOfParts(parts);
    return parts.some((part, at) => part !== shown[at]);
  });
}
