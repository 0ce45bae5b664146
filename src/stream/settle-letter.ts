// Settles one message of the stream, so that it may come again: what of it is settled is known by its places, what comes
// before its time is refused, and what can never be settled is parked. A message that has ended settlers is settled hit by
// hit, with a note in the store before each, so that the one which ends the next settler too is known and parked.
import { TelltaleError } from '../base/errors.ts';
import { streamDeliveriesMax } from '../base/limits.ts';
import {
  type FitEntry,
  type ParkEntry,
  prepareSettling,
  type SettlingOptions,
  sortEntries,
} from '../settle/settle-entries.ts';
import type { SettleStore } from '../settle/settler.ts';
import { type LetterEntry, type LetterPlace, type ReadLetter, writeLine } from './letter.ts';
import type { ParkedHit } from './parked.ts';

/** A message as it was delivered. */
export interface Delivered {
  readonly letter: ReadLetter;
  /** Its place in the stream. */
  readonly streamSeq: number;
  readonly body: string;
  /** How often it was given to a settler, this time included. */
  readonly deliveries: number;
}

export interface LetterSettlingOptions extends SettlingOptions {
  readonly store: Pick<SettleStore, 'settle' | 'settledThrough'>;
  /** Keeps a hit aside; resolves when it is safe. */
  readonly park: (parked: ParkedHit) => Promise<void>;
  readonly onProblem: (error: unknown) => void;
  readonly now: () => number;
}

/** Prepares it; the function resolves when the message may be acknowledged. */
export function prepareLetterSettling(options: LetterSettlingOptions): (delivered: Delivered) => Promise<void> {
  const { store, onProblem, now } = options;
  const settle = prepareSettling(options);
  /** Hits that this process tried by themselves: it is still there, so they ended nobody. */
  const cameBack = new Set<string>();

  async function keepAside(journal: string, seq: number, reason: string, text: string): Promise<void> {
    await options.park({ journal, seq, reason, text, parkedAtMs: now() });
    const where = journal === '' ? `Message ${seq} of the stream` : `Hit ${seq} of journal ${journal}`;
    onProblem(new Error(`${where} can never be settled and was parked (telltale stream parked): ${reason}`));
  }

  async function settleLetter(
    { journal, after, through }: LetterPlace,
    given: readonly LetterEntry[],
    deliveries: number,
  ) {
    const place = await store.settledThrough(journal);
    if (place >= through) return;
    if (place < after) throw gap({ journal, after, through: place });
    const entries = given.filter(({ seq }) => seq > place);
    for (const entry of entries) {
      const [unfit] = sortEntries([entry]).unfit;
      if (unfit) await keepAside(journal, entry.seq, unfit.reason ?? 'it cannot be read', entry.text);
    }
    const { fit } = sortEntries(entries);
    const parkOne: ParkEntry = (entry, reason) => keepAside(journal, entry.seq, reason, textOf(entry));
    const reached =
      deliveries > streamDeliveriesMax ? await settleOneByOne({ journal, after: place }, fit, parkOne) : place;
    const rest = fit.filter(({ seq }) => seq > reached);
    await settle({ journal, after: reached, through, entries: rest }, parkOne);
  }

  /** Returns how far it came: to the last hit. */
  async function settleOneByOne(
    { journal, after }: Pick<LetterPlace, 'journal' | 'after'>,
    fit: readonly FitEntry[],
    parkOne: ParkEntry,
  ): Promise<number> {
    const tries = `${journal}/tried`;
    let place = after;
    for (const entry of fit) {
      const tried = await store.settledThrough(tries);
      const name = `${journal}@${entry.seq}`;
      const endedOne = tried >= entry.seq && !cameBack.has(name);
      if (endedOne) await parkOne(entry, 'whoever settled it ended');
      else if (tried < entry.seq) await store.settle({ journal: tries, after: tried, through: entry.seq, hits: [] });
      cameBack.add(name);
      await settle({ journal, after: place, through: entry.seq, entries: endedOne ? [] : [entry] }, parkOne);
      cameBack.delete(name);
      place = entry.seq;
    }
    return place;
  }

  return async ({ letter, streamSeq, body, deliveries }) => {
    switch (letter.kind) {
      case 'letter':
        return await settleLetter(letter.place, letter.entries, deliveries);
      case 'unreadable':
        return await keepAside('', streamSeq, 'it is no message of Telltale', body);
      case 'newer':
        throw new TelltaleError(
          'STREAM_AWAY',
          `Message ${streamSeq} of the stream is in format ${letter.format}, of a newer Telltale. Update this settler; the message waits.`,
        );
    }
  };
}

function textOf(entry: FitEntry): string {
  return writeLine(entry).slice(String(entry.seq).length + 1);
}

/** Hits are missing between what is settled and what came: nobody passes over them but by saying so. */
function gap({ journal, after, through }: LetterPlace): TelltaleError {
  return new TelltaleError(
    'STREAM_GAP',
    `Hits of journal ${journal} between ${through} and ${after} are neither settled nor in the stream, so what follows waits: the stream or the database was put back to an earlier state, or lost them. If they cannot be brought back, go on without them: telltale stream accept-gap ${journal} ${after}`,
  );
}
