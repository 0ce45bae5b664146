// Journals in tests: opened for one test, filled, read to the end.
import { onTestFinished } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import {
  type Journal,
  type JournalCounts,
  type JournalEntry,
  type JournalOptions,
  openJournal,
} from '../../src/journal/open-journal.ts';

/** Opens a journal that is closed when the test has ended. */
export async function openTestJournal(path: string, options: JournalOptions = {}): Promise<Journal> {
  const journal = await openJournal(path, options);
  onTestFinished(() => journal.close());
  return journal;
}

/** Appends hits and waits until they are on disk, past their deadline if need be. */
export async function appendAll(journal: Journal, hits: readonly Hit[]): Promise<void> {
  await Promise.all(hits.map((hit) => journal.append(hit)));
  while (journal.counts().waiting > 0) await nextCommit(journal);
}

/** Counts of a journal: those named, and zero for all others. */
export function countsWith(of: Readonly<Record<string, number>>): JournalCounts {
  const { overflow = 0, failed = 0, damaged = 0, ...others } = of;
  const none = { received: 0, waiting: 0, journalled: 0, forwarded: 0, parked: 0, settled: 0 };
  return { ...none, ...others, dropped: { overflow, failed, damaged } };
}

/** What `received` must be: the sum of all that can become of a hit. */
export function accountedFor({ received: _, dropped, ...others }: JournalCounts): number {
  return [...Object.values(others), ...Object.values(dropped)].reduce((sum, count) => sum + count, 0);
}

/** Waits for the next commit. */
export function nextCommit(journal: Journal): Promise<void> {
  return new Promise((resolve) => {
    const stop = journal.onCommit(() => {
      stop();
      resolve();
    });
  });
}

/** Every entry, in order, read in small pages. */
export async function entriesOf(journal: Journal, pageRows = 500): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for (;;) {
    const page = await journal.read(entries.at(-1)?.seq ?? 0, pageRows);
    if (page.length === 0) return entries;
    entries.push(...page);
  }
}

/** The ids of the hits that survived. */
export function idsOf(entries: readonly JournalEntry[]): readonly string[] {
  return entries.flatMap((entry) => entry.hit?.id ?? []);
}
