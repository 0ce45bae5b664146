// `telltale bounces`: bounce mails out of files, mboxes and Maildirs, or piped in; each counts for the mail whose sealed way
// out it returns, and all others are shown and change nothing.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TelltaleError } from '../base/errors.ts';
import { bounceMailBytesMax, bouncesAtOnce } from '../base/limits.ts';
import type { Delivery, DeliveryOutcome } from '../deliveries/delivery.ts';
import { type BounceMail, readBounceMail } from '../deliveries/read-bounce-mail.ts';
import { splitMbox } from '../deliveries/split-mbox.ts';
import type { Store } from '../store/open-store.ts';
import { createKeyRing, type KeyRing } from '../token/key-ring.ts';
import { type Io, say, writeOut } from './io.ts';
import { loadKeys } from './key-file.ts';
import { count } from './progress.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';

export interface BouncesFlags extends CommonFlags {
  readonly dryRun?: boolean;
}

/** A mail and what it says. */
interface Found {
  readonly file: string;
  /** Which of the file's mails it is, from 1. */
  readonly number: number;
  readonly mail: BounceMail;
  readonly delivery: Delivery | undefined;
}

/** What became of a mail: `known` was counted before, `unmatched` is of no mail of ours, `other` is no bounce. */
type Outcome = 'counted' | 'would-count' | 'known' | 'erased' | 'unmatched' | 'other';

/** Runs the command. */
export async function bounces(files: readonly string[], flags: BouncesFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const keys = createKeyRing(loadKeys(settings, io));
  const sources = findSources(files, io);
  const counts = new Map<Outcome, number>();
  const rows: (readonly string[])[] = [];
  const show = async (found: Found, outcome: Outcome) => {
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    if (settings.json) return await writeOut(io, `${JSON.stringify(toJson(found, outcome))}\n`);
    rows.push(toRow(found, outcome));
  };
  await withStore(settings, { migrate: false }, async (store) => {
    for await (const page of pagesOf(readAll(sources, keys, io))) {
      const outcomes = await record(page, flags.dryRun === true ? undefined : store);
      for (const [at, found] of page.entries()) await show(found, outcomes[at] ?? 'other');
    }
  });
  if (!settings.json) await printTable(io, ['mail', 'what', 'status', 'message', 'recipient', 'outcome'], rows);
  if (!settings.quiet) say(io, wordsFor(counts));
}

interface Source {
  readonly name: string;
  /** Nothing for stdin. */
  readonly path: string | undefined;
}

/** The files that are named, and those in Maildirs that are. */
function findSources(files: readonly string[], io: Io): readonly Source[] {
  if (files.length === 0 && io.stdin.isTTY === true) {
    throw new TelltaleError('USAGE', 'Name bounce mails, an mbox or a Maildir, or pipe one in.');
  }
  return (files.length === 0 ? ['-'] : files).flatMap((name): readonly Source[] => {
    if (name === '-') return [{ name, path: undefined }];
    const path = resolve(io.cwd, name);
    if (!existsSync(path)) throw new TelltaleError('FILE_NOT_FOUND', `There is no file or Maildir ${name}.`);
    if (!statSync(path).isDirectory()) return [{ name, path }];
    const folders = ['new', 'cur'].filter((folder) => existsSync(join(path, folder)));
    if (folders.length > 0) {
      return folders.flatMap((folder) =>
        readdirSync(join(path, folder))
          .sort()
          .map((file) => ({ name: join(name, folder, file), path: join(path, folder, file) })),
      );
    }
    throw new TelltaleError(
      'USAGE',
      `${name} should be a Maildir, with the directories new and cur, but it has neither. Name the files in it: ${name}/*.`,
    );
  });
}

async function* readAll(sources: readonly Source[], keys: KeyRing, io: Io): AsyncGenerator<Found> {
  const nowMs = io.now?.() ?? Date.now();
  for (const { name, path } of sources) {
    let number = 0;
    const chunks = path === undefined ? stdinOf(io) : createReadStream(path);
    for await (const message of splitMbox(chunks, bounceMailBytesMax)) {
      number += 1;
      if ('bytes' in message) {
        const reason = `it has ${message.bytes} bytes, over ${bounceMailBytesMax}`;
        yield { file: name, number, mail: { kind: 'other', reason }, delivery: undefined };
        continue;
      }
      const mail = readBounceMail(message.raw, keys);
      yield { file: name, number, mail, delivery: toDelivery(mail, message.raw, nowMs) };
    }
  }
}

async function* stdinOf({ stdin }: Io): AsyncGenerator<Buffer> {
  for await (const chunk of stdin) yield Buffer.from(chunk);
}

/** What counts; the time is what a stranger wrote, so that no rule goes by it. */
function toDelivery(mail: BounceMail, raw: Buffer, nowMs: number): Delivery | undefined {
  if (mail.kind !== 'status' || mail.of === undefined) return undefined;
  const { event, isHard, of, atMs = nowMs } = mail;
  const id = `mail ${createHash('sha256').update(raw).digest('hex')}`;
  return { id, ...of, event, isHard, atMs: Math.max(0, Math.min(atMs, nowMs)), isTimed: false };
}

async function* pagesOf(found: AsyncIterable<Found>): AsyncGenerator<readonly Found[]> {
  let page: Found[] = [];
  for await (const one of found) {
    page.push(one);
    if (page.length < bouncesAtOnce) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** What became of each mail of a page, in its order; without a store, what would. */
async function record(page: readonly Found[], store: Store | undefined): Promise<readonly Outcome[]> {
  const deliveries = page.flatMap(({ delivery }) => delivery ?? []);
  const outcomes = store === undefined ? [] : await store.recordDeliveries(deliveries);
  const of = new Map(deliveries.map((delivery, at) => [delivery, outcomes[at]]));
  return page.map(({ mail, delivery }) => {
    if (mail.kind === 'other') return 'other';
    if (delivery === undefined) return 'unmatched';
    return store === undefined ? 'would-count' : OUTCOMES[of.get(delivery) ?? 'duplicate'];
  });
}

const OUTCOMES: Readonly<Record<DeliveryOutcome, Outcome>> = {
  accepted: 'counted',
  duplicate: 'known',
  erased: 'erased',
};

function toJson({ file, number, mail }: Found, outcome: Outcome): object {
  if (mail.kind === 'other') {
    return { file, number, event: null, status: null, message: null, recipient: null, outcome, reason: mail.reason };
  }
  const { message = null, recipient = null } = mail.of ?? {};
  const status = mail.status === '' ? null : mail.status;
  return { file, number, event: mail.event, status, message, recipient, outcome, reason: null };
}

function toRow({ file, number, mail }: Found, outcome: Outcome): readonly string[] {
  const name = `${file} ${number}`;
  if (mail.kind === 'other') return [name, mail.reason, '', '', '', outcome];
  const { event, isHard, status, of } = mail;
  const what = event === 'bounced' ? `bounced, ${isHard ? 'hard' : 'soft'}` : event;
  return [name, what, status, of?.message ?? '', of?.recipient ?? '', outcome];
}

function wordsFor(counts: ReadonlyMap<Outcome, number>): string {
  const of = (outcome: Outcome, words: string) =>
    counts.has(outcome) ? [`${count(counts.get(outcome) ?? 0)} ${words}`] : [];
  const parts = [
    ...of('counted', 'counted'),
    ...of('would-count', 'would count; nothing was written'),
    ...of('known', 'counted before'),
    ...of('erased', 'of an erased recipient, of which nothing is kept'),
    ...of('unmatched', 'of no mail of ours that can be told, which suppress nobody'),
    ...of('other', 'no bounces'),
  ];
  return `Mails: ${parts.length === 0 ? 'none' : parts.join('; ')}.`;
}
