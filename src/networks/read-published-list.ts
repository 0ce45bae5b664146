// Reads lists in the formats their owners publish. A format that changed is an error and never half a list.
import { z } from 'zod';
import { formatRange, mergeRanges, readRange } from './ip-range.ts';
import { invalidList, parseAs, rangesProblem } from './read-network-list.ts';

/** How an owner publishes ranges; see the table below. */
export type ListFormat =
  | 'apple-csv'
  | 'lines'
  | 'google-json'
  | 'microsoft-eop-json'
  | 'microsoft-json'
  | 'amazon-json'
  | 'cloudfront-json'
  | 'fastly-json'
  | 'zscaler-json';

/** What a document says: ranges as they stand there, and its own date where it has one. */
interface Published {
  readonly ranges: readonly string[];
  readonly date?: string | undefined;
}

const GOOGLE = z.object({
  creationTime: z.string(),
  prefixes: z.array(z.object({ ipv4Prefix: z.string().optional(), ipv6Prefix: z.string().optional() })),
});
const MICROSOFT = z.array(z.object({ urls: z.array(z.string()).optional(), ips: z.array(z.string()).optional() }));
const AMAZON = z.object({
  createDate: z.string(),
  prefixes: z.array(z.object({ ip_prefix: z.string(), service: z.string() })),
  ipv6_prefixes: z.array(z.object({ ipv6_prefix: z.string(), service: z.string() })),
});
const FASTLY = z.object({ addresses: z.array(z.string()), ipv6_addresses: z.array(z.string()) });
const ZSCALER = z.object({ hubPrefixes: z.array(z.string()) });

/** Readers by format. */
const FORMATS: Readonly<Record<ListFormat, (text: string) => Published>> = {
  /** A range a line, then country, region and city. */
  'apple-csv': (text) => ({ ranges: linesOf(text).map((line) => line.split(',', 1)[0] ?? '') }),
  /** A range a line. */
  lines: (text) => ({ ranges: linesOf(text) }),
  'google-json': (text) => {
    const { creationTime, prefixes } = parseAs(GOOGLE, text);
    return { ranges: prefixes.flatMap((one) => one.ipv4Prefix ?? one.ipv6Prefix ?? []), date: creationTime };
  },
  /** Endpoints of Exchange Online Protection: those whose names it answers under. */
  'microsoft-eop-json': (text) => ({ ranges: endpoints(text, isProtection) }),
  /** All other endpoints of Microsoft 365. */
  'microsoft-json': (text) => ({ ranges: endpoints(text, (urls) => !isProtection(urls)) }),
  'amazon-json': (text) => amazon(text, 'AMAZON'),
  'cloudfront-json': (text) => amazon(text, 'CLOUDFRONT'),
  'fastly-json': (text) => {
    const { addresses, ipv6_addresses } = parseAs(FASTLY, text);
    return { ranges: [...addresses, ...ipv6_addresses] };
  },
  'zscaler-json': (text) => ({ ranges: parseAs(ZSCALER, text).hubPrefixes }),
};

/**
 * Reads the documents of one list.
 *
 * @returns the fewest ranges that hold the same addresses, and the date the documents give, if they do.
 * @throws TelltaleError `INVALID_NETWORKS`.
 */
export function readPublishedList(
  format: ListFormat,
  documents: readonly string[],
): { readonly ranges: readonly string[]; readonly date: string | undefined } {
  const published = documents.map((text) => FORMATS[format](text));
  const ranges = published.flatMap((one) => one.ranges);
  if (ranges.length === 0) throw invalidList('there is no range in it');
  const problem = rangesProblem(ranges);
  if (problem !== undefined) throw invalidList(problem);
  const date = /^\d{4}-\d{2}-\d{2}/.exec(published[0]?.date ?? '')?.[0];
  return { ranges: mergeRanges(ranges.flatMap((text) => readRange(text) ?? [])).map(formatRange), date };
}

function linesOf(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function endpoints(text: string, isWanted: (urls: readonly string[]) => boolean): readonly string[] {
  return parseAs(MICROSOFT, text).flatMap(({ urls = [], ips = [] }) => (isWanted(urls) ? ips : []));
}

function isProtection(urls: readonly string[]): boolean {
  return urls.some((url) => /(?:^|\.)protection\.outlook\.com$|(?:^|\.)mx\.microsoft$/.test(url));
}

function amazon(text: string, service: 'AMAZON' | 'CLOUDFRONT'): Published {
  const { createDate, prefixes, ipv6_prefixes } = parseAs(AMAZON, text);
  const ranges = [
    ...prefixes.flatMap((one) => (one.service === service ? one.ip_prefix : [])),
    ...ipv6_prefixes.flatMap((one) => (one.service === service ? one.ipv6_prefix : [])),
  ];
  return { ranges, date: createDate };
}
