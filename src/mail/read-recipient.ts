// Reads one recipient of a mailing: an address, an id, what they agreed to, and fields to merge. What is wrong with one
// is that one's result; the others get their mail.
import { messageOf } from '../base/errors.ts';
import { idProblem, quote } from '../base/ids.ts';
import type { Consent } from '../base/nouns.ts';
import { kindOf } from '../base/options.ts';
import { readConsent } from '../track/read-consent.ts';

/** One recipient; all other properties are fields to merge, as these are. */
export interface MailRecipient {
  readonly email: string;
  /** The sender's own id. @default the address */
  readonly recipient?: string | undefined;
  /** Shown beside the address. */
  readonly name?: string | undefined;
  /** What this recipient agreed to; the lowest of this, the mail's and what is on record holds. */
  readonly consent?: Partial<Consent> | undefined;
  readonly [field: string]: unknown;
}

/** A recipient as it was read. */
export interface ReadRecipient {
  /** From 1. */
  readonly row: number;
  readonly email: string;
  readonly recipient: string;
  readonly name: string | undefined;
  readonly consent: Consent;
  readonly fields: Readonly<Record<string, unknown>>;
  /** What is wrong with it. */
  readonly problem?: { readonly reason: 'invalid-address' | 'invalid-recipient'; readonly message: string };
}

const NOBODY = { email: '', recipient: '', name: undefined, consent: readConsent(undefined, ''), fields: {} };

/** Reads a row. */
export function readRecipient(given: unknown, row: number): ReadRecipient {
  const refuse = (reason: 'invalid-address' | 'invalid-recipient', message: string, known = {}) => ({
    ...{ ...NOBODY, row, ...known },
    problem: { reason, message },
  });
  if (typeof given !== 'object' || given === null) {
    return refuse('invalid-recipient', `A recipient must be an object like { email }, but ${kindOf(given)} came.`);
  }
  const { email: address, recipient, name, consent, ...more } = given as Partial<MailRecipient>;
  const email = typeof address === 'string' ? address.trim() : '';
  const isNamed = recipient !== undefined && recipient !== '';
  const known = { email, recipient: isNamed ? String(recipient) : email };
  const wrong = addressProblem(email);
  if (wrong !== undefined) {
    return refuse('invalid-address', `An address must be like ann@example.com, but ${wrong}.`, known);
  }
  const problem = idProblem(isNamed ? recipient : email);
  if (problem !== undefined) return refuse('invalid-recipient', `A recipient id cannot be used: ${problem}.`, known);
  if (name !== undefined && (typeof name !== 'string' || CONTROL.test(name))) {
    return refuse('invalid-recipient', 'A name must be one line of text.', known);
  }
  try {
    const fields = { ...more, email, ...(name !== undefined && { name }) };
    return { row, ...known, name, consent: readConsent(consent, 'a recipient'), fields };
  } catch (error) {
    return refuse('invalid-recipient', messageOf(error), known);
  }
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
/** One address alone: no list, no name, no quotes, nothing that ends a command (RFC 5321, section 4.5.3.1 for lengths). */
const LOCAL = /^[^\s@<>()[\]\\,;:"\u0000-\u001f\u007f]{1,64}$/;
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

/** What keeps a text from being a mail address; nothing when it is one. */
export function addressProblem(email: string): string | undefined {
  if (email === '') return 'there is none';
  const at = email.lastIndexOf('@');
  const labels = email.slice(at + 1).split('.');
  const isGood =
    at > 0 && email.length <= 254 && LOCAL.test(email.slice(0, at)) && labels.every((label) => LABEL.test(label));
  return isGood ? undefined : `${quote(email)} came`;
}
