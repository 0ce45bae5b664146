// Figures and labels in the words of a reader. A rate shows as many digits as it deserves: whole percents, one decimal below
// ten. What is not known is a dash, never a zero.
import type { Label } from '../base/nouns.ts';

/** `38 %`, `7.1 %`, `under 0.1 %`; a dash for null. */
export function percentWords(rate: number | null): string {
  if (rate === null) return '–';
  const percent = Math.abs(rate) * 100;
  if (percent > 0 && percent < 0.05) return 'under\u00a00.1\u00a0%';
  const isWhole = percent === 0 || (percent >= 9.95 && percent < 99.5) || percent >= 100;
  return `${rate < 0 ? '−' : ''}${percent.toFixed(isWhole ? 0 : 1)}\u00a0%`;
}

/** A difference of rates in percentage points, with its sign: `+3.2`. */
export function pointsWords(difference: number): string {
  const points = (Math.abs(difference) * 100).toFixed(1);
  if (points === '0.0') return '0.0';
  return `${difference < 0 ? '−' : '+'}${points}`;
}

/** `1,240`; a dash for null. */
export function numberWords(value: number | null): string {
  return value === null ? '–' : value.toLocaleString('en');
}

/** `1 recipient`, `1,240 recipients`. */
export function countWords(count: number, noun: string): string {
  return `${numberWords(count)} ${count === 1 ? noun : `${noun}s`}`;
}

/** `3 Nov 2026, 09:00` in a time zone; a dash for null. */
export function timeWords(iso: string | null, tz: string): string {
  return iso === null ? '–' : formatOf(tz).format(new Date(iso));
}

/** Formats are dear to make, and pages need one of a zone many times. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatOf(tz: string): Intl.DateTimeFormat {
  const known = FORMATS.get(tz);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: tz, dateStyle: 'medium', timeStyle: 'short' });
  // All zones there are fit.
  FORMATS.set(tz, made);
  return made;
}

/** A stranger's text cut to what a line of a page bears. */
export function cut(value: string, characters: number): string {
  return value.length <= characters
    ? value
    : `${value
        .slice(0, characters - 1)
        .replace(/[\ud800-\udbff]$/, '')
        .trimEnd()}…`;
}

/** What a label means, for somebody who has read nothing of labels. */
export const LABEL_WORDS: Readonly<Record<Label, { readonly name: string; readonly meaning: string }>> = {
  human: { name: 'People', meaning: 'Somebody looked; their own program loaded the image.' },
  'proxy-human': {
    name: 'People, through a proxy',
    meaning: 'Somebody looked; their mail provider (Gmail, Yahoo) loaded the image for them.',
  },
  prefetch: {
    name: 'Loaded ahead',
    meaning: 'Loaded whether or not anybody looked, as Apple’s Mail Privacy Protection does.',
  },
  scanner: { name: 'Scanners', meaning: 'Security gateways, crawlers and scripts. Nobody looked.' },
  preview: { name: 'Previews', meaning: 'A chat or social network made a preview after somebody shared a link.' },
  unknown: { name: 'Unknown', meaning: 'Nothing says whether it was a person or a machine.' },
};

/** Time zones that a form offers; any other can be typed. */
export const COMMON_ZONES: readonly string[] = [
  ...['UTC', 'America/Los_Angeles', 'America/Denver', 'America/Chicago', 'America/New_York', 'America/Sao_Paulo'],
  ...[
    'Europe/London',
    'Europe/Lisbon',
    'Europe/Berlin',
    'Europe/Paris',
    'Europe/Madrid',
    'Europe/Rome',
    'Europe/Warsaw',
  ],
  ...['Europe/Helsinki', 'Europe/Athens', 'Europe/Istanbul', 'Africa/Lagos', 'Africa/Johannesburg', 'Asia/Dubai'],
  ...['Asia/Kolkata', 'Asia/Singapore', 'Asia/Shanghai', 'Asia/Tokyo', 'Australia/Sydney', 'Pacific/Auckland'],
];

/** A point of a timeline: `3 Nov`, or `3 Nov, 14:00`. */
export function pointTime({ start, unit }: { readonly start: string; readonly unit: 'hour' | 'day' }): string {
  return unit === 'day' ? dayWords(start) : `${dayWords(start)}, ${start.slice(11, 16)}`;
}

/** `3 Nov`, of a time as it stands in its zone. */
export function dayWords(start: string): string {
  return `${Number(start.slice(8, 10))} ${MONTHS[Number(start.slice(5, 7)) - 1] ?? ''}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
