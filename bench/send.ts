// `npm run bench send`: a mailing through nodemailer's pool to a mail server in a process of its own, with Telltale and
// without, in turn. What merging, tracking and the record of hand-overs take beside the sending.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import { packageRoot } from '../src/base/package-root.ts';
import { type Engine, startEngine } from '../src/engine/start-engine.ts';
import { sendAll } from '../src/mail/send-all.ts';
import { addKey } from '../src/token/key-ring.ts';
import { createTracker } from '../src/track/create-tracker.ts';
import type { BenchResult } from './run.ts';

const MAILS = Number(process.env['MAILS'] ?? 20_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const CONNECTIONS = 10;
/** Mails that are handed over at a time, with Telltale and without. */
const WINDOW = 26;
const FROM = 'Us <us@example.com>';

export async function benchSend(): Promise<BenchResult> {
  const html = await readFile(new URL('templates/mail/newsletter.html', packageRoot), 'utf8');
  const sink = fork(fileURLToPath(new URL('./send-sink.js', import.meta.url)));
  const [port] = (await once(sink, 'message')) as [number];
  const directory = await mkdtemp(join(tmpdir(), 'telltale-bench-'));
  const engine = await startEngine({
    databaseUrl: `sqlite:${join(directory, 'telltale.db')}`,
    onProblem(error) {
      throw error;
    },
  });
  const ways: readonly [string, (to: Transporter, round: number) => Promise<void>][] = [
    ['nodemailer alone', (to) => sendPlain(to, { html })],
    ['nodemailer alone, a mail as long as the tracked one', (to) => sendPlain(to, { html: asLongAsTracked(html) })],
    [
      'nodemailer alone, told the encoding as sendAll tells it',
      (to) => sendPlain(to, { html, textEncoding: 'quoted-printable' }),
    ],
    ['sendAll: merged, tracked, on record', (to, round) => sendTracked(to, html, engine, `m${round}`)],
  ];
  const took = ways.map((): number[] => []);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, [, send]] of ways.entries()) {
        const transporter = createTransport({
          ...{ host: '127.0.0.1', port, ignoreTLS: true, pool: true },
          ...{ maxConnections: CONNECTIONS, maxMessages: Number.POSITIVE_INFINITY },
        });
        const startedMs = performance.now();
        await send(transporter, round);
        took[index]?.push(performance.now() - startedMs);
        transporter.close();
      }
    }
  } finally {
    sink.kill();
    await engine.close();
    await rm(directory, { recursive: true });
  }
  const medians = took.map((all) => all.sort((a, b) => a - b)[all.length >> 1] ?? 0);
  const rows = ways.map(([way], index) => ({
    way,
    'mails/s': Math.round((MAILS * 1_000) / (medians[index] ?? 0)),
    'µs a mail': Math.round(((medians[index] ?? 0) * 1_000) / MAILS),
    'of nodemailer alone': Number(((medians[index] ?? 0) / (medians[0] ?? 1)).toFixed(2)),
  }));
  const of = `${MAILS} mails of ${Buffer.byteLength(html)} bytes over ${CONNECTIONS} connections, medians of ${ROUNDS} rounds in turn`;
  return { bench: 'send', of, rows };
}

async function sendPlain(transporter: Transporter, mail: SendMailOptions): Promise<void> {
  let next = 0;
  async function work(): Promise<void> {
    while (next < MAILS) {
      const to = addressOf(next);
      next += 1;
      await transporter.sendMail({ ...mail, from: FROM, to, subject: 'Autumn' });
    }
  }
  await Promise.all(Array.from({ length: WINDOW }, work));
}

/** What is sent with tracked links is longer, and all that comes behind takes time by the byte. */
function asLongAsTracked(html: string): string {
  const keys = addKey(undefined, { secret: Buffer.alloc(32, 7), atMs: 0, sign: true });
  const tracker = createTracker({ baseUrl: 'https://track.example.com', keys });
  return tracker.rewrite(html, { message: 'm0', recipient: 'recipient-00000' }).html;
}

async function sendTracked(
  transporter: Transporter,
  source: string,
  { store }: Engine,
  message: string,
): Promise<void> {
  const keys = addKey(undefined, { secret: Buffer.alloc(32, 7), atMs: 0, sign: true });
  const tracker = createTracker({ baseUrl: 'https://track.example.com', keys, store, keepMail: false });
  const html = source.replace(
    /<body[^>]*>/i,
    '$&<p>Dear {{ name | default: "friend" }}, your number is {{ number }}.</p>',
  );
  const mail = tracker.compile(html, { message, merge: 'liquid' });
  const options = { store, from: FROM, subject: 'Autumn for {{ name }}' };
  for await (const { status } of sendAll(transporter, mail, recipients(), options)) {
    if (status !== 'sent') throw new Error(`a mail is ${status}`);
  }
  await tracker.close();
}

function* recipients() {
  for (let number = 0; number < MAILS; number += 1) {
    yield { email: addressOf(number), recipient: `recipient-${number}`, name: `Name ${number}`, number };
  }
}

function addressOf(number: number): string {
  return `r${number}@example.com`;
}
