// What came of each recipient, and the words for it.
import type { SendBegin } from '../track/send-log.ts';
import type { ReadRecipient } from './read-recipient.ts';

/** What came of one recipient. */
export interface SendResult {
  /** From 1, in the order of the recipients. */
  readonly row: number;
  readonly recipient: string;
  readonly email: string;
  /** `doubtful`: the mail may have gone out, or not; it is not sent again unless `again` says so. */
  readonly status: 'sent' | 'failed' | 'skipped' | 'doubtful';
  /** Why it was not sent. */
  readonly reason: SendReason | null;
  /** A sentence about it, the server's own words where it was the server. */
  readonly message: string | null;
  /** The code of the server's last reply (RFC 5321, section 4.2). */
  readonly reply: number | null;
  readonly messageId: string | null;
}

export type SendReason =
  | ('invalid-address' | 'invalid-recipient' | 'missing-fields' | 'invalid-merge' | 'refused' | 'deferred')
  | ('duplicate' | 'already-sent' | 'refused-before' | 'suppressed' | 'erased')
  | ('no-answer' | 'interrupted');

/** Why a recipient got no mail. */
export type Problem = Pick<SendResult, 'message'> & { readonly reason: SendReason; readonly reply?: number | null };

/** What is on record of a recipient who got the mail, or did not, before. */
export const BEFORE: Readonly<Record<Exclude<SendBegin, 'begun'>, Problem>> = {
  sent: { reason: 'already-sent', message: 'An earlier run sent the mail.' },
  refused: { reason: 'refused-before', message: 'The server refused the mail in an earlier run.' },
  doubtful: {
    reason: 'interrupted',
    message:
      'An earlier run was interrupted while it sent the mail, which may have gone out. Only again: doubtful sends another.',
  },
};

/** What each reason makes of a recipient. */
export const STATUS: Readonly<Record<SendReason, Exclude<SendResult['status'], 'sent'>>> = {
  'invalid-address': 'failed',
  'invalid-recipient': 'failed',
  'missing-fields': 'failed',
  'invalid-merge': 'failed',
  refused: 'failed',
  deferred: 'failed',
  duplicate: 'skipped',
  'already-sent': 'skipped',
  'refused-before': 'skipped',
  suppressed: 'skipped',
  erased: 'skipped',
  'no-answer': 'doubtful',
  interrupted: 'doubtful',
};

/** The result of a recipient: sent, where there is no problem. */
export function resultOf({ row, recipient, email }: ReadRecipient, problem?: Problem): SendResult {
  const { reason = null, message = null, reply = null } = problem ?? {};
  return {
    row,
    recipient,
    email,
    status: reason === null ? 'sent' : STATUS[reason],
    reason,
    message,
    reply,
    messageId: null,
  };
}

/** Whether the list has the recipient, or the address, already. */
export function duplicateOf({ recipient, email }: ReadRecipient, seen: Set<string>): Problem | undefined {
  const names = [`r ${recipient}`, `e ${email.toLowerCase()}`];
  const known = names.some((name) => seen.has(name));
  for (const name of names) seen.add(name);
  return known ? { reason: 'duplicate', message: 'The list has this recipient, or this address, before.' } : undefined;
}
