// The settler moves hits from the journal to the store: in order, at least once, each batch one transaction that also
// keeps how far it went. It runs beside the request path and is the only thing that judges hits.
import { settleBatchHits } from '../base/limits.ts';
import type { Hit, Verdict } from '../base/nouns.ts';
import { classify } from '../classify/classify.ts';

/** What the settler needs of a journal. */
export interface JournalSource {
  readonly id: string;
  read(after: number, limit: number): Promise<readonly { readonly seq: number; readonly hit: Hit | null }[]>;
  prune(through: number): Promise<void>;
  onCommit(listener: () => void): () => void;
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
}

export interface SettleBatch {
  readonly journal: string;
  /** The place before the first entry of the batch: how far the journal must be settled for it to fit. */
  readonly after: number;
  /** The place of the last entry of the batch. */
  readonly through: number;
  readonly hits: readonly JudgedHit[];
}

export interface JudgedHit {
  readonly hit: Hit;
  readonly verdict: Verdict;
}

export interface Settler {
  /** Settles all that is in the journal now. */
  settleNow(): Promise<void>;
  /** Settles what is left and stops. */
  stop(): Promise<void>;
}

export interface SettlerOptions {
  readonly journal: JournalSource;
  readonly store: SettleStore;
  /** Told when a batch could not be stored (it is tried again), and when entries of the journal are damaged. */
  readonly onProblem: (error: unknown) => void;
  /** Milliseconds before a failed batch is tried again. @default 1000 */
  readonly retryMs?: number;
}

/** Starts settling after each commit of the journal, and with what it already holds. */
export function startSettler(options: SettlerOptions): Settler {
  const { journal, onProblem, retryMs = 1_000 } = options;
  let running: Promise<void> | undefined;
  let watched: Promise<void> | undefined;
  let isDirty = false;
  let retry: NodeJS.Timeout | undefined;

  function wake(): Promise<void> {
    isDirty = true;
    running ??= run();
    return running;
  }

  async function run(): Promise<void> {
    try {
      while (isDirty) {
        isDirty = false;
        await settleAll(options);
      }
    } finally {
      // In the same step in which the loop ends: whoever wakes us later starts a new run.
      running = undefined;
    }
  }

  /** A failure is told once and tried again after a while, however many commits come until then. */
  function wakeLater(): void {
    if (retry !== undefined) return;
    const current = wake();
    if (current === watched) return;
    watched = current;
    current.catch((error) => {
      onProblem(error);
      clearTimeout(retry);
      retry = setTimeout(() => {
        retry = undefined;
        wakeLater();
      }, retryMs);
    });
  }

  const unsubscribe = journal.onCommit(wakeLater);
  wakeLater();
  return {
    settleNow: wake,
    async stop() {
      unsubscribe();
      await wake().catch(onProblem);
      clearTimeout(retry);
    },
  };
}

async function settleAll({ journal, store, onProblem }: SettlerOptions): Promise<void> {
  let through = await store.settledThrough(journal.id);
  for (;;) {
    const entries = await journal.read(through, settleBatchHits);
    const last = entries.at(-1);
    if (last === undefined) return;
    const hits = entries.flatMap((entry) => entry.hit ?? []);
    const damaged = entries.length - hits.length;
    if (damaged > 0)
      onProblem(new Error(`${damaged} entries of the journal did not survive on disk and are not counted`));
    await store.settle({ journal: journal.id, after: through, through: last.seq, hits: judgeAll(hits) });
    await journal.prune(last.seq);
    through = last.seq;
  }
}

function judgeAll(hits: readonly Hit[]): readonly JudgedHit[] {
  const verdicts = classify(
    hits.map((hit) => ({
      id: hit.id,
      event: hit.kind,
      method: hit.method,
      honeypot: hit.link?.honeypot ?? false,
      headers: hit.headers,
    })),
  );
  return hits.flatMap((hit, position) => {
    const verdict = verdicts[position];
    return verdict === undefined ? [] : [{ hit, verdict }];
  });
}
