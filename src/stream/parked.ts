// What no store can take, or what ends whoever settles it, kept aside in a stream of its own until somebody has looked at
// it: each with where it came from and why, and the text it came as.

import { crc32 } from 'node:zlib';
import type { Erasures } from '../base/control-change.ts';
import { messageOf } from '../base/errors.ts';
import { readBody } from '../base/hit-body.ts';
import { parkedLookMs } from '../base/limits.ts';
import { sortEntries } from '../settle/settle-entries.ts';
import { tombstoneMaker } from '../token/tombstone.ts';
import type { OpenStream } from './open-stream.ts';
import { publishSurely } from './publish.ts';
import { PARKED_NAME, PARKED_SUBJECT, removeMessage } from './stream-config.ts';

export interface ParkedHit {
  /** The journal and the partition that it came from; empty for a message that nobody can read. */
  readonly journal: string;
  /** Its place there; of a message that nobody can read, its place in the stream. */
  readonly seq: number;
  readonly reason: string;
  readonly parkedAtMs: number;
  /** As it came. */
  readonly text: string;
}

/** A parked hit with its place among those that are parked. */
export interface KeptParkedHit extends ParkedHit {
  readonly place: number;
}

/** Keeps one; resolves when the stream has it. */
export async function park(stream: Pick<OpenStream, 'js' | 'jsm'>, parked: ParkedHit): Promise<void> {
  const { journal, seq, text } = parked;
  const body = JSON.stringify(parked);
  const id = `${journal}@${seq} ${crc32(text)}`;
  await publishSurely(stream, { stream: PARKED_NAME, subject: PARKED_SUBJECT, body, id });
}

/** All that is parked, the oldest first. */
export async function* listParked({ jsm }: Pick<OpenStream, 'jsm'>): AsyncGenerator<KeptParkedHit> {
  const { state } = await jsm.streams.info(PARKED_NAME);
  if (state.messages === 0) return;
  for (let place = state.first_seq; place <= state.last_seq; place += 1) {
    const message = await getMessage(jsm, place);
    if (message !== undefined) yield { ...message, place };
  }
}

/** Nothing where it was removed. */
async function getMessage(jsm: OpenStream['jsm'], seq: number): Promise<ParkedHit | undefined> {
  const message = await jsm.streams.getMessage(PARKED_NAME, { seq });
  if (message === null) return undefined;
  try {
    return message.json<ParkedHit>();
  } catch (error) {
    const reason = `it is no parked hit: ${messageOf(error)}`;
    return { journal: '', seq, reason, parkedAtMs: message.time.getTime(), text: message.string() };
  }
}

/** Has a store take it now. What it still refuses stays parked, with the reason. */
export type TakeParked = (entry: { readonly journal: string; readonly hit: FitHit }) => Promise<string | undefined>;

type FitHit = ReturnType<typeof sortEntries>['fit'][number]['hit'];

/** What became of one that was tried again. */
export interface Replayed {
  readonly parked: KeptParkedHit;
  /** Why it stays parked; nothing when it is settled. */
  readonly problem: string | undefined;
}

/** Tries all of them again; those that are settled leave the stream. */
export async function* replayParked(stream: Pick<OpenStream, 'jsm'>, take: TakeParked): AsyncGenerator<Replayed> {
  for await (const parked of listParked(stream)) {
    const problem = await takeOne(parked, take);
    if (problem === undefined) await removeMessage(stream.jsm, PARKED_NAME, parked.place);
    yield { parked, problem };
  }
}

async function takeOne({ journal, seq, text }: ParkedHit, take: TakeParked): Promise<string | undefined> {
  const [fit] = sortEntries([{ seq, hit: readHit(text) }]).fit;
  if (fit === undefined) return 'it is no hit';
  // A sequence of its own: its place in the other one was left behind.
  return await take({ journal: `parked/${journal}@${seq}`, hit: fit.hit });
}

function readHit(text: string): FitHit | null {
  try {
    return readBody(text);
  } catch {
    return null;
  }
}

/** What was removed of one recipient, and what could not be read to tell. */
export interface ErasedParked {
  readonly removed: number;
  readonly unreadable: number;
}

/** Removes what is parked of a recipient, and what cannot be read but has the id in it. */
export async function eraseParked(stream: Pick<OpenStream, 'jsm'>, recipient: string): Promise<ErasedParked> {
  return await removeParked(stream, (text, named) =>
    named === undefined ? text.includes(recipient) : named === recipient,
  );
}

/** What the store tells of erasures. */
export interface ErasureSource {
  /** Those behind a place in the sequence of the control state. */
  erasuresAfter(seq: number): Promise<Erasures>;
}

/**
 * Prepares taking out what is parked of whoever was erased, in whatever process; the function looks now and then whether
 * somebody was. What nobody can read stays: a tombstone does not tell the id.
 */
export function prepareParkedErasing(
  source: ErasureSource,
  now: () => number,
): (stream: Pick<OpenStream, 'jsm'>) => Promise<void> {
  let clean = { log: '', through: 0 };
  let lookedMs = Number.NEGATIVE_INFINITY;
  return async (stream) => {
    const nowMs = now();
    if (Math.abs(nowMs - lookedMs) < parkedLookMs) return;
    const since = await source.erasuresAfter(clean.through);
    // Another sequence where the database was put back, or is another one.
    const { log, through, tombstoneKey, tombstones } = since.log === clean.log ? since : await source.erasuresAfter(0);
    if (tombstones.length > 0) {
      const tombstoneOf = tombstoneMaker(tombstoneKey);
      const erased = new Set(tombstones);
      await removeParked(
        stream,
        (_, named) => typeof named === 'string' && erased.has(tombstoneOf(named).toString('hex')),
      );
    }
    clean = { log, through };
    lookedMs = nowMs;
  };
}

async function removeParked(
  stream: Pick<OpenStream, 'jsm'>,
  isTheirs: (text: string, named: string | null | undefined) => boolean,
): Promise<ErasedParked> {
  let removed = 0;
  let unreadable = 0;
  for await (const { text, place } of listParked(stream)) {
    const named = recipientOf(text);
    if (isTheirs(text, named)) {
      await removeMessage(stream.jsm, PARKED_NAME, place);
      removed += 1;
    } else if (named === undefined) unreadable += 1;
  }
  return { removed, unreadable };
}

/** Whom a text names; undefined where nobody can tell. */
function recipientOf(text: string): string | null | undefined {
  const hit = readHit(text);
  const recipient: unknown = hit?.kind === 'conversion' ? hit.conversion?.recipient : hit?.recipient;
  return typeof recipient === 'string' || recipient === null ? recipient : undefined;
}
