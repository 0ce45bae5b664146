// Journals of earlier runs that nobody collects into any more: of more workers, or of another number of processes. Each is
// settled until it is empty. The files stay: what they count and what they have parked is part of the account.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TelltaleError } from '../base/errors.ts';
import { type Journal, openJournal } from '../journal/open-journal.ts';
import type { AccountedJournal } from '../journal/sum-journals.ts';
import type { Engine } from './start-engine.ts';

export interface Leftovers {
  readonly journals: readonly AccountedJournal[];
  close(): Promise<void>;
}

/** `journal.db` of a single process, `journal-<n>.db` of a worker. */
export const JOURNAL_NAME: RegExp = /^journal(?:-\d+)?\.db$/;

/**
 * Opens the journals in `directory` whose names are not in `inUse`, and begins to settle them.
 *
 * @throws TelltaleError `JOURNAL_IN_USE` when another process collects into the directory.
 */
export async function settleLeftovers(options: {
  readonly engine: Pick<Engine, 'settle'>;
  readonly directory: string;
  readonly inUse: readonly string[];
  /** Told of files that are no journals we can use. */
  readonly onProblem: (error: unknown) => void;
}): Promise<Leftovers> {
  const { engine, directory, inUse, onProblem } = options;
  const names = readdirSync(directory).filter((name) => JOURNAL_NAME.test(name) && !inUse.includes(name));
  const opened = await Promise.allSettled(names.map((name) => openJournal(join(directory, name))));
  const journals = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const result of opened) {
    if (result.status === 'fulfilled') continue;
    if (isInUse(result.reason)) {
      await Promise.all(journals.map((journal) => journal.close()));
      throw result.reason;
    }
    onProblem(result.reason);
  }
  const closers = await Promise.all(journals.map((journal) => settleToEnd(journal, engine)));
  return {
    journals,
    close: async () => void (await Promise.all(closers.map((close) => close()))),
  };
}

/** Settles a journal and closes it once it is empty; returns what closes it earlier. */
async function settleToEnd(journal: Journal, engine: Pick<Engine, 'settle'>): Promise<() => Promise<void>> {
  const settler = await engine.settle(journal);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= settler.stop().then(() => journal.close());
    return closing;
  };
  // What fails is tried again by the settler, which tells of it, until the server stops.
  settler.settleNow().then(close, () => undefined);
  return close;
}

function isInUse(error: unknown): boolean {
  return error instanceof TelltaleError && error.code === 'JOURNAL_IN_USE';
}
