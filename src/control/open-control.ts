// What a collector asks of the control state: the mirror, and whether it is fresh enough to serve. Whoever follows the
// store into the mirror's file may be another thread or process; the two meet in the file alone.
import { mirrorStaleMs } from '../base/limits.ts';
import { type Mirror, openMirror } from './open-mirror.ts';

export interface Control {
  readonly mirror: Mirror;
  /** Whether the store was heard of within the last minute: what is in force is known well enough to serve. */
  isFresh(): boolean;
}

/**
 * Opens the mirror at `path`; close the mirror in the end.
 *
 * @throws TelltaleError `INVALID_MIRROR`.
 */
export function openControl(options: {
  readonly path: string;
  readonly onProblem: (error: unknown) => void;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}): Control {
  const { now = Date.now } = options;
  const startedMs = now();
  const mirror = openMirror(options.path, options);
  return { mirror, isFresh: () => (mirror.status().ageMs ?? now() - startedMs) <= mirrorStaleMs };
}
