// What a sender needs of a store so that nobody gets a mail twice: a record of each hand-over, written before it and
// after it. What has a beginning and no end was interrupted, and nobody can know whether that mail went out.
import type { ConsentLevel, SendEnd, SuppressionReason } from '../base/nouns.ts';
import type { Send } from './send-queue.ts';

export type { SendEnd } from '../base/nouns.ts';

/** What is on record of a recipient: nothing that stands in the way, so the hand-over has begun now, or how it ended. */
export type SendBegin = 'begun' | Exclude<SendEnd, 'deferred'>;

/** Who sends a message. */
export interface SendRun {
  /** Random, one for each run. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}

/** A hand-over that has ended. */
export interface EndedSend {
  readonly recipient: string;
  readonly end: SendEnd;
  readonly atMs: number;
  /** The code of the server's reply (RFC 5321, section 4.2); null without one. */
  readonly reply: number | null;
  /** What reports keep of it, where it was sent. */
  readonly send: Send | null;
}

/** What is to be written at once, in one durable step: ends first, then beginnings. */
export interface SendEntries {
  readonly ended: readonly EndedSend[];
  /** Recipients about to get the mail. */
  readonly begun: readonly string[];
  /** Begins anew what was refused or is doubtful. */
  readonly again?: readonly ('refused' | 'doubtful')[] | undefined;
}

/** How many recipients of a message are on record, by how it ended. */
export type SendLogCounts = Readonly<Record<SendEnd, number>>;

export interface SendLog {
  /**
   * Takes a message for a run; what an earlier one began and did not end is doubtful from now on.
   *
   * @throws TelltaleError `SENDING` while another run, which still lives, has it.
   */
  startSending(message: string, run: SendRun): Promise<SendLogCounts>;
  /**
   * Writes entries and keeps the message for the run; gives an answer for each of `begun`, in their order.
   *
   * @throws TelltaleError `SENDING` when another run has taken the message.
   */
  logSends(message: string, run: SendRun, entries: SendEntries): Promise<readonly SendBegin[]>;
  /** Gives the message back. */
  endSending(message: string, run: SendRun): Promise<void>;
  /** What is known of recipients that decides whether they may get mail; in the order of the ids. */
  sendability(recipients: readonly string[]): Promise<readonly Sendability[]>;
}

/** A log that may have to ask elsewhere who may be mailed, before all else. */
export interface AskingSendLog extends SendLog {
  refresh?(): Promise<void>;
}

/** Whether somebody may get mail, and what may be tracked of them. */
export interface Sendability {
  readonly recipient: string;
  /** Why they get none. */
  readonly suppressed: SuppressionReason | null;
  readonly erased: boolean;
  /** What is on record of their consent. */
  readonly consent: { readonly opens: ConsentLevel; readonly clicks: ConsentLevel } | null;
}

export type { SuppressionReason } from '../base/nouns.ts';

/** A log that keeps nothing, for mails that are not sent: nothing is on record but what decides who may get mail. */
export function writesNothing({ sendability, refresh }: Pick<AskingSendLog, 'sendability' | 'refresh'>): AskingSendLog {
  return {
    sendability,
    ...(refresh !== undefined && { refresh }),
    startSending: async () => ({ sent: 0, refused: 0, deferred: 0, doubtful: 0 }),
    logSends: async (_message, _run, { begun }) => begun.map(() => 'begun'),
    endSending: async () => undefined,
  };
}
