// sendAll: one mail to each recipient of a mailing, merged and tracked, and none twice. Each hand-over is on record in the
// store before it begins and when it has ended, so a run that was interrupted goes on where it was; what nobody can know,
// whether a mail went out whose answer is missing, is told.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Transporter } from 'nodemailer';
import { TelltaleError } from '../base/errors.ts';
import { sendRetriesMax, sendsAhead } from '../base/limits.ts';
import { isLoopbackName } from '../base/loopback-name.ts';
import type { Consent } from '../base/nouns.ts';
import { kindOf } from '../base/options.ts';
import type { CompiledMail } from '../track/compiled-mail.ts';
import { type AskingSendLog, type EndedSend, writesNothing } from '../track/send-log.ts';
import { checkDkimKeys } from './dkim-keys.ts';
import { connectionsOf, type HandedOver, makeHandOver } from './hand-over.ts';
import { makeMerger } from './merge-mail.ts';
import { makePatience } from './patience.ts';
import { makePersonalMail, type Prepared } from './personal-mail.ts';
import { reachServer } from './reach-server.ts';
import type { ReadRecipient } from './read-recipient.ts';
import { type MailRecipients, rowsOf } from './recipient-rows.ts';
import { readSendOptions, type SendAllOptions } from './send-options.ts';
import { BEFORE, duplicateOf, resultOf, type SendResult } from './send-result.ts';

/** The reply that takes a mail over (RFC 5321, section 4.2). */
const OK = 250;

/** A recipient on the way. */
interface Job {
  readonly recipient: ReadRecipient;
  readonly tries: number;
  readonly dueMs: number;
}

/**
 * Sends the mail to each recipient over nodemailer's transport, and yields what came of each when that is on record. Stop
 * early, by `break` or the signal, and what is under way is waited for; call again with the same message to go on.
 *
 * @param mail compiled with `merge: 'liquid'`, or finished. A store's `message` is what makes two calls one mailing.
 * @throws TelltaleError `MISSING_FIELDS` before the first mail, with the names and the rows that lack them; `SENDING` while
 *   another process sends the message; `SMTP_FAILED` when the server lets nobody in or is away for too long;
 *   `INVALID_BASE_URL` without https; `INVALID_OPTION`, `UNKNOWN_OPTION`.
 */
export async function* sendAll(
  transporter: Transporter,
  mail: CompiledMail,
  recipients: MailRecipients,
  options: SendAllOptions,
): AsyncGenerator<SendResult, void, undefined> {
  checkTransporter(transporter);
  const given = readSendOptions(options);
  checkDkimKeys(transporter);
  checkWayOut(mail.unsubscribeUrl('x'));
  const merger = makeMerger(mail, given);
  const rows = await rowsOf(recipients, (recipient) => merger.lacking(recipient.recipient, recipient.fields));
  const { signal } = given;
  // A test is in no report, and may be sent again and again.
  const store: AskingSendLog = mail.isTest ? writesNothing(given.store) : given.store;
  const run = { id: randomUUID(), host: hostname(), pid: process.pid };
  await store.refresh?.();
  // No mail goes before its short links lead somewhere; names can wait for the first.
  if (!mail.isRegistered) await mail.register();
  const sender = makePersonalMail(transporter, mail, given, merger);
  const handOver = makeHandOver(transporter);
  const connections = connectionsOf(transporter);
  const window = connections + Math.max(connections, sendsAhead);
  const seen = new Set<string>();
  const ended: { readonly entry: EndedSend; readonly result: SendResult | undefined }[] = [];
  const waiting: Job[] = [];
  const active = new Set<Promise<void>>();
  const patience = makePatience(given.onAway);
  let failure: TelltaleError | undefined;
  const aborted = new Promise<undefined>((resolve) => {
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  let isDone = false;
  let hasBegun = false;
  let coming: Promise<IteratorResult<ReadRecipient, void>> | undefined;

  function isStopped(): boolean {
    return failure !== undefined || signal?.aborted === true;
  }

  /** The next recipients: those due for another try, then new ones; results at once for who gets nothing. */
  async function takeJobs(room: number, results: SendResult[]): Promise<readonly Job[]> {
    const jobs: Job[] = [];
    const nowMs = Date.now();
    for (const job of waiting.filter(({ dueMs }) => dueMs <= nowMs).slice(0, room)) {
      waiting.splice(waiting.indexOf(job), 1);
      jobs.push(job);
    }
    while (jobs.length < room && !isDone && waiting.length < sendRetriesMax) {
      const next = await nextRow(jobs.length > 0 || ended.length > 0 || results.length > 0);
      if (next === undefined || isStopped()) break;
      coming = undefined;
      if (next.done === true) {
        isDone = true;
        break;
      }
      const known = next.value;
      const problem = known.problem ?? duplicateOf(known, seen);
      if (problem !== undefined) results.push(resultOf(known, problem));
      else jobs.push({ recipient: known, tries: 0, dueMs: 0 });
    }
    return jobs;
  }

  /** The next row; nothing when it is long in coming and there is something else to do. */
  async function nextRow(hasOther: boolean): Promise<IteratorResult<ReadRecipient, void> | undefined> {
    coming ??= rows.next();
    const others: Promise<undefined>[] = hasOther
      ? [setImmediate(undefined)]
      : [...active].map((work) => work.then(() => undefined));
    return await Promise.race([coming, aborted, ...others]);
  }

  /** Before the first hand-over: nothing is on record of a message that nobody was to get. */
  async function begin(): Promise<void> {
    const problem = await reachServer(transporter, { patience, signal });
    if (problem !== undefined) failure = failed(problem);
    if (isStopped()) return;
    await store.startSending(mail.message, run);
    hasBegun = true;
    if (!mail.isTest) await mail.register();
  }

  /** Writes what has ended and what begins, and hands over what may begin. */
  async function step(jobs: readonly Job[], results: SendResult[]): Promise<void> {
    if (jobs.length === 0 && ended.length === 0) return;
    const known = await store.sendability(jobs.map(({ recipient }) => recipient.recipient));
    const free = jobs.flatMap((job, place) => {
      const record = known[place];
      const made = sender.prepare(job.recipient, record);
      if ('status' in made) results.push(made);
      return 'status' in made ? [] : [{ job, made }];
    });
    if (!hasBegun && free.length > 0) await begin();
    if (!hasBegun) return;
    const begun = free.map(({ job }) => job.recipient.recipient);
    const written = ended.splice(0);
    const entries = { ended: written.map(({ entry }) => entry), begun, again: given.again };
    const begins = await store.logSends(mail.message, run, entries).catch((error) => {
      // They are written when all is stopped, if the store can be written then.
      ended.unshift(...written);
      throw error;
    });
    results.push(...written.flatMap(({ result }) => result ?? []));
    for (const [place, { job, made }] of free.entries()) {
      const begin = begins[place] ?? 'doubtful';
      if (begin === 'begun') start(job, made);
      else results.push(resultOf(job.recipient, BEFORE[begin]));
    }
  }

  function start(job: Job, { message, consent }: Prepared): void {
    const work = handOver(message).then((handed) => end(job, handed, consent));
    active.add(work);
    void work.finally(() => active.delete(work));
  }

  function end(job: Job, handed: HandedOver, consent: Consent): void {
    const { recipient } = job;
    const atMs = handed.end === 'sent' ? handed.atMs : Date.now();
    const note = (how: EndedSend['end'], result?: SendResult, reply: number | null = null) => {
      const domain = recipient.email.slice(recipient.email.lastIndexOf('@') + 1).toLowerCase();
      const send = how === 'sent' && !mail.isTest ? { recipient: recipient.recipient, atMs, domain, consent } : null;
      ended.push({ entry: { recipient: recipient.recipient, end: how, atMs, reply, send }, result });
    };
    if (handed.end !== 'unreachable' && handed.end !== 'locked-out') patience.reset();
    if (handed.end === 'sent') {
      note('sent', { ...resultOf(recipient), messageId: handed.messageId }, OK);
    } else if (handed.end === 'doubtful') {
      note('doubtful', resultOf(recipient, { reason: 'no-answer', message: handed.message }));
    } else if (handed.end === 'refused') {
      note('refused', resultOf(recipient, { ...handed, reason: 'refused' }), handed.reply);
    } else if (handed.end === 'deferred') {
      const isLast = job.tries >= given.retries || isStopped();
      if (!isLast) waiting.push({ ...job, tries: job.tries + 1, dueMs: atMs + given.retryMs * 2 ** job.tries });
      note('deferred', isLast ? resultOf(recipient, { ...handed, reason: 'deferred' }) : undefined, handed.reply);
    } else {
      const untilMs = handed.end === 'unreachable' ? patience.fail(atMs, handed.message) : undefined;
      if (untilMs === undefined) failure ??= failed(handed.message);
      else waiting.push({ ...job, dueMs: untilMs });
      note('deferred');
    }
  }

  try {
    for (;;) {
      const results: SendResult[] = [];
      const mayTake = !isStopped() && patience.untilMs() <= Date.now();
      await step(mayTake ? await takeJobs(window - active.size, results) : [], results);
      yield* results;
      if (isStopped() && active.size === 0 && ended.length === 0) break;
      if (isDone && active.size === 0 && ended.length === 0 && waiting.length === 0) break;
      if (results.length > 0 && active.size < window / 2 && !isStopped()) continue;
      await somethingToDo();
    }
  } finally {
    await Promise.all(active);
    // A stream may be long in coming to its end.
    void rows.return(undefined);
    try {
      const entries = ended.map(({ entry }) => entry);
      if (entries.length > 0) await store.logSends(mail.message, run, { ended: entries, begun: [] });
    } finally {
      if (hasBegun) await store.endSending(mail.message, run);
    }
  }
  if (failure !== undefined) throw failure;

  /** Waits until half of the window is free, all that was under way has ended, or another try is due. */
  async function somethingToDo(): Promise<void> {
    const timer = new AbortController();
    const half = Math.floor(window / 2);
    const mayRefill = () => !isDone || waiting.length > 0;
    while (active.size > half || (active.size > 0 && (!mayRefill() || isStopped()))) await Promise.race(active);
    if (isStopped() || ended.length > 0) return;
    if (!isDone && waiting.length < sendRetriesMax && patience.untilMs() <= Date.now()) return;
    const dueMs = waiting.reduce((first, job) => Math.min(first, job.dueMs), Number.POSITIVE_INFINITY);
    const wakeMs = Math.max(patience.untilMs(), Number.isFinite(dueMs) ? dueMs : 0);
    const pause = sleep(Math.max(0, wakeMs - Date.now()), undefined, {
      signal: signal === undefined ? timer.signal : AbortSignal.any([timer.signal, signal]),
    }).catch(() => undefined);
    await Promise.race([pause, ...active]);
    timer.abort();
  }
}

function checkTransporter(transporter: unknown): void {
  const { sendMail, use } = Object(transporter) as Partial<Record<'sendMail' | 'use', unknown>>;
  if (typeof sendMail === 'function' && typeof use === 'function') return;
  throw new TelltaleError(
    'INVALID_OPTION',
    `sendAll takes first what nodemailer's createTransport(…) gives, but ${kindOf(transporter)} came.`,
  );
}

/** One-click unsubscribe is over https (RFC 8058, section 3.1); on one's own machine nobody listens in. */
function checkWayOut(url: string): void {
  const { protocol, hostname, origin } = new URL(url);
  if (protocol === 'https:' || isLoopbackName(hostname)) return;
  throw new TelltaleError(
    'INVALID_BASE_URL',
    `Mail to a list needs a base URL of https, since mail providers unsubscribe over nothing else, but it begins with ${origin}.`,
  );
}

function failed(message: string): TelltaleError {
  return new TelltaleError(
    'SMTP_FAILED',
    `The mail server cannot be used: ${message}. Who has no mail yet gets it when you send the same message again.`,
  );
}
