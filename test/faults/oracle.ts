// The oracle: it stands outside the service, knows what it asked and how it was answered, and afterwards holds the store
// against that. Every request has a recipient of its own, so an event tells which request it came from.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { JournalCounts } from '../../src/journal/open-journal.ts';
import { COUNT_LABELS, codeOf } from '../../src/store/codes.ts';
import { unpackId } from '../../src/store/recipient-keys.ts';
import { addKey, type KeyRingJson } from '../../src/token/key-ring.ts';
import type { CompiledMail } from '../../src/track/compiled-mail.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { builtFile } from '../support/built.ts';
import { accountedFor } from '../support/journals.ts';

export interface Asked {
  readonly recipient: string;
  readonly message: string;
  readonly kind: 'open' | 'click';
  /** 0 when the connection broke before an answer came. */
  readonly status: number;
  readonly durable: boolean;
  readonly ms: number;
}

export interface OracleService {
  readonly url: string;
  /** The directory of its journal. */
  readonly place: string;
  readonly child: ChildProcess;
  /** What it told of problems. */
  readonly problems: readonly string[];
  /**
   * The journal's account: at once, when everything is settled, when the control state is known, when what is old is
   * removed, or when the clock is wrong by so many milliseconds. Rejects when that fails.
   */
  ask(what: 'counts' | 'settle' | 'follow' | 'retain' | number): Promise<JournalCounts>;
  /** Ends it as `signal` does, and waits until it has. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export const testKeys: KeyRingJson = addKey(undefined, { secret: Buffer.alloc(32, 9), atMs: 0, sign: true });

const tracker = createTracker({ baseUrl: 'https://t.example.com', keys: testKeys });
const mails = new Map<string, CompiledMail>();
const script = new URL('./service-process.ts', import.meta.url);

export interface OracleOptions {
  /** May lay a library under the process. @default nothing */
  readonly env?: Readonly<Record<string, string>>;
  /** By how much the clock of the process is wrong. @default 0 */
  readonly clockOffsetMs?: number;
  /** Its database. @default telltale.db in the directory */
  readonly databaseUrl?: string;
  /** Where its journal is, when that is not beside the store. */
  readonly place?: string;
  /** Takes the place of `builtFile`: a copy of the source with something changed. @default the source as it is */
  readonly fileOf?: (source: URL) => string;
}

/** Starts a service over the store of a directory. Rejects with {@link EndedEarly} when it ends before it listens. */
export async function startOracleService(directory: string, options: OracleOptions = {}): Promise<OracleService> {
  const { env = {}, clockOffsetMs = 0, place = directory, fileOf = builtFile } = options;
  const { databaseUrl = `sqlite:${join(directory, 'telltale.db')}` } = options;
  const child = fork(fileOf(script), [place, JSON.stringify(testKeys), String(clockOffsetMs), databaseUrl], {
    execArgv: [],
    env: { ...process.env, ...env },
  });
  const problems: string[] = [];
  const replies: ((reply: Reply) => void)[] = [];
  child.on('message', (reply: Reply) => {
    if (reply.problem !== undefined) problems.push(reply.problem);
    else replies.shift()?.(reply);
  });
  const ended = once(child, 'exit');
  const nextReply = () =>
    new Promise<Reply>((resolve, reject) => {
      replies.push(resolve);
      ended.then(([code, signal]) => reject(new EndedEarly(signal, problems.at(-1) ?? `with status ${code}`)));
    });
  const { url = '' } = await nextReply();
  return {
    url,
    place,
    child,
    problems,
    async ask(what) {
      const reply = nextReply();
      // To a process that has ended nothing can be sent, which its reply says.
      child.send(what, () => undefined);
      const { counts, failure } = await reply;
      if (counts === undefined) throw new Error(failure);
      return counts;
    },
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

/** A service that ended, and was not asked to. */
export class EndedEarly extends Error {
  /** What killed it; null when it ended by itself. */
  readonly signal: NodeJS.Signals | null;

  constructor(signal: NodeJS.Signals | null, how: string) {
    super(`the service ended: ${signal ?? how}`);
    this.signal = signal;
  }
}

interface Reply {
  readonly url?: string;
  readonly problem?: string;
  readonly counts?: JournalCounts;
  readonly failure?: string;
}

let made = 0;

/** Milliseconds for which an answer is waited for: six hundred times as long as a server should take. */
const PATIENCE_MS = 30_000;

export interface Readers {
  /** The messages that are asked of in turn. @default spring-sale */
  readonly messages?: readonly string[];
  /** Whether a proxy, us, says that each is at an address of their own. @default false */
  readonly isProxied?: boolean;
}

/** Asks `count` times, pixel and link in turn, `lanes` at a time. */
export async function askMany(url: string, count: number, lanes = 8, readers: Readers = {}): Promise<readonly Asked[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: lanes });
  const asked: Asked[] = [];
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      asked.push(await askOne(url, agent, readers));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  agent.destroy();
  return asked;
}

function mailOf(message: string): CompiledMail {
  const mail =
    mails.get(message) ?? tracker.compile('<body><a href="https://shop.example/sale">Sale</a></body>', { message });
  mails.set(message, mail);
  return mail;
}

function askOne(url: string, agent: Agent, { messages = ['spring-sale'], isProxied = false }: Readers): Promise<Asked> {
  made += 1;
  const headers = isProxied ? { 'x-forwarded-for': [11, made >> 16, (made >> 8) & 255, made & 255].join('.') } : {};
  const recipient = `asked-${process.pid}-${made}`;
  const kind = made % 2 === 0 ? 'open' : 'click';
  // Both kinds of each message.
  const message = messages[Math.floor(made / 2) % messages.length] ?? '';
  const { html } = mailOf(message).render(recipient);
  const path = new RegExp(`https://t\\.example\\.com(/${kind === 'open' ? 'o' : 'c'}/[^"]+)`).exec(html)?.[1] ?? '';
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const finish = (status: number, durable: boolean) =>
      resolve({ recipient, message, kind, status, durable, ms: performance.now() - startedMs });
    const sent = request(url + path, { agent, headers }, (response) => {
      response.resume();
      response.on('error', () => finish(0, false));
      response.on('end', () => finish(response.statusCode ?? 0, response.headers['telltale-durable'] === 'yes'));
    });
    sent.on('error', () => finish(0, false));
    sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error('no answer came')));
    sent.end();
  });
}

/** Requests that were answered as no reader should see it. */
export function illAnswered(asked: readonly Asked[]): readonly Asked[] {
  return asked.filter(({ kind, status }) => status !== (kind === 'open' ? 200 : 302));
}

/** Milliseconds in which 99 % were answered. */
export function p99Of(asked: readonly Asked[]): number {
  const sorted = asked.map(({ ms }) => ms).sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
}

export interface Judgement {
  /** Answered durable, and not in the store. */
  readonly lost: number;
  /** In the store more than once. */
  readonly doubled: number;
  /** By how much the totals of reports differ from the events, or from the hits settled where events may be gone. */
  readonly miscounted: number;
  /** In the store, and never asked for. */
  readonly invented: number;
  /** By how much the journal's account is wrong. */
  readonly unaccounted: number;
  /** What SQLite says of the files. */
  readonly integrity: readonly string[];
}

export interface Left {
  /** Of each journal, when all was settled. */
  readonly counts: readonly JournalCounts[];
  /** @default journal.db in the directory */
  readonly journalPaths?: readonly string[];
  /** Whether retention has removed events. @default false */
  readonly isRetained?: boolean;
}

/** Holds what services left, the store in a directory and journals, against what was asked. */
export function judge(directory: string, asked: readonly Asked[], left: Left): Judgement {
  const { counts, journalPaths = [join(directory, 'journal.db')], isRetained = false } = left;
  const storePath = join(directory, 'telltale.db');
  const events = new Map<string, number>();
  const { recipients, total } = readStore(storePath);
  for (const recipient of recipients) {
    events.set(recipient, (events.get(recipient) ?? 0) + 1);
  }
  const all = new Set(asked.map(({ recipient }) => recipient));
  return {
    lost: asked.filter(({ recipient, durable }) => durable && !events.has(recipient)).length,
    doubled: [...events.values()].filter((count) => count > 1).length,
    miscounted: Math.abs(total - (isRetained ? sum(counts, ({ settled }) => settled) : recipients.length)),
    invented: [...events.keys()].filter((recipient) => !all.has(recipient)).length,
    unaccounted: sum(counts, (of) => Math.abs(of.received - accountedFor(of))),
    integrity: [...new Set([storePath, ...journalPaths].map(integrityOf))],
  };
}

/** A judgement, with how many were asked, answered durable, and answered as no reader should see it. */
export interface AskedJudgement extends Judgement {
  readonly asked: number;
  readonly durable: number;
  readonly illAnswered: number;
}

export function judgeAsked(directory: string, asked: readonly Asked[], left: Left): AskedJudgement {
  return {
    ...judge(directory, asked, left),
    asked: asked.length,
    durable: asked.filter(({ durable }) => durable).length,
    illAnswered: illAnswered(asked).length,
  };
}

/** What a judgement should be. */
export const FLAWLESS: Judgement = {
  ...{ lost: 0, doubled: 0, miscounted: 0, invented: 0, unaccounted: 0 },
  integrity: ['ok'],
};

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

/** The recipient of each event, and how many events reports count. */
function readStore(path: string): { readonly recipients: readonly string[]; readonly total: number } {
  const db = new Database(path, { readonly: true });
  const rows = db
    .prepare<[], { readonly id: string | Buffer }>(
      'SELECT recipients.id AS id FROM events JOIN recipients ON recipients.key = events.recipient_key',
    )
    .all();
  const total = db
    .prepare<[number], number>('SELECT coalesce(sum(total), 0) FROM counts WHERE label = ?')
    .pluck()
    .get(codeOf(COUNT_LABELS, 'all'));
  db.close();
  return { recipients: rows.map(({ id }) => (typeof id === 'string' ? id : unpackId(id))), total: total ?? 0 };
}

function integrityOf(path: string): string {
  const db = new Database(path, { readonly: true });
  const result = String(db.pragma('integrity_check', { simple: true }));
  db.close();
  return result;
}
