// `telltale demo`: the whole path on one machine. A newsletter is mailed to 200 simulated readers through real SMTP;
// their clients, proxies and gateways fetch over real HTTP; the report is printed beside what really happened.
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { messageOf, TelltaleError } from '../../base/errors.ts';
import { quote } from '../../base/ids.ts';
import { packageRoot } from '../../base/package-root.ts';
import { sendAll } from '../../mail/send-all.ts';
import { buildReport, type Report } from '../../report/build-report.ts';
import { buildTimeline } from '../../report/build-timeline.ts';
import { runService, type Service } from '../../server/run-service.ts';
import { addKey, createKeyRing } from '../../token/key-ring.ts';
import { createTracker, type Tracker } from '../../track/create-tracker.ts';
import type { SendLog } from '../../track/send-log.ts';
import type { Send } from '../../track/send-queue.ts';
import type { ReportStory } from '../draw-report.ts';
import { type Io, say, writeOut } from '../io.ts';
import { newKey } from '../key-file.ts';
import { percent, percentRange } from '../percent.ts';
import { printReport } from '../report.ts';
import type { CommonFlags } from '../settings.ts';
import { printTable } from '../table.ts';
import { type ReceivedMail, startMailSink } from './mail-sink.ts';
import { type ClientRequest, makeReaders, type Reader } from './readers.ts';

export interface DemoFlags extends CommonFlags {
  readonly seed?: string;
  readonly keep?: boolean;
}

const MESSAGE = 'autumn-newsletter';
const READER_COUNT = 200;
const LINKS_SHOWN = 5;
const READING_MS = 3_600_000;

/** Runs the demo; status 1 when a hit was lost. */
export async function demo(flags: DemoFlags, io: Io): Promise<number> {
  const seed = readSeed(flags.seed);
  const words = flags.quiet === true || flags.json === true ? () => {} : (text: string) => say(io, text);
  const directory = await mkdtemp(join(tmpdir(), 'telltale-demo-'));
  const problems: string[] = [];
  const keys = createKeyRing(addKey(undefined, newKey(true)));
  const onProblem = (error: unknown) => problems.push(messageOf(error));
  const service = await runService({
    dataDirectory: directory,
    databaseUrl: `sqlite:${join(directory, 'telltale.db')}`,
    keys,
    host: '127.0.0.1',
    port: 0,
    // All requests come from this machine: who asked is said as a proxy would.
    trustedProxies: 'loopback',
    onProblem,
  });
  const { baseUrl, store } = service;
  const tracker = createTracker({ baseUrl, keys, store, onProblem });
  try {
    words(`Seed ${seed}. The collector listens on ${service.url}.`);
    const outcome = await play(store, tracker, seed, words);
    await service.settler.settleNow();
    const report = await buildReport(store, { message: MESSAGE });
    const timeline = await buildTimeline(store, { message: MESSAGE });
    const recorded = report.opens.total + report.clicks.total;
    if (flags.json === true) await writeOut(io, `${JSON.stringify({ seed, truth: truthOf(outcome), report })}\n`);
    else await printOutcome({ report, timeline }, outcome, io);
    for (const problem of problems) say(io, `problem: ${problem}`);
    if (flags.keep === true) await keepUp(service, directory, io);
    return recorded === outcome.requests && problems.length === 0 ? 0 : 1;
  } finally {
    await tracker.close();
    await service.close();
    if (flags.keep !== true) await rm(directory, { recursive: true, force: true });
  }
}

function readSeed(text: string | undefined): number {
  if (text === undefined) return Math.floor(Math.random() * 1_000_000);
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new TelltaleError(
    'INVALID_OPTION',
    `--seed takes a whole number of at most nine digits, but ${quote(text)} came.`,
  );
}

/** What happened. */
interface Outcome {
  readonly readers: readonly Reader[];
  /** Requests that were answered. */
  readonly requests: number;
}

async function play(store: SendLog, tracker: Tracker, seed: number, words: (text: string) => void): Promise<Outcome> {
  const html = await readFile(new URL('templates/mail/newsletter.html', packageRoot), 'utf8');
  const linkCount = tracker.compile(html, { message: MESSAGE }).links.length;
  const readers = makeReaders(READER_COUNT, linkCount, seed);
  const byAddress = new Map(readers.map((reader) => [reader.address, reader]));
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const reading: Promise<number>[] = [];
  const sink = await startMailSink(tracker.baseUrl, (mail) => {
    const reader = byAddress.get(mail.to);
    if (reader !== undefined) reading.push(read(reader, mail, agent));
  });
  try {
    words(`Mailing the newsletter (${linkCount} links) to ${READER_COUNT} readers through SMTP on port ${sink.port} …`);
    await mailAll(store, tracker, readers, html, sink.port);
    words('All sent. Proxies, gateways and people are fetching …');
    const answered = await Promise.all(reading);
    return { readers, requests: answered.reduce((sum, count) => sum + count, 0) };
  } finally {
    agent.destroy();
    await sink.close();
  }
}

async function mailAll(
  store: SendLog,
  tracker: Tracker,
  readers: readonly Reader[],
  html: string,
  port: number,
): Promise<void> {
  const transporter = createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: 4,
    maxMessages: Number.POSITIVE_INFINITY,
    ignoreTLS: true,
  });
  const mail = tracker.compile(html, { message: MESSAGE });
  const recipients = readers.map(({ id, address }) => ({ recipient: id, email: address }));
  const from = 'Tidewater Chandlery <news@tidewater.example>';
  const options = { store: sentBefore(store), from, subject: 'Autumn at the harbour' };
  for await (const { status, email, message } of sendAll(transporter, mail, recipients, options)) {
    if (status !== 'sent') throw new Error(`${email}: ${message}`);
  }
  transporter.close();
}

/** Readers of the demo need seconds for what takes people an hour; so the mail was sent an hour before they begin. */
function sentBefore(log: SendLog): SendLog {
  const earlier = (send: Send | null) => send && { ...send, atMs: send.atMs - READING_MS };
  return {
    startSending: log.startSending,
    sendability: log.sendability,
    endSending: log.endSending,
    logSends: (message, run, { ended, ...entries }) =>
      log.logSends(message, run, { ...entries, ended: ended.map((one) => ({ ...one, send: earlier(one.send) })) }),
  };
}

/** Does what a reader's mailbox does with a mail; returns the number of requests answered. */
async function read(reader: Reader, mail: ReceivedMail, agent: Agent): Promise<number> {
  const arrivedMs = performance.now();
  let answered = 0;
  for (const step of [...reader.requests].sort((a, b) => a.afterMs - b.afterMs)) {
    await sleep(Math.max(0, arrivedMs + step.afterMs - performance.now()));
    const url = step.what === 'pixel' ? mail.pixel : mail.links[step.link];
    if (url !== undefined && (await fetchAs(step, { url, from: step.proxy ?? reader.network }, agent)) < 400)
      answered += 1;
  }
  return answered;
}

/** One request with the headers a client sends, and the one by which a proxy says where it is; returns the status. */
async function fetchAs(
  step: ClientRequest,
  { url, from }: { readonly url: string; readonly from: string },
  agent: Agent,
): Promise<number> {
  const headers = { ...step.headers, 'x-forwarded-for': from };
  const asked = request(url, { method: step.method, headers, agent });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode ?? 0;
}

function truthOf({ readers, requests }: Outcome) {
  const read = readers.filter((reader) => reader.reads);
  const isSeen = (reader: Reader) => reader.requests.some((step) => step.what === 'pixel');
  return {
    sent: readers.length,
    read: read.length,
    readUnseen: read.filter((reader) => !isSeen(reader)).length,
    fetchedUnread: readers.filter((reader) => !reader.reads && isSeen(reader)).length,
    clicked: readers.filter((reader) => reader.clicks).length,
    requests,
  };
}

async function printOutcome(story: ReportStory, outcome: Outcome, io: Io): Promise<void> {
  const { report } = story;
  const truth = truthOf(outcome);
  const people = (counts: Report['opens']) =>
    `${counts.byLabel.human.unique} + ${counts.byLabel['proxy-human'].unique} by proxy`;
  await printReport(story, io, LINKS_SHOWN);
  await writeOut(io, '\n');
  await printTable(
    io,
    ['', 'really', 'reported'],
    [
      ['mails sent', String(truth.sent), String(report.sent)],
      [
        'people who read',
        String(truth.read),
        `${report.opens.unique} fetched the pixel; ${people(report.opens)} judged human`,
      ],
      ['share who read', percent(truth.read / truth.sent), estimateOf(report)],
      ['read, but fetched no pixel', String(truth.readUnseen), 'cannot be seen'],
      [
        'fetched the pixel unread',
        String(truth.fetchedUnread),
        `${report.opens.byLabel.prefetch.unique} prefetched, ${report.opens.byLabel.scanner.unique} scanned`,
      ],
      [
        'people who clicked',
        String(truth.clicked),
        `${report.clicks.byLabel.human.unique} judged human, of ${report.clicks.unique}`,
      ],
      ['requests answered', String(truth.requests), `${report.opens.total + report.clicks.total} recorded`],
    ],
    ['really'],
  );
}

function estimateOf({ rates }: Report): string {
  const { value, low, high, level, band } = rates.open.estimated;
  if (value === null) return 'too little is known for an estimate';
  return `${percent(value)} estimated; ${level * 100} % interval ${percentRange(low, high)}, band ${percentRange(band.low, band.high)}`;
}

async function keepUp(service: Service, directory: string, io: Io): Promise<void> {
  const { token } = await service.store.createApiToken('admin');
  say(io, `\nThe server stays up at ${service.url} until Ctrl-C. Its data: ${directory}`);
  say(io, `  open ${service.url}/messages/${MESSAGE} and log in with ${token}`);
  say(io, `  telltale report ${MESSAGE} --data ${directory}`);
  say(io, `  curl -H 'Authorization: Bearer ${token}' ${service.url}/api/v1/messages/${MESSAGE}`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
