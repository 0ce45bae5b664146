// Takes messages out of the stream that are settled and still there. A server that changed its leader just when one was
// acknowledged may keep it for good; it would look as if something waited, and peers be kept for it.
import { strayAfterMs, strayAtOnce, strayLookMs } from '../base/limits.ts';
import type { SettleStore } from '../settle/settler.ts';
import { readLetter } from './letter.ts';
import type { OpenStream } from './open-stream.ts';
import { removeMessage, STREAM_NAME } from './stream-config.ts';

/** Prepares it; the function looks now and then at the oldest messages. */
export function prepareDropping(
  store: Pick<SettleStore, 'settledThrough'>,
  now: () => number,
): (stream: Pick<OpenStream, 'jsm'>) => Promise<void> {
  let lookedMs = Number.NEGATIVE_INFINITY;

  /** One that is young is in the hands of whoever settles it. */
  async function isSettled(message: Awaited<ReturnType<OpenStream['jsm']['streams']['getMessage']>>): Promise<boolean> {
    if (message === null || now() - message.time.getTime() < strayAfterMs) return false;
    // Its headers alone say what it carries.
    const letter = readLetter((name) => message.header.get(name), '');
    return letter.kind === 'letter' && (await store.settledThrough(letter.place.journal)) >= letter.place.through;
  }

  return async ({ jsm }) => {
    const nowMs = now();
    if (Math.abs(nowMs - lookedMs) < strayLookMs) return;
    lookedMs = nowMs;
    for (let dropped = 0; dropped < strayAtOnce; dropped += 1) {
      const { messages, first_seq: seq } = (await jsm.streams.info(STREAM_NAME)).state;
      if (messages === 0 || !(await isSettled(await jsm.streams.getMessage(STREAM_NAME, { seq })))) return;
      await removeMessage(jsm, STREAM_NAME, seq);
    }
  };
}
