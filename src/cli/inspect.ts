// `telltale inspect`: what a tracked URL or token says, read with the key ring.
import { parseDestination } from '../base/destination.ts';
import type { Consent } from '../base/nouns.ts';
import { queryOf } from '../base/signed-url.ts';
import { openClickToken } from '../token/click-token.ts';
import { openHitToken } from '../token/hit-token.ts';
import { createKeyRing, type KeyRing, type RingKey } from '../token/key-ring.ts';
import { openLink } from '../token/open-link.ts';
import { readShortLinkToken } from '../token/short-link-token.ts';
import { openUnsubscribeToken } from '../token/unsubscribe-token.ts';
import { type Io, writeOut } from './io.ts';
import { loadKeys } from './key-file.ts';
import { type CommonFlags, readSettings } from './settings.ts';

interface Inspection {
  readonly valid: boolean;
  readonly kind: 'open' | 'click' | 'unsubscribe' | 'hit' | 'click-id' | null;
  /** The key's id. */
  readonly key: string | null;
  readonly message: string | null;
  readonly recipient: string | null;
  readonly consent: Consent | null;
  /** The link's index. */
  readonly link: number | null;
  /** Nothing for a short link. */
  readonly destination: string | null;
  /** Why it is not valid. */
  readonly reason: string | null;
  /** When the click of a click id was, to the second. */
  readonly clickedAt?: string;
}

/** Runs the command; false when the URL or token is not valid. */
export async function inspect(text: string, flags: CommonFlags, io: Io): Promise<boolean> {
  const settings = readSettings(flags, io);
  const found = inspectText(createKeyRing(loadKeys(settings, io)), text.trim());
  await writeOut(io, settings.json ? `${JSON.stringify(found)}\n` : toText(found));
  return found.valid;
}

function inspectText(ring: KeyRing, text: string): Inspection {
  const url = /^https?:\/\//i.test(text) ? text : '';
  const path = url === '' ? text : url.replace(/[?#].*$/s, '');
  const pixel = /(?:^|\/)o\/([a-z2-7]+)\.gif$/i.exec(path);
  if (pixel !== null) return inspectHit(ring, 'open', pixel[1] ?? '');
  const click = /(?:^|\/)c\/([a-z2-7]+)\/([a-z2-7]+)$/i.exec(path);
  if (click !== null) return inspectHit(ring, 'click', click[1] ?? '', click[2]);
  const unsubscribe = /(?:^|\/)[up]\/([a-z2-7]+)$/i.exec(path);
  if (unsubscribe !== null) return inspectUnsubscribe(ring, unsubscribe[1] ?? '');
  const hit = inspectHit(ring, 'hit', text);
  if (hit.valid) return hit;
  const way = inspectUnsubscribe(ring, text);
  if (way.valid) return way;
  const clickId = inspectClickId(ring, clickIdIn(url) ?? text);
  return clickId.kind === 'click-id' ? clickId : { ...hit, kind: null };
}

const NOTHING: Inspection = {
  valid: false,
  kind: null,
  key: null,
  message: null,
  recipient: null,
  consent: null,
  link: null,
  destination: null,
  reason: null,
};

function inspectHit(ring: KeyRing, kind: 'open' | 'click' | 'hit', text: string, linkText?: string): Inspection {
  const opened = openHitToken(ring, text);
  if (!opened.ok) return { ...NOTHING, kind, reason: opened.reason };
  const { message, recipient, consent } = opened.token;
  const known = { ...NOTHING, ...state(opened.key), kind, message, recipient, consent };
  if (linkText === undefined) return known;
  const short = readShortLinkToken(linkText);
  // Where a short link leads stands in the database, which this command does without.
  if (short !== undefined) return { ...known, link: short.index };
  const link = openLink(opened.key, opened.token, linkText);
  if (!link.ok) return { ...known, valid: false, reason: `link ${link.reason}` };
  const { index, destination } = link.link;
  const isSafe = parseDestination(destination).ok;
  return { ...known, link: index, destination, ...(isSafe ? {} : { valid: false, reason: 'unsafe destination' }) };
}

function inspectUnsubscribe(ring: KeyRing, text: string): Inspection {
  const opened = openUnsubscribeToken(ring, text);
  if (!opened.ok) return { ...NOTHING, kind: 'unsubscribe', reason: opened.reason };
  return { ...NOTHING, ...state(opened.key), kind: 'unsubscribe', ...opened.token };
}

/** The click id in the URL of a shop, whatever its parameter is called. */
function clickIdIn(url: string): string | undefined {
  const values = url === '' ? [] : [...new URLSearchParams(queryOf(url)).values()];
  return values.find((value) => /^[a-z2-7]{40,}$/i.test(value));
}

/** `kind` is null for what is no click id of these keys. */
function inspectClickId(ring: KeyRing, text: string): Inspection {
  const opened = openClickToken(ring, text);
  if (!opened.ok) return { ...NOTHING, reason: opened.reason };
  const { message, recipient, link, atMs } = opened.token;
  const clickedAt = new Date(atMs).toISOString();
  return { ...NOTHING, ...state(opened.key), kind: 'click-id', message, recipient, link, clickedAt };
}

function state(key: RingKey): Pick<Inspection, 'valid' | 'key' | 'reason'> {
  return { valid: !key.revoked, key: key.id, reason: key.revoked ? 'key revoked' : null };
}

function toText(found: Inspection): string {
  const rows = Object.entries(found).map(([name, value]) => {
    const text =
      name === 'consent' && found.consent !== null
        ? `opens ${found.consent.opens}, clicks ${found.consent.clicks}`
        : String(value ?? '-');
    return `${name.padEnd(12)}${text}`;
  });
  return `${rows.join('\n')}\n`;
}
