// The control state beside a running collector: a mirror that follows the store, and the mirror to ask. The two meet in
// the file alone, so the following may move to another thread or process.
import { mirrorStaleMs } from '../base/limits.ts';
import { type ControlSource, type Follower, follow } from './follow.ts';
import { type Mirror, openMirror } from './open-mirror.ts';

export interface Control {
  readonly mirror: Mirror;
  readonly follower: Follower;
  /** Whether the store was heard of within the last minute: what is in force is known well enough to serve. */
  isFresh(): boolean;
  close(): Promise<void>;
}

/**
 * Starts following `source` into the mirror at `path`.
 *
 * @throws TelltaleError `INVALID_MIRROR`.
 */
export function startControl(options: {
  readonly source: ControlSource;
  readonly path: string;
  readonly onProblem: (error: unknown) => void;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}): Control {
  const { now = Date.now } = options;
  const startedMs = now();
  const mirror = openMirror(options.path, { onProblem: options.onProblem, now });
  const follower = follow({ ...options, onCaughtUp: mirror.refresh });
  return {
    mirror,
    follower,
    isFresh: () => (mirror.status().ageMs ?? now() - startedMs) <= mirrorStaleMs,
    async close() {
      await follower.stop();
      mirror.close();
    },
  };
}
