// Takes entries out of a journal that can never be settled: what is damaged is dropped and counted, what is no hit is
// parked with its reason. Both are told.
import type { FitEntry, SourceEntry, UnfitEntry } from './settle-entries.ts';
import { sortEntries } from './settle-entries.ts';

/** What setting aside needs of a journal. */
export interface AsideJournal {
  /** Takes entries out that are not to be settled: parks those with a reason, drops those without as damaged. */
  setAside(entries: readonly UnfitEntry[]): Promise<void>;
}

/** Takes out what is damaged and what is no hit; returns the others. */
export async function setUnfitAside(
  journal: AsideJournal,
  entries: readonly SourceEntry[],
  onProblem: (error: unknown) => void,
): Promise<readonly FitEntry[]> {
  const { fit, unfit } = sortEntries(entries);
  if (unfit.length > 0) await setAside(journal, unfit, onProblem);
  return fit;
}

/** Takes entries out. */
export async function setAside(
  journal: AsideJournal,
  unfit: readonly UnfitEntry[],
  onProblem: (error: unknown) => void,
): Promise<void> {
  await journal.setAside(unfit);
  const damaged = unfit.filter(({ reason }) => reason === null).length;
  if (damaged > 0)
    onProblem(new Error(`${damaged} entries of the journal did not survive on disk and are not counted`));
  for (const { seq, reason } of unfit) {
    if (reason !== null)
      onProblem(new Error(`Entry ${seq} of the journal can never be settled and was parked: ${reason}`));
  }
}
