// `telltale retain`: removes what has been kept for long enough, beside a running server, or says what would go.
import { TelltaleError } from '../base/errors.ts';
import { wordsOfDoubt } from '../retain/judge-clock.ts';
import { addRemoved, dueAt, NOTHING_REMOVED, type Removed, retain } from '../retain/retain.ts';
import { type Io, say, writeOut } from './io.ts';
import { type RetentionFlags, readRetentionPolicy } from './retention-policy.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';

export interface RetainFlags extends CommonFlags, RetentionFlags {
  readonly dryRun?: boolean;
  readonly trustClock?: boolean;
}

/** A class of data: hits that came before a time (nothing: kept for good), and how many rows that is. */
interface Row {
  readonly before: string | null;
  readonly rows: number;
  /** When the oldest hit came; told by a dry run alone. */
  readonly oldest?: string | null;
}

/**
 * Runs the command; returns the exit status.
 *
 * @throws TelltaleError `CLOCK_DOUBTED`, `INVALID_OPTION`, `INVALID_DATABASE`, `STORE_BUSY`.
 */
export async function retainCommand(flags: RetainFlags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  const policy = readRetentionPolicy(flags, settings);
  const { now = Date.now } = io;
  const stopping = new AbortController();
  const listenNoMore = io.onInterrupt?.(() => stopping.abort());
  const before = dueAt(policy, now());
  const times = { signals: isoOf(before.signalsBeforeMs), events: isoOf(before.eventsBeforeMs) };
  try {
    if (flags.dryRun === true) {
      const { signals, events, texts, doubt } = await withStore(settings, { migrate: false }, (store) =>
        store.countDue(before),
      );
      await print(io, settings, {
        dryRun: true,
        signals: { before: times.signals, rows: signals.rows, oldest: isoOf(signals.oldestMs) },
        events: { before: times.events, rows: events.rows, oldest: isoOf(events.oldestMs) },
        texts: { rows: texts },
      });
      if (doubt !== undefined && flags.trustClock !== true) say(io, wordsOfDoubt(doubt));
      return 0;
    }
    let removed: Removed = NOTHING_REMOVED;
    const doubt = await withStore(settings, { migrate: false }, (store) =>
      retain({
        ...{ store, policy, now, trustClock: flags.trustClock ?? false, signal: stopping.signal },
        onStep(step) {
          removed = addRemoved(removed, step);
        },
      }),
    );
    if (doubt !== undefined) throw new TelltaleError('CLOCK_DOUBTED', wordsOfDoubt(doubt));
    const { signals, events, texts } = removed;
    await print(io, settings, {
      dryRun: false,
      signals: { before: times.signals, rows: signals },
      events: { before: times.events, rows: events },
      texts: { rows: texts },
    });
    return stopping.signal.aborted ? 130 : 0;
  } finally {
    listenNoMore?.();
  }
}

interface Retained {
  readonly dryRun: boolean;
  readonly signals: Row;
  readonly events: Row;
  readonly texts: { readonly rows: number };
}

async function print(io: Io, settings: Settings, retained: Retained): Promise<void> {
  if (settings.json) return writeOut(io, `${JSON.stringify(retained)}\n`);
  const { dryRun, signals, events, texts } = retained;
  const cells = ({ before, rows, oldest }: Row) => [before ?? 'never', String(rows), ...(dryRun ? [oldest ?? ''] : [])];
  await printTable(
    io,
    ['what', 'from before', dryRun ? 'would go' : 'gone', ...(dryRun ? ['oldest'] : [])],
    [
      ['raw signals of events', ...cells(signals)],
      ['events', ...cells(events)],
      ['texts of raw signals', '', String(texts.rows), ...(dryRun ? [''] : [])],
    ],
    ['would go', 'gone'],
  );
  if (dryRun && !settings.quiet) say(io, 'Nothing was changed. Without --dry-run it goes; reports stay as they are.');
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
