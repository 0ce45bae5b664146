// Settles entries of one sequence, a journal's or what a stream carries of one: judged, marked where they came again, and
// stored with the place they reach. What the store refuses is narrowed down to single hits, which are parked.
import type { ConversionHit } from '../base/conversion.ts';
import { messageOf, TelltaleError } from '../base/errors.ts';
import type { Hit } from '../base/nouns.ts';
import { readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import { conversionProblem } from './conversion-problem.ts';
import { hitProblem } from './hit-problem.ts';
import { judgeHits } from './judge-hits.ts';
import type { Repeats, SettleStore } from './settle-store.ts';

/** An entry as it was read; null when its bytes did not survive. */
export interface SourceEntry {
  readonly seq: number;
  readonly hit: Hit | ConversionHit | null;
}

/** An entry that can be settled. */
export interface FitEntry {
  readonly seq: number;
  readonly hit: Hit | ConversionHit;
}

/** An entry that cannot, and why; without a reason its bytes did not survive. */
export interface UnfitEntry {
  readonly seq: number;
  readonly reason: string | null;
}

/** Tells what was damaged and what is no hit from the others. */
export function sortEntries(entries: readonly SourceEntry[]): {
  readonly fit: readonly FitEntry[];
  readonly unfit: readonly UnfitEntry[];
} {
  const fit: FitEntry[] = [];
  const unfit: UnfitEntry[] = [];
  for (const { seq, hit } of entries) {
    const reason = hit === null ? null : problemOf(hit);
    if (hit !== null && reason === undefined) fit.push({ seq, hit });
    else unfit.push({ seq, reason: reason ?? null });
  }
  return { fit, unfit };
}

function problemOf(hit: Hit | ConversionHit): string | undefined {
  return hit?.kind === 'conversion' ? conversionProblem(hit) : hitProblem(hit);
}

/** How far a batch reaches. A damaged entry's place counts only where it follows: a false one would hide what comes later. */
export function placeAfter(through: number, entries: readonly SourceEntry[], fit: readonly FitEntry[]): number {
  const known = fit.at(-1)?.seq ?? through;
  return entries.reduce((place, { seq }) => (seq === place + 1 ? seq : place), known);
}

/** Entries that lie between two places of a sequence. */
export interface SettleStep {
  readonly journal: string;
  readonly after: number;
  readonly through: number;
  readonly entries: readonly FitEntry[];
}

export interface SettlingOptions {
  readonly store: Pick<SettleStore, 'settle'>;
  readonly repeats?: Repeats | undefined;
  readonly rules?: readonly VerdictRule[] | undefined;
}

/** Keeps an entry aside that the store can never take. */
export type ParkEntry = (entry: FitEntry, reason: string) => Promise<void>;

/** Prepares settling; `park` resolves when the entry is safe elsewhere, and the step then ends without it. */
export function prepareSettling(options: SettlingOptions): (step: SettleStep, park: ParkEntry) => Promise<void> {
  const { store, repeats, rules } = options;
  const own = readOwnRules(rules, 'startSettler');

  async function settle(step: SettleStep, park: ParkEntry): Promise<void> {
    const { journal, after, through, entries } = step;
    try {
      const conversions = entries.flatMap(({ hit }) => (hit.kind === 'conversion' ? [hit] : []));
      const judged = judgeHits(
        entries.flatMap(({ hit }) => (hit.kind === 'conversion' ? [] : [hit])),
        own,
      );
      const hits = (await repeats?.mark(judged)) ?? judged;
      await store.settle({ journal, after, through, hits, conversions, rules });
    } catch (error) {
      const [first] = entries;
      if (!isRefusal(error) || first === undefined) throw error;
      if (entries.length === 1) {
        await park(first, messageOf(error));
        return settle({ ...step, entries: [] }, park);
      }
      const half = entries.slice(0, Math.ceil(entries.length / 2));
      const middle = half.at(-1)?.seq ?? after;
      await settle({ ...step, through: middle, entries: half }, park);
      await settle({ ...step, after: middle, entries: entries.slice(half.length) }, park);
    }
  }

  return settle;
}

function isRefusal(error: unknown): boolean {
  return error instanceof TelltaleError && error.code === 'REFUSED_HITS';
}
