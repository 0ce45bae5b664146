// Moves hits from a journal to the stream: in order, a batch at a time, and the journal forgets a batch only when the
// stream has acknowledged all of it. What is published twice says the same places, so whoever settles it knows it again.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  forwardBatchHits,
  settleGatherMs,
  settleLookMs,
  settleStopMs,
  streamBehindMessages,
  streamHeaderBytes,
  streamMessageBytesMax,
} from '../base/limits.ts';
import { earliestOf } from '../settle/forget-peers.ts';
import { runOnCommit } from '../settle/run-on-commit.ts';
import { type AsideJournal, setUnfitAside } from '../settle/set-aside.ts';
import { type FitEntry, placeAfter, type SourceEntry } from '../settle/settle-entries.ts';
import type { Settler, SettleStore } from '../settle/settler.ts';
import { prepareWaiting } from '../settle/tell-waiting.ts';
import { LETTER_FORMAT, LETTER_HEADERS, type LetterPlace, writeLine } from './letter.ts';
import type { OpenStream, StreamLink } from './open-stream.ts';
import { partitionOf } from './partition.ts';
import { publishSurely } from './publish.ts';
import { STREAM_NAME, subjectOf } from './stream-config.ts';

/** What the forwarder needs of a journal. */
export interface ForwardedJournal extends AsideJournal {
  readonly id: string;
  read(after: number, limit: number): Promise<readonly SourceEntry[]>;
  /** Forgets entries that were settled already. */
  prune(through: number): Promise<void>;
  /** Forgets entries that the stream has, and keeps each partition's last place. */
  forward(through: number, places: readonly PartitionPlace[]): Promise<void>;
  forwardedPlaces(): Promise<{
    readonly through: number;
    readonly partitions: readonly PartitionPlace[];
    readonly isNew: boolean;
  }>;
  onCommit(listener: () => void): () => void;
}

interface PartitionPlace {
  readonly partition: number;
  readonly place: number;
}

export interface ForwarderOptions {
  readonly journal: ForwardedJournal;
  readonly link: Pick<StreamLink, 'open' | 'failed'>;
  /** How far a store has settled the journal itself, before it was forwarded. @default nobody settled it */
  readonly settledThrough?: ((journal: string) => Promise<number>) | undefined;
  /** A store that is told how old what waits is. @default nobody is told */
  readonly store?: Pick<SettleStore, 'noteWaiting'> | undefined;
  readonly onProblem: (error: unknown) => void;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** Milliseconds between two looks without a commit, and between two tries. @default 1000 */
  readonly lookMs?: number | undefined;
}

/** Starts forwarding after each commit of the journal, and with what it already holds. */
export function startForwarder(options: ForwarderOptions): Settler {
  const { journal, store, onProblem, lookMs = settleLookMs, now = Date.now } = options;
  const waiting = store && prepareWaiting(store, journal.id, now);
  let isEmpty = false;
  const onRead = (entries: readonly SourceEntry[]) => {
    isEmpty = entries.length === 0;
    waiting?.tell(earliestOf(entries));
  };
  const backlog = prepareBacklog(lookMs, now);
  // Each message is a transaction of a settler: while those are behind, few large ones help.
  const gatherMs = () => (backlog.isBehind() ? lookMs : settleGatherMs);
  const work = prepareWork(options, { onRead, onPublished: backlog.look });
  const runner = runOnCommit({ journal, work, lookMs, gatherMs, onProblem });
  return {
    settleNow: runner.runNow,
    async stop(withinMs = settleStopMs) {
      // A server that is silent is not waited for: what it may have is published again, and known again.
      const limit = new AbortController();
      const silent = sleep(withinMs, undefined, { signal: limit.signal }).catch(() => undefined);
      const ended = runner.stop(withinMs).then(() => (isEmpty ? waiting?.end() : undefined));
      await Promise.race([ended, silent]);
      limit.abort();
    },
  };
}

/** Looks now and then whether settlers keep up with the stream. */
function prepareBacklog(lookMs: number, now: () => number) {
  let isBehind = false;
  let lookedMs = Number.NEGATIVE_INFINITY;
  return {
    isBehind: () => isBehind,
    async look({ jsm }: OpenStream): Promise<void> {
      if (Math.abs(now() - lookedMs) < lookMs) return;
      lookedMs = now();
      // Who cannot be told forwards as ever; what is wrong with the stream is told by publishing.
      const waiting = await jsm.streams.info(STREAM_NAME).then(
        ({ state }) => state.messages,
        () => 0,
      );
      isBehind = waiting > streamBehindMessages;
    },
  };
}

interface WorkListeners {
  readonly onRead: (entries: readonly SourceEntry[]) => void;
  readonly onPublished: (stream: OpenStream) => Promise<void>;
}

function prepareWork(
  options: ForwarderOptions,
  { onRead, onPublished }: WorkListeners,
): (mayGoOn: () => boolean) => Promise<void> {
  const { journal, link, onProblem } = options;
  let begun: Begun | undefined;

  return async (mayGoOn) => {
    begun ??= await begin(options);
    const { places } = begun;
    let lastSeen = 0;
    while (mayGoOn()) {
      const entries = await journal.read(begun.through, forwardBatchHits);
      onRead(entries);
      const last = entries.at(-1);
      if (last === undefined) return;
      const stream = await link.open();
      const fit = await setUnfitAside(journal, entries, onProblem);
      // One that could not even be taken out is passed over.
      const next = last.seq === lastSeen ? last.seq : placeAfter(begun.through, entries, fit);
      lastSeen = last.seq;
      const letters = lettersOf(fit, places, { journal: journal.id, stream });
      await publish(letters, stream).catch((error: unknown) => Promise.reject(link.failed(error)));
      const reached = letters.flatMap(({ partition, place }) => [{ partition, place: place.through }]);
      await journal.forward(next, reached);
      for (const { partition, place } of reached) places.set(partition, place);
      begun.through = next;
      await onPublished(stream);
    }
  };
}

/** How far the journal is forwarded, and where each partition stands. */
interface Begun {
  through: number;
  readonly places: Map<number, number>;
}

/** What a store settled of the journal before the first forwarding is not sent to be settled once more. */
async function begin({ journal, settledThrough = async () => 0 }: ForwarderOptions): Promise<Begun> {
  const { through, partitions, isNew } = await journal.forwardedPlaces();
  const places = new Map(partitions.map(({ partition, place }) => [partition, place]));
  const settled = partitions.length > 0 ? 0 : await settledThrough(journal.id).catch(noneIf(isNew));
  if (settled > through) await journal.prune(settled);
  return { through: Math.max(through, settled), places };
}

/** Of a journal that begins with this process no store has settled anything: one that is away is not waited for. */
function noneIf(isNew: boolean): (error: unknown) => number {
  return (error) => {
    if (isNew) return 0;
    throw error;
  };
}

/** A message as it is published. */
interface Letter {
  readonly partition: number;
  readonly place: LetterPlace;
  readonly body: string;
}

/** One message for each partition that has hits in the batch; more where they are too large for one. */
function lettersOf(
  entries: readonly FitEntry[],
  places: ReadonlyMap<number, number>,
  of: { readonly journal: string; readonly stream: Pick<OpenStream, 'partitions' | 'payloadMax'> },
): readonly Letter[] {
  const { partitions, payloadMax } = of.stream;
  const bytesMax = Math.min(streamMessageBytesMax, payloadMax - streamHeaderBytes);
  const lines = new Map<number, { readonly seq: number; readonly line: string }[]>();
  for (const entry of entries) {
    const partition = partitionOf(entry.hit, partitions);
    // The stream has it, though the journal could not forget it yet.
    if (entry.seq <= (places.get(partition) ?? 0)) continue;
    const line = { seq: entry.seq, line: writeLine(entry) };
    const others = lines.get(partition);
    if (others === undefined) lines.set(partition, [line]);
    else others.push(line);
  }
  return [...lines].flatMap(([partition, all]) => {
    let after = places.get(partition) ?? 0;
    return cut(all, bytesMax).map((part) => {
      const through = part.at(-1)?.seq ?? after;
      const place = { journal: `${of.journal}#${partition}`, after, through };
      after = through;
      return { partition, place, body: part.map(({ line }) => line).join('\n') };
    });
  });
}

/** Pieces of at most so many bytes; a line alone may be longer. */
function cut<T extends { readonly line: string }>(lines: readonly T[], bytesMax: number): readonly (readonly T[])[] {
  const pieces: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const added = Buffer.byteLength(line.line) + 1;
    if (bytes + added > bytesMax) {
      pieces.push([]);
      bytes = 0;
    }
    pieces.at(-1)?.push(line);
    bytes += added;
  }
  return pieces;
}

/** Resolves when all are acknowledged. Partitions beside one another; within one, a message only behind the one before it. */
async function publish(letters: readonly Letter[], stream: OpenStream): Promise<void> {
  const chains = new Map<number, Promise<void>>();
  for (const letter of letters) {
    const before = chains.get(letter.partition) ?? Promise.resolve();
    chains.set(
      letter.partition,
      before.then(() => publishOne(letter, stream)),
    );
  }
  const results = await Promise.allSettled(chains.values());
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function publishOne({ partition, place, body }: Letter, stream: OpenStream): Promise<void> {
  const { journal, after, through } = place;
  const told = stream.headers();
  told.set(LETTER_HEADERS.format, LETTER_FORMAT);
  told.set(LETTER_HEADERS.journal, journal);
  told.set(LETTER_HEADERS.after, String(after));
  told.set(LETTER_HEADERS.through, String(through));
  await publishSurely(stream, {
    ...{ stream: STREAM_NAME, subject: subjectOf(partition), body },
    ...{ id: `${journal}@${through}`, headers: told },
  });
}
