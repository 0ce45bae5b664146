// Reads what a mail says of tracking: `tracking: { message, recipient }`, `{ message }`, or `false`. What a caller got
// wrong is an error of that mail.
import { TelltaleError } from '../base/errors.ts';
import { checkId } from '../base/ids.ts';
import type { Consent } from '../base/nouns.ts';
import { checkOptionNames } from '../base/options.ts';

/** What a mail may say of tracking. */
export interface MailTracking {
  /** The sender's own id of the mailing. */
  readonly message: string;
  /** The sender's own id of the addressee; without one the message alone is counted. */
  readonly recipient?: string | undefined;
  /** What this recipient agreed to. @default the message's consent */
  readonly consent?: Partial<Consent> | undefined;
  /** Marks hits as test traffic. @default false */
  readonly test?: boolean | undefined;
}

const NAMES = ['message', 'recipient', 'consent', 'test'];

/**
 * The tracking of a mail, or nothing when it is not to be touched.
 *
 * @param addressees the addresses in to, cc and bcc, or the envelope's.
 * @throws TelltaleError `MISSING_TRACKING`, `SEVERAL_RECIPIENTS`, `INVALID_ID`, `UNKNOWN_OPTION`, `INVALID_OPTION`.
 */
export function readTracking(tracking: unknown, addressees: readonly string[]): MailTracking | undefined {
  if (tracking === undefined || tracking === null || tracking === false) return undefined;
  checkOptionNames(tracking, NAMES, 'tracking');
  const { message, recipient, consent, test } = tracking as Partial<MailTracking>;
  if (message === undefined) {
    const shapes = '{ message, recipient }, { message } or false';
    throw new TelltaleError(
      'MISSING_TRACKING',
      `tracking must be ${shapes}, but it names no message. Say which mailing the mail belongs to.`,
    );
  }
  checkId(message, 'message');
  if (recipient !== undefined) checkId(recipient, 'recipient');
  if (recipient !== undefined && addressees.length > 1) {
    throw new TelltaleError(
      'SEVERAL_RECIPIENTS',
      `The mail goes to ${addressees.length} addressees, but tracking names one recipient. Send one mail to each, or use tracking: { message } to count without telling them apart.`,
    );
  }
  return { message, recipient, consent, test };
}
