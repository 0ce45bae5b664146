// Reads the options of sendAll.
import addressparser from 'nodemailer/lib/addressparser';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { sendRetryMs, sendTriesMore } from '../base/limits.ts';
import { checkChoice, checkOptionNames, kindOf } from '../base/options.ts';
import type { AskingSendLog } from '../track/send-log.ts';
import type { ServerAway } from './patience.ts';
import { addressProblem } from './read-recipient.ts';

export interface SendAllOptions {
  /** Where hand-overs are on record: a store of `openStore`. */
  readonly store: AskingSendLog;
  /** The sender: `News <news@example.com>`; the name may hold merge tags. */
  readonly from: string;
  /** May hold merge tags. */
  readonly subject: string;
  readonly replyTo?: string | undefined;
  /** More headers; their values may hold merge tags. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Tries of a mail that the server puts off (4yz), beyond the first. @default 4 */
  readonly retries?: number | undefined;
  /** Milliseconds before the second try; each later one doubles them. @default 30000 */
  readonly retryMs?: number | undefined;
  /** Sends anew what an earlier run left in doubt, or what the server refused. @default neither */
  readonly again?: readonly ('refused' | 'doubtful')[] | undefined;
  /** Told when the mail server cannot be reached, at once and again each minute while it is tried. @default nobody */
  readonly onAway?: ((away: ServerAway) => void) | undefined;
  /** Ends the run: what is under way is waited for, nothing else begins. */
  readonly signal?: AbortSignal | undefined;
}

/** The options, completed. */
export interface ReadSendOptions extends Required<Omit<SendAllOptions, 'replyTo' | 'signal'>> {
  readonly fromName: string;
  readonly replyTo: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly retries: number;
  readonly retryMs: number;
  readonly again: readonly ('refused' | 'doubtful')[];
  readonly onAway: (away: ServerAway) => void;
}

const NAMES = ['store', 'from', 'subject', 'replyTo', 'headers', 'retries', 'retryMs', 'again', 'onAway', 'signal'];
/** What the mail itself decides. */
const OWN_HEADERS =
  /^(?:from|to|cc|bcc|sender|subject|date|message-id|list-unsubscribe|list-unsubscribe-post|dkim-signature|mime-version|content-.*)$/i;

/**
 * Completes the options.
 *
 * @throws TelltaleError `INVALID_OPTION`, `UNKNOWN_OPTION`.
 */
export function readSendOptions(options: SendAllOptions): ReadSendOptions {
  checkOptionNames(options, NAMES, 'sendAll');
  const { store, signal, replyTo } = options;
  if (typeof store?.logSends !== 'function') {
    throw refuse(
      'store',
      "the store in which hand-overs are recorded, from await openStore('sqlite:telltale.db')",
      store,
    );
  }
  if (replyTo !== undefined) addressOf(replyTo, 'replyTo');
  const { name, address } = addressOf(options.from, 'from');
  const headers = options.headers ?? {};
  for (const [header, value] of Object.entries(headers)) {
    if (!/^[!-9;-~]+$/.test(header)) throw refuse('headers', 'an object of header names and texts', header);
    if (typeof value !== 'string') throw refuse(`headers.${header}`, 'a text', value);
    if (OWN_HEADERS.test(header)) {
      throw new TelltaleError('INVALID_OPTION', `sendAll writes ${header} itself; leave it out of headers.`);
    }
  }
  return {
    store,
    signal,
    replyTo,
    headers,
    from: address,
    fromName: name,
    subject: textOf(options.subject, 'subject'),
    retries: numberOf(options.retries ?? sendTriesMore, 'retries'),
    retryMs: numberOf(options.retryMs ?? sendRetryMs, 'retryMs'),
    onAway: options.onAway ?? (() => undefined),
    again: (options.again ?? []).map((one) => checkChoice(one, ['refused', 'doubtful'] as const, 'again')),
  };
}

function addressOf(text: unknown, of: string): { readonly name: string; readonly address: string } {
  const [first, ...more] = addressparser(textOf(text, of), { flatten: true });
  if (first !== undefined && more.length === 0 && addressProblem(first.address) === undefined) return first;
  throw refuse(of, 'one address like News <news@example.com>', text);
}

function textOf(value: unknown, of: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw refuse(of, 'a text', value);
}

function numberOf(value: number, of: string): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw refuse(of, 'a whole number from 0', value);
}

function refuse(of: string, expected: string, came: unknown): TelltaleError {
  const shown = typeof came === 'string' ? quote(came) : kindOf(came);
  return new TelltaleError('INVALID_OPTION', `sendAll: ${of} must be ${expected}, but ${shown} came.`);
}
