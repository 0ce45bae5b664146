// The control state beside a running collector: a mirror that follows the store, and the mirror to ask. The two meet in
// the file alone, so the following may move to another thread or process.
import { type ControlSource, type Follower, follow } from './follow.ts';
import { type Mirror, openMirror } from './open-mirror.ts';

export interface Control {
  readonly mirror: Mirror;
  readonly follower: Follower;
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
}): Control {
  const mirror = openMirror(options.path, { onProblem: options.onProblem });
  const follower = follow({ ...options, onCaughtUp: mirror.refresh });
  return {
    mirror,
    follower,
    async close() {
      await follower.stop();
      mirror.close();
    },
  };
}
