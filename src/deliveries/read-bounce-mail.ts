// Bounce mails: delivery status notifications (RFC 3464). Anybody can write one, so that one counts only with our sealed U in
// the headers it returns, or in the address it came back to.
import { messageOf } from '../base/errors.ts';
import { findParts, type MimePart } from '../mime/find-parts.ts';
import { type Header, readHeaders, valuesOf } from '../mime/read-headers.ts';
import { readTransferBody } from '../mime/transfer-body.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { openUnsubscribeToken } from '../token/unsubscribe-token.ts';
import type { DeliveryEvent } from './delivery.ts';
import { tokenIn } from './provider.ts';

/** What a mail turned out to be. */
export type BounceMail =
  | {
      readonly kind: 'status';
      readonly event: DeliveryEvent;
      /** The address takes no mail. */
      readonly isHard: boolean;
      /** `5.1.1`; empty when it gives none. */
      readonly status: string;
      /** Whose mail it was about; nothing where no U of ours that is in force is in it. */
      readonly of: { readonly message: string; readonly recipient: string } | undefined;
      /** When it was written, as it says. */
      readonly atMs: number | undefined;
    }
  | { readonly kind: 'other'; readonly reason: string };

/** Reads a mail. */
export function readBounceMail(raw: Buffer, keys: KeyRing): BounceMail {
  try {
    return read(raw, keys);
  } catch (error) {
    return other(`it cannot be read: ${messageOf(error)}`);
  }
}

function other(reason: string): BounceMail {
  return { kind: 'other', reason };
}

function read(raw: Buffer, keys: KeyRing): BounceMail {
  const text = raw.toString('latin1');
  const root = findParts(text);
  const parts = flatten(root);
  const report = parts.find(({ type }) => /^message\/(?:global-)?delivery-status$/.test(type));
  if (report === undefined) return other('it holds no delivery status');
  const groups = groupsIn(bodyOf(raw, report));
  const found = groups.flatMap((fields) => statusOf(fields) ?? []);
  // One that is about several says first what failed: of a list that a recipient forwards to, say.
  const told = found.find(({ event }) => event === 'bounced') ?? found[0];
  if (told === undefined) return other('its delivery status says nothing of a recipient');
  const returned = parts.filter(({ type }) => RETURNED.test(type)).flatMap((part) => headersIn(bodyOf(raw, part)));
  const tokens = [...wayOutIn(returned), ...returnPathsIn(root.headers)];
  const of = tokens.flatMap((token) => addresseeOf(keys, token) ?? [])[0];
  const atMs = Date.parse(valuesOf(root.headers, 'date')[0] ?? '');
  return { kind: 'status', ...told, of, atMs: Number.isNaN(atMs) ? undefined : atMs };
}

/** The mail that came back, or its headers. */
const RETURNED = /^(?:message\/(?:rfc822|global)|text\/rfc822-headers|message\/(?:rfc822|global)-headers)$/;

function flatten(part: MimePart): readonly MimePart[] {
  return [part, ...part.children.flatMap(flatten)];
}

function bodyOf(raw: Buffer, part: MimePart): string {
  const body = raw.subarray(part.bodyStart, part.bodyEnd);
  return (readTransferBody(body, part.encoding)?.bytes ?? body).toString('latin1');
}

function headersIn(text: string): readonly Header[] {
  return readHeaders(text, 0, text.length).headers;
}

/** Groups of fields, an empty line between two: of the message, then of each recipient. */
function groupsIn(text: string): readonly (readonly Header[])[] {
  return text.split(/\r?\n[ \t]*\r?\n/).map((group) => headersIn(group.trimStart()));
}

/** What a group says of a recipient (RFC 3464, section 2.3); nothing when it is not about one, or about what was passed on. */
function statusOf(fields: readonly Header[]) {
  const action = (valuesOf(fields, 'action')[0] ?? '').toLowerCase().split(/[\s(;]/, 1)[0];
  const status = /^[245]\.\d{1,3}\.\d{1,3}/.exec(valuesOf(fields, 'status')[0] ?? '')?.[0] ?? '';
  switch (action) {
    case 'failed':
      return { event: 'bounced', isHard: HARD.test(status), status } as const;
    case 'delayed':
      return { event: 'deferred', isHard: false, status } as const;
    case 'delivered':
      return { event: 'delivered', isHard: false, status } as const;
    default:
      return undefined;
  }
}

/**
 * There is no such address, or it takes no mail any more (RFC 3463; RFC 7505). All else is about this mail, the sender, a full
 * mailbox or a server; so is 5.0.0, which says nothing.
 */
const HARD = /^5\.(?:1\.(?:0|1|2|3|6|10)|2\.1)$/;

function wayOutIn(headers: readonly Header[]): readonly string[] {
  return valuesOf(headers, 'list-unsubscribe').flatMap((value) => tokenIn(value) ?? []);
}

/** U in the address a mail was returned to: `bounces+U@example.com`. */
function returnPathsIn(headers: readonly Header[]): readonly string[] {
  const addresses = ['to', 'delivered-to', 'x-original-to', 'envelope-to'].flatMap((name) => valuesOf(headers, name));
  return addresses.flatMap((address) =>
    [...address.slice(0, 2_000).matchAll(/[+=-]([a-z2-7]{20,1000})@/gi)].map(([, token = '']) => token),
  );
}

/** Of a key that was revoked no token is believed: whoever has the key may have made it. */
function addresseeOf(keys: KeyRing, token: string) {
  const opened = openUnsubscribeToken(keys, token);
  if (!opened.ok || opened.key.revoked) return undefined;
  const { message, recipient } = opened.token;
  return recipient === null ? undefined : { message, recipient };
}
