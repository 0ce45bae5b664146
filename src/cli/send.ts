// `telltale send`: a mailing from files: an HTML mail, a list, an SMTP account. Goes on where an earlier run ended.
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { createTransport, type Transporter } from 'nodemailer';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { previewedMailsMax } from '../base/limits.ts';
import { dkimKeyProblem } from '../mail/dkim-keys.ts';
import {
  openRelay,
  type Relay,
  type SendAllOptions,
  type SendReason,
  type SendResult,
  type ServerAway,
  sendAll,
} from '../mail/index.ts';
import type { MailRecipient } from '../mail/read-recipient.ts';
import { STATUS } from '../mail/send-result.ts';
import type { Store } from '../store/open-store.ts';
import { createKeyRing } from '../token/key-ring.ts';
import type { CompiledMail } from '../track/compiled-mail.ts';
import { createTracker } from '../track/create-tracker.ts';
import { writesNothing } from '../track/send-log.ts';
import { type AdornmentFlags, adornmentOf } from './adornment-flags.ts';
import { emlFolder } from './eml-folder.ts';
import { type Io, say, writeOut } from './io.ts';
import { loadOrMakeKeys } from './key-file.ts';
import { mailCatcher } from './mail-catcher.ts';
import { readMails, readText } from './mail-files.ts';
import { readMailingList } from './mailing-list.ts';
import { count, startProgress } from './progress.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';
import { textOf } from './text-of.ts';

export interface SendFlags extends CommonFlags, AdornmentFlags {
  readonly html: string;
  readonly text?: string;
  readonly subject: string;
  readonly from: string;
  readonly replyTo?: string;
  readonly message: string;
  readonly recipients: string;
  readonly test?: string;
  readonly dryRun?: string;
  readonly preview?: boolean;
  readonly again?: readonly ('refused' | 'doubtful')[];
  readonly connections?: string;
  readonly dkimDomain?: string;
  readonly dkimSelector?: string;
  readonly dkimKey?: string;
  readonly yes?: boolean;
  /** Where the collector's API answers. */
  readonly api?: string;
}

/** Mails that are sent without asking. */
const UNASKED_MAX = 50;

/** Runs the command; returns the exit status. */
export async function send(flags: SendFlags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  const [source] = await readMails([flags.html], io);
  if (source?.extension !== 'html') throw new TelltaleError('USAGE', '--html takes an HTML file, not a whole message.');
  const text = flags.text === undefined ? textOf(source.html) : await readText(flags.text, io);
  const keys = createKeyRing(await loadOrMakeKeys(settings, io));
  const lines: number[] = [];
  const list = () => listOf(flags, io, lines);
  const total = await countRows(flags.preview === true ? wholeList(flags, io, lines) : list());
  if (total === 0) throw new TelltaleError('INVALID_RECIPIENTS', `${flags.recipients} holds no recipient.`);
  if (!(await mayBegin(total, flags, io))) return 1;
  const catcher = flags.preview === true ? mailCatcher() : undefined;
  const transporter = catcher ? createTransport(catcher.transport) : await transportOf(flags, settings, io);
  const interruption = new AbortController();
  const release = io.onInterrupt?.(() => interruption.abort());
  try {
    return await withLog(flags, settings, io, async (store) => {
      const baseUrl = settings.baseUrl ?? missingBaseUrl();
      const onProblem = (error: unknown) => say(io, String(error));
      const isReal = flags.dryRun === undefined && catcher === undefined;
      const tracker = createTracker({ baseUrl, keys, onProblem, ...(isReal && { store }) });
      try {
        const mail = tracker.compile(source.html, {
          ...{ message: flags.message, merge: 'liquid', text, test: flags.test !== undefined || catcher !== undefined },
          // A run that is refused keeps nothing.
          keepMail: 'registered',
          ...adornmentOf(flags),
        });
        warn(mail, settings, io);
        const options: SendAllOptions = {
          ...{ from: flags.from, subject: flags.subject, replyTo: flags.replyTo, again: flags.again },
          signal: interruption.signal,
          onAway: (away) => sayAway(away, settings, io),
          store: isReal ? store : writesNothing(store),
        };
        if (catcher !== undefined) {
          const results: SendResult[] = [];
          for await (const result of sendAll(transporter, mail, list, options)) results.push(result);
          if (interruption.signal.aborted) return 130;
          const { servePreview } = await import('./preview.ts');
          await servePreview({ mail, keys, caught: catcher.caught, results, total }, io);
          return 0;
        }
        const results = countedFromLine(sendAll(transporter, mail, list, options));
        const outcome = await work(results, { total, lines }, settings, io);
        await tell(outcome, { total, isDry: flags.dryRun !== undefined }, settings, io);
        if (interruption.signal.aborted) return 130;
        return outcome.failed + outcome.doubtful === 0 ? 0 : 3;
      } finally {
        // Before the store is closed.
        await tracker.close();
      }
    });
  } finally {
    release?.();
    transporter.close();
  }
}

/** Runs `use` over the database, or with `--api` over a relay to the collector's, in the data directory. */
async function withLog(
  { api }: SendFlags,
  settings: Settings,
  io: Io,
  use: (store: Store | Relay) => Promise<number>,
): Promise<number> {
  if (api === undefined) return await withStore(settings, { migrate: true }, use);
  const token = settings.apiToken;
  if (token === undefined || token === '') {
    throw new TelltaleError(
      'USAGE',
      '--api needs a token of scope write in TELLTALE_API_TOKEN: telltale tokens new --scope write.',
    );
  }
  if (!/^https?:\/\//i.test(api) || !URL.canParse(api)) {
    throw new TelltaleError(
      'USAGE',
      `--api takes the address of the collector's API, like https://t.example.com, but ${quote(api)} came.`,
    );
  }
  const onProblem = (error: unknown) => say(io, messageOf(error));
  const relay = await openRelay(join(settings.data, 'relay'), { url: api, token, onProblem });
  try {
    return await use(relay);
  } finally {
    await relay.close();
    const waiting = relay.waiting();
    if (waiting > 0) {
      say(
        io,
        `${waiting === 1 ? 'A send, or a list of links, waits' : `${count(waiting)} sends or links wait`} in ${join(settings.data, 'relay')}. Run the same command again, and they are told.`,
      );
    }
  }
}

/** The whole list; for a preview, its first rows; for a test, its first row at another address. */
async function* listOf(flags: SendFlags, io: Io, lines: number[]): AsyncGenerator<MailRecipient> {
  const { test } = flags;
  let left = flags.preview === true ? previewedMailsMax : Number.POSITIVE_INFINITY;
  for await (const row of wholeList(flags, io, lines)) {
    if (left === 0) return;
    left -= 1;
    if (test === undefined) {
      yield row;
      continue;
    }
    // A test may be sent again and again.
    yield { ...row, email: test, recipient: `test-${Date.now()}` };
    return;
  }
}

/** `lines` gets the line of each row, in order. */
function wholeList({ recipients }: SendFlags, io: Io, lines: number[]): AsyncGenerator<MailRecipient> {
  let row = 0;
  return readMailingList(resolve(io.cwd, recipients), recipients, (line) => {
    lines[row] = line;
    row += 1;
  });
}

/** In files rows stand below a line of names. */
async function* countedFromLine(results: AsyncIterable<SendResult>): AsyncGenerator<SendResult> {
  try {
    yield* results;
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== 'MISSING_FIELDS') throw error;
    throw new TelltaleError('MISSING_FIELDS', `${error.message} Rows are counted below the line of names.`);
  }
}

function sayAway({ message, untilMs }: ServerAway, settings: Settings, io: Io): void {
  if (settings.quiet) return;
  const until = new Date(untilMs).toISOString().slice(0, 19);
  say(io, `The mail server cannot be reached (${message}). Trying until ${until}Z; Ctrl-C ends it.`);
}

async function countRows(rows: AsyncIterable<unknown>): Promise<number> {
  let total = 0;
  for await (const _ of rows) total += 1;
  return total;
}

async function mayBegin(total: number, flags: SendFlags, io: Io): Promise<boolean> {
  const { yes, dryRun, preview, test, message } = flags;
  const isHarmless = dryRun !== undefined || preview === true || test !== undefined;
  if (yes === true || isHarmless || total <= UNASKED_MAX) return true;
  if (io.stdin.isTTY !== true) {
    throw new TelltaleError('USAGE', `Sending to ${count(total)} recipients needs --yes where nobody can be asked.`);
  }
  const asking = createInterface({ input: io.stdin, output: io.stderr });
  const answer = await asking.question(`Send ${message} to ${count(total)} recipients? [y/N] `);
  asking.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

async function transportOf(flags: SendFlags, settings: Settings, io: Io): Promise<Transporter> {
  if (flags.dryRun !== undefined) {
    const directory = resolve(io.cwd, flags.dryRun);
    await mkdir(directory, { recursive: true });
    return createTransport(emlFolder(directory)) as unknown as Transporter;
  }
  const url = settings.smtp;
  if (url === undefined || url === '') {
    throw new TelltaleError(
      'USAGE',
      'TELLTALE_SMTP is not set. Say which mail server sends: TELLTALE_SMTP=smtps://user:password@smtp.example.com.',
    );
  }
  if (!/^smtps?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new TelltaleError(
      'INVALID_OPTION',
      'TELLTALE_SMTP is set, but to no address of a mail server. It must begin with smtps:// or smtp://, like smtps://user:password@smtp.example.com:465; encode signs in the password, like %40 for @.',
    );
  }
  const maxConnections = Number(flags.connections ?? 5);
  if (!Number.isInteger(maxConnections) || maxConnections < 1 || maxConnections > 100) {
    throw new TelltaleError(
      'INVALID_OPTION',
      `--connections takes a number from 1 to 100, but ${quote(flags.connections ?? '')} came.`,
    );
  }
  const dkim = await signing(flags, io);
  return createTransport({ url, pool: true, maxConnections, maxMessages: Number.POSITIVE_INFINITY, ...dkim });
}

async function signing({ dkimDomain, dkimSelector, dkimKey }: SendFlags, io: Io) {
  if (dkimDomain === undefined && dkimSelector === undefined && dkimKey === undefined) return {};
  if (dkimDomain === undefined || dkimSelector === undefined || dkimKey === undefined) {
    throw new TelltaleError('USAGE', 'To sign with DKIM, give --dkim-domain, --dkim-selector and --dkim-key.');
  }
  const privateKey = await readFile(resolve(io.cwd, dkimKey), 'utf8');
  const problem = dkimKeyProblem(privateKey);
  if (problem !== undefined) {
    throw new TelltaleError('INVALID_OPTION', `--dkim-key ${dkimKey} cannot be used: ${problem}. Nothing was sent.`);
  }
  return { dkim: { domainName: dkimDomain, keySelector: dkimSelector, privateKey } };
}

function missingBaseUrl(): never {
  throw new TelltaleError(
    'USAGE',
    'Say where your collector answers: --base-url https://t.example.com, or TELLTALE_BASE_URL.',
  );
}

function warn({ notes }: CompiledMail, settings: Settings, io: Io): void {
  if (settings.quiet || settings.json) return;
  for (const { severity, line, message } of notes) {
    if (severity !== 'info') say(io, `${severity}, line ${line}: ${message}`);
  }
}

type Outcome = Record<SendResult['status'], number> & { readonly reasons: Map<SendReason, number> };

/** Failures that are shown one by one. */
const SHOWN_MAX = 20;

interface ListOfFile {
  readonly total: number;
  /** The line of each row. */
  readonly lines: readonly number[];
}

async function work(
  results: AsyncIterable<SendResult>,
  { total, lines }: ListOfFile,
  settings: Settings,
  io: Io,
): Promise<Outcome> {
  const outcome: Outcome = { sent: 0, failed: 0, skipped: 0, doubtful: 0, reasons: new Map() };
  const progress = startProgress(total, !settings.quiet && !settings.json, io);
  let shown = 0;
  let hasAddressAsId = false;
  try {
    for await (const result of results) {
      const { status, reason, row, email, message } = result;
      progress.step(status === 'skipped');
      outcome[status] += 1;
      hasAddressAsId ||= result.recipient === email;
      if (reason !== null) outcome.reasons.set(reason, (outcome.reasons.get(reason) ?? 0) + 1);
      if (settings.json) await writeOut(io, `${JSON.stringify(result)}\n`);
      else if (status !== 'sent' && status !== 'skipped' && !settings.quiet && shown < SHOWN_MAX) {
        shown += 1;
        progress.end();
        say(io, `row ${row} (line ${lines[row - 1] ?? '?'}), ${email}: ${reason}: ${message}`);
      }
    }
  } finally {
    progress.end();
  }
  if (hasAddressAsId && !settings.quiet && !settings.json) say(io, ADDRESS_AS_ID);
  return outcome;
}

const ADDRESS_AS_ID =
  'Recipients without an id go by their addresses, which stand encrypted in links and plain in the database. A column "recipient" with ids of your own keeps them out.';

async function tell(
  { reasons, ...counts }: Outcome,
  { total, isDry }: { readonly total: number; readonly isDry: boolean },
  settings: Settings,
  io: Io,
): Promise<void> {
  if (settings.json) return;
  const rows = [[isDry ? 'written' : 'sent', '', count(counts.sent)]];
  for (const [reason, number] of [...reasons].sort()) rows.push([STATUS[reason], reason, count(number)]);
  const left = total - counts.sent - counts.failed - counts.skipped - counts.doubtful;
  if (left > 0) rows.push(['not yet', 'run the same command again', count(left)]);
  await printTable(io, ['', 'why', 'recipients'], rows, ['recipients']);
  if (counts.doubtful > 0 && !settings.quiet) say(io, DOUBTS);
}

const DOUBTS =
  'Nobody can know whether those in doubt have the mail. They get no other, unless you say --again doubtful; then some may get two.';
