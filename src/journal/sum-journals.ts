// Several journals as one account: what became of all their hits, and the worst of their states.
import type { Journal, JournalCounts, JournalStatus } from './open-journal.ts';

/** What is told of a journal. */
export type AccountedJournal = Pick<Journal, 'counts' | 'status' | 'onCommit'>;

/** The sum of the counts holds the same identity as each of them. */
export function sumJournals(journals: readonly AccountedJournal[]): AccountedJournal {
  const sum = <T>(of: readonly T[], read: (one: T) => number) => of.reduce((total, one) => total + read(one), 0);
  return {
    counts(): JournalCounts {
      const all = journals.map((journal) => journal.counts());
      return {
        received: sum(all, (counts) => counts.received),
        waiting: sum(all, (counts) => counts.waiting),
        journalled: sum(all, (counts) => counts.journalled),
        forwarded: sum(all, (counts) => counts.forwarded),
        parked: sum(all, (counts) => counts.parked),
        settled: sum(all, (counts) => counts.settled),
        dropped: {
          overflow: sum(all, ({ dropped }) => dropped.overflow),
          failed: sum(all, ({ dropped }) => dropped.failed),
          damaged: sum(all, ({ dropped }) => dropped.damaged),
        },
      };
    },
    status(): JournalStatus {
      const all = journals.map((journal) => journal.status());
      const ages = all.flatMap(({ oldestAgeMs }) => oldestAgeMs ?? []);
      return {
        depth: sum(all, (status) => status.depth),
        oldestAgeMs: ages.length === 0 ? null : Math.max(...ages),
        isFull: all.some(({ isFull }) => isFull),
        isFailing: all.some(({ isFailing }) => isFailing),
        lateAnswers: sum(all, (status) => status.lateAnswers),
      };
    },
    onCommit(listener) {
      const stops = journals.map((journal) => journal.onCommit(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
