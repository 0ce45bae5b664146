// Deleting a message: it is gone from every list and report at once, when its own row goes; all that hangs on it follows in
// steps, each a short transaction. Its number is never given again, so hits that come later make a new message.
import { retainedAtOnce } from '../base/limits.ts';
import type { SweepStore } from '../retain/sweep.ts';
import type { Writer } from './writer.ts';

export function makeSweepStore(writer: Writer): SweepStore {
  return {
    deleteMessage: (id) =>
      writer.transaction(() => {
        const { findMessage, sweeping } = writer.statements;
        const key = findMessage.get(id);
        if (key === undefined) return false;
        sweeping.markDeleted.run(key);
        sweeping.removeMessage.run(key);
        writer.forgetEverywhere();
        return true;
      }),
    sweepStep: () => writer.transaction(() => sweepRows(writer, retainedAtOnce) <= 0),
  };
}

/** Within a transaction: removes rows of deleted messages; gives how many more it might have removed. */
export function sweepRows({ statements: { sweeping } }: Writer, mayRemove: number): number {
  let left = mayRemove;
  for (;;) {
    const message = sweeping.nextDeleted.get();
    if (message === undefined) return left;
    for (const remove of sweeping.removeRows) {
      left -= remove.run(message, left).changes;
      if (left <= 0) return 0;
    }
    sweeping.forgetDeleted.run(message);
    // The message itself was looked at, too.
    left -= 1;
    if (left <= 0) return 0;
  }
}
