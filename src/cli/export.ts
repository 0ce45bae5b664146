// `telltale export`: what is kept, for other programs.
import { TelltaleError } from '../base/errors.ts';
import type { ExportEventsFlags } from './export-events.ts';
import type { Io } from './io.ts';

export interface ExportFlags extends ExportEventsFlags {
  readonly events?: boolean;
}

/** Runs the command; returns the exit status. */
export async function exportCommand(flags: ExportFlags, io: Io): Promise<number> {
  if (flags.events === true) return await (await import('./export-events.ts')).exportEvents(flags, io);
  throw new TelltaleError('USAGE', 'Say what to export: telltale export --events.');
}
