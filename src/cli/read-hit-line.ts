// Reads a line of hits as `classify` takes them: each field is looked at, and the first that is wrong is named.
import ipaddr from 'ipaddr.js';
import { quote } from '../base/ids.ts';
import { NETWORK_KINDS } from '../base/nouns.ts';
import type { ClassifyHit } from '../classify/read-signals.ts';

/** What a line holds: a hit, or what is wrong with it. */
export type ReadLine = { readonly hit: ClassifyHit } | { readonly problem: string };

interface Field {
  readonly name: keyof ClassifyHit;
  readonly isRequired: boolean;
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

const EVENTS: ReadonlySet<unknown> = new Set(['open', 'click', 'unsubscribe']);
const isText = (value: unknown) => typeof value === 'string';
const isFilled = (value: unknown) => typeof value === 'string' && value !== '';
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isFlag = (value: unknown) => typeof value === 'boolean';
const isNetworkKind = (value: unknown) => NETWORK_KINDS.some((kind) => kind === value);
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const orNull = (fits: Field['fits']) => (value: unknown) => value === null || fits(value);

const FIELDS: readonly Field[] = [
  field('id', true, 'a text', isFilled),
  field('event', true, 'open, click or unsubscribe', (value) => EVENTS.has(value)),
  field('message', true, 'the id of the message, a text', isFilled),
  field('recipient', true, 'the id of the recipient, a text, or null', orNull(isFilled)),
  field('atMs', true, 'milliseconds since 1970, a number', isNumber),
  field('method', true, 'a method of HTTP like GET', isFilled),
  field('ip', true, 'an IPv4 or IPv6 address, or null', orNull(isAddress)),
  field('headers', true, 'an object of header names and texts', isHeaders),
  field('link', false, 'the index of a link, a whole number from 0, or null', orNull(isCount)),
  field('linkCount', false, 'how many links the mail has, or null', orNull(isCount)),
  field('honeypot', false, 'true, false or null', orNull(isFlag)),
  field('sentAtMs', false, 'milliseconds since 1970, or null', orNull(isNumber)),
  field('deliveredAtMs', false, 'milliseconds since 1970, or null', orNull(isNumber)),
  field('network', false, `one of ${NETWORK_KINDS.join(', ')}, or null`, orNull(isNetworkKind)),
  field('ptr', false, 'a name in reverse DNS, or null', orNull(isText)),
  field('recipientDomain', false, 'a domain, or null', orNull(isText)),
];

function field(name: keyof ClassifyHit, isRequired: boolean, expected: string, fits: Field['fits']): Field {
  return { name, isRequired, expected, fits };
}

/** The hit in a line of NDJSON. */
export function readHitLine(text: string): ReadLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: `expected a hit as JSON, like { "id": "h1", "event": "open", … }, but the line is no JSON` };
  }
  if (!isRecord(value)) return { problem: `expected a hit as a JSON object, but ${nameOf(value)} came` };
  for (const { name, isRequired, expected, fits } of FIELDS) {
    const came = value[name];
    if (came === undefined ? !isRequired : fits(came)) continue;
    return {
      problem: `${name}: expected ${expected}, but ${came === undefined ? 'it is missing' : `${nameOf(came)} came`}`,
    };
  }
  const { headers, ...hit } = value;
  return { hit: { ...hit, headers: foldHeaders(headers) } as unknown as ClassifyHit };
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && ipaddr.isValid(value.replace(/^\[|\]$/g, '').replace(/%.*$/, ''));
}

function isHeaders(value: unknown): boolean {
  return (
    isRecord(value) && Object.values(value).every((text) => isText(text) || (Array.isArray(text) && text.every(isText)))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names in lower case; what came several times is joined, as Node does. */
function foldHeaders(headers: unknown): Readonly<Record<string, string>> {
  const entries = isRecord(headers) ? Object.entries(headers) : [];
  return Object.fromEntries(
    entries.map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : String(value)]),
  );
}

function nameOf(value: unknown): string {
  if (typeof value === 'string') return quote(value.slice(0, 80));
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}
