// Where a webhook may go: https or http, at the usual ports, to a public address. The name is asked for once, and the
// connection goes to the very address that was found fit: a name that answers otherwise the next time gains nothing.
import { lookup as systemLookup } from 'node:dns/promises';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { webhookUrlCharsMax } from '../base/limits.ts';
import { isPublic } from './public-address.ts';

export interface WebhookPolicy {
  /** Lets webhooks go to private addresses. @default false */
  readonly allowPrivate: boolean;
  /** Ports besides 80 and 443. @default none */
  readonly ports: readonly number[];
}

/** Finds all addresses of a name. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export const SYSTEM_LOOKUP: Lookup = (host) => systemLookup(host, { all: true, verbatim: true });

export interface Target {
  readonly address: string;
  readonly family: number;
}

/**
 * Reads the address of an endpoint; what its name leads to is looked at whenever it is asked.
 *
 * @throws TelltaleError `INVALID_WEBHOOK`.
 */
export function readWebhookUrl(text: string, policy: WebhookPolicy): URL {
  if (text.length > webhookUrlCharsMax) throw refuse(text, `it has over ${webhookUrlCharsMax} characters`);
  if (!URL.canParse(text)) throw refuse(text, 'it is no address');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse(text, `it begins with ${url.protocol}`);
  if (url.username !== '' || url.password !== '') throw refuse(text, 'it holds a name or a password');
  if (url.hash !== '') throw refuse(text, 'it holds a #, which is never sent');
  const port = portOf(url);
  if (port !== 80 && port !== 443 && !policy.ports.includes(port)) {
    throw refuse(text, `port ${port} is neither 80 nor 443, and is not allowed ("ports" in the settings of webhooks)`);
  }
  const address = literalIn(url);
  if (address !== undefined) checkAddress(address, policy, (reason) => refuse(text, reason));
  return url;
}

/**
 * Finds where to connect to.
 *
 * @throws Error that says why nowhere.
 */
export async function findTarget(url: URL, policy: WebhookPolicy, lookup: Lookup): Promise<Target> {
  const literal = literalIn(url);
  const found =
    literal === undefined ? await lookup(url.hostname) : [{ address: literal, family: literal.includes(':') ? 6 : 4 }];
  // All of them: of a name that answers both, nobody knows which is meant.
  for (const { address } of found) checkAddress(address, policy, (reason) => new Error(reason));
  const [first] = found;
  if (first === undefined) throw new Error(`${quote(url.hostname)} has no address`);
  return first;
}

function checkAddress(address: string, { allowPrivate }: WebhookPolicy, problem: (reason: string) => Error): void {
  if (allowPrivate || isPublic(address)) return;
  throw problem(
    `${address} is no public address, and others are not allowed ("allowPrivate" in the settings of webhooks)`,
  );
}

/** The address that stands in a URL in place of a name. */
function literalIn({ hostname }: URL): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : undefined;
}

function portOf({ protocol, port }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

function refuse(given: string, reason: string): TelltaleError {
  // A password is for nobody's log.
  const text = given.replace(/\/\/[^/?#]*@/, '//…@');
  return new TelltaleError(
    'INVALID_WEBHOOK',
    `A webhook goes to an address like https://hooks.example.com/telltale, but of ${quote(text)}: ${reason}.`,
  );
}
