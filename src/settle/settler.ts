// The settler moves hits from the journal to the store: in order, at least once, each batch one transaction that also
// keeps how far it went. It runs beside the request path and is the only thing that judges hits.
import type { ConversionHit } from '../base/conversion.ts';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { peerKeptMs, peerLookMs, settleBatchHits, settleGatherMs, settleLookMs, settleStopMs } from '../base/limits.ts';
import type { Hit } from '../base/nouns.ts';
import { readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import { conversionProblem } from './conversion-problem.ts';
import { hitProblem } from './hit-problem.ts';
import { type JudgedHit, judgeHits } from './judge-hits.ts';

/** What the settler needs of a journal. */
export interface JournalSource {
  readonly id: string;
  read(after: number, limit: number): Promise<readonly SourceEntry[]>;
  prune(through: number): Promise<void>;
  /** Takes entries out that are not to be settled: parks those with a reason, drops those without as damaged. */
  setAside(entries: readonly { readonly seq: number; readonly reason: string | null }[]): Promise<void>;
  onCommit(listener: () => void): () => void;
}

interface SourceEntry {
  readonly seq: number;
  readonly hit: Hit | ConversionHit | null;
}

interface FitEntry {
  readonly seq: number;
  readonly hit: Hit | ConversionHit;
}

/** What the settler needs of a store. */
export interface SettleStore {
  /** How far a journal is settled; 0 for a new one. */
  settledThrough(journal: string): Promise<number>;
  /**
   * Stores hits that are not stored yet, the state derived from them and the new place, in one transaction. A batch
   * that is settled already changes nothing; one that does not begin where the last one ended is refused.
   */
  settle(batch: SettleBatch): Promise<void>;
  /** Forgets some peers of hits that came before a time; whether there may be more. */
  forgetPeers(beforeMs: number): Promise<boolean>;
}

export interface SettleBatch {
  readonly journal: string;
  /** The place before the first entry of the batch: how far the journal must be settled for it to fit. */
  readonly after: number;
  /** The place of the last entry of the batch. */
  readonly through: number;
  readonly hits: readonly JudgedHit[];
  /** Conversions that a pixel told. @default none */
  readonly conversions?: readonly ConversionHit[] | undefined;
  /** The sender's own rules, by which they were judged. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
}

/** What the settler needs to know requests that come again. */
export interface Repeats {
  /** The hits, with `repeat` where one came again. Asked once more for hits it counted before, it counts them again. */
  mark(hits: readonly JudgedHit[]): Promise<readonly JudgedHit[]>;
}

export interface Settler {
  /** Settles all that is in the journal now. */
  settleNow(): Promise<void>;
  /** Settles what is left and stops. No batch begins once `withinMs` have passed (1,500): the rest stays in the journal. */
  stop(withinMs?: number): Promise<void>;
}

export interface SettlerOptions {
  readonly journal: JournalSource;
  readonly store: SettleStore;
  /** Told once when settling begins to fail, or fails otherwise than before, and of entries that were set aside. */
  readonly onProblem: (error: unknown) => void;
  /** Milliseconds between two looks without a commit; after one that failed the next is the next try. @default 1000 */
  readonly lookMs?: number;
  /** Marks requests that come again (`makeRepeats`); without, each request counts. @default none */
  readonly repeats?: Repeats | undefined;
  /** The sender's own rules for verdicts. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
  /**
   * The time of the earliest hit that waits in each journal of the store, kept by its settlers: peers are kept for as long
   * as a hit that waits may need them. @default the settler's own
   */
  readonly progress?: Map<string, number> | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** Starts settling after each commit of the journal, and with what it already holds. */
export function startSettler(options: SettlerOptions): Settler {
  const { journal, onProblem, lookMs = settleLookMs } = options;
  let endsMs = Number.POSITIVE_INFINITY;
  const keeper = makeKeeper(options, () => performance.now() < endsMs);
  let running: Promise<void> | undefined;
  let isDirty = false;
  /** What was told last; nothing while all is well. */
  let told: string | undefined;

  function wake(): Promise<void> {
    isDirty = true;
    running ??= run();
    return running;
  }

  async function run(): Promise<void> {
    try {
      while (isDirty) {
        isDirty = false;
        await keeper.settleAll();
      }
      told = undefined;
    } catch (error) {
      tell(error);
      throw error;
    } finally {
      // In the same step in which the loop ends: whoever wakes us later starts a new run.
      running = undefined;
    }
  }

  function tell(error: unknown): void {
    const message = messageOf(error);
    if (message !== told) onProblem(error);
    told = message;
  }

  const look = () => void wake().catch(() => undefined);
  let gathering: NodeJS.Timeout | undefined;
  const unsubscribe = journal.onCommit(() => {
    // While settling fails, commits only pile up behind what fails; the next look tries again.
    if (told !== undefined || gathering !== undefined) return;
    gathering = setTimeout(() => {
      gathering = undefined;
      look();
    }, settleGatherMs);
  });
  const looking = setInterval(look, lookMs);
  look();
  return {
    settleNow: wake,
    async stop(withinMs = settleStopMs) {
      endsMs = performance.now() + withinMs;
      unsubscribe();
      clearInterval(looking);
      clearTimeout(gathering);
      await wake().catch(() => undefined);
      options.progress?.delete(journal.id);
    },
  };
}

/** Settles batch after batch, while it may go on, and empties the journal of what is settled. */
function makeKeeper(options: SettlerOptions, mayGoOn: () => boolean): { settleAll(): Promise<void> } {
  const { journal, store, onProblem, repeats, now = Date.now, progress = new Map<string, number>() } = options;
  // Until the first look nobody knows how old what waits is.
  progress.set(journal.id, Number.NEGATIVE_INFINITY);
  const own = readOwnRules(options.rules, 'startSettler');
  let prunedThrough = 0;
  let forgottenMs = Number.NEGATIVE_INFINITY;

  async function settleAll(): Promise<void> {
    let through = await store.settledThrough(journal.id);
    let lastSeen = 0;
    for (;;) {
      // The last process may have ended between settling and this.
      if (through > prunedThrough) await journal.prune(through);
      prunedThrough = through;
      if (!mayGoOn()) return;
      const entries = await journal.read(through, settleBatchHits);
      const last = entries.at(-1);
      if (last === undefined) {
        progress.set(journal.id, Number.POSITIVE_INFINITY);
        return await forgetPeers();
      }
      progress.set(journal.id, timeOf(entries));
      await forgetPeers();
      const fit = await setUnfitAside(entries);
      // One that could not even be taken out is passed over.
      const next = last.seq === lastSeen ? last.seq : placeAfter(through, entries, fit);
      lastSeen = last.seq;
      await settleEntries(through, next, fit);
      through = next;
    }
  }

  /** The earliest of hits that wait: what was settled in the window before it may still say something of them. */
  function timeOf(entries: readonly SourceEntry[]): number {
    return entries.reduce((least, { hit }) => Math.min(least, hit?.atMs ?? least), Number.POSITIVE_INFINITY);
  }

  /** A peer tells of other hits in its window, and of its reader for no longer than that. */
  async function forgetPeers(): Promise<void> {
    const nowMs = now();
    if (Math.abs(nowMs - forgottenMs) < peerLookMs) return;
    const openMs = Math.min(nowMs, ...progress.values());
    if (Number.isFinite(openMs)) while (await store.forgetPeers(openMs - peerKeptMs));
    if (openMs === nowMs) forgottenMs = nowMs;
  }

  /** Takes out what was damaged and what is no hit; returns the others. */
  async function setUnfitAside(entries: readonly SourceEntry[]): Promise<readonly FitEntry[]> {
    const fit: FitEntry[] = [];
    const unfit: { readonly seq: number; readonly reason: string | null }[] = [];
    for (const { seq, hit } of entries) {
      const reason = hit === null ? null : problemOf(hit);
      if (hit !== null && reason === undefined) fit.push({ seq, hit });
      else unfit.push({ seq, reason: reason ?? null });
    }
    if (unfit.length === 0) return fit;
    await journal.setAside(unfit);
    const damaged = unfit.filter(({ reason }) => reason === null).length;
    if (damaged > 0)
      onProblem(new Error(`${damaged} entries of the journal did not survive on disk and are not counted`));
    for (const { seq, reason } of unfit) if (reason !== null) tellParked(seq, reason);
    return fit;
  }

  function tellParked(seq: number, reason: string): void {
    onProblem(new Error(`Entry ${seq} of the journal can never be settled and was parked: ${reason}`));
  }

  /** Settles what lies between two places; what the store refuses is narrowed down to single hits, which are parked. */
  async function settleEntries(after: number, through: number, entries: readonly FitEntry[]): Promise<void> {
    try {
      const conversions = entries.flatMap(({ hit }) => (hit.kind === 'conversion' ? [hit] : []));
      const judged = judgeHits(
        entries.flatMap(({ hit }) => (hit.kind === 'conversion' ? [] : [hit])),
        own,
      );
      const hits = (await repeats?.mark(judged)) ?? judged;
      await store.settle({ journal: journal.id, after, through, hits, conversions, rules: options.rules });
    } catch (error) {
      const [first] = entries;
      if (!isRefusal(error) || first === undefined) throw error;
      if (entries.length === 1) {
        await journal.setAside([{ seq: first.seq, reason: messageOf(error) }]);
        tellParked(first.seq, messageOf(error));
        return settleEntries(after, through, []);
      }
      const half = entries.slice(0, Math.ceil(entries.length / 2));
      const middle = half.at(-1)?.seq ?? after;
      await settleEntries(after, middle, half);
      await settleEntries(middle, through, entries.slice(half.length));
    }
  }

  return { settleAll };
}

/** How far a batch reaches. A damaged entry's place counts only where it follows: a false one would hide what comes later. */
function placeAfter(through: number, entries: readonly SourceEntry[], fit: readonly FitEntry[]): number {
  const known = fit.at(-1)?.seq ?? through;
  return entries.reduce((place, { seq }) => (seq === place + 1 ? seq : place), known);
}

function problemOf(hit: Hit | ConversionHit): string | undefined {
  return hit?.kind === 'conversion' ? conversionProblem(hit) : hitProblem(hit);
}

function isRefusal(error: unknown): boolean {
  return error instanceof TelltaleError && error.code === 'REFUSED_HITS';
}
