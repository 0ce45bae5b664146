// Figures that come by themselves: server-sent events (WHATWG HTML, 9.2) for whoever watches a message. One look a second at
// kept counts, shared by all who watch it; where nobody does there is no timer and no query.
import type { ServerResponse } from 'node:http';
import type { Context } from 'koa';
import { liveHeartbeatMs, livePollMs, liveStreamMs, liveWatchersMax } from '../base/limits.ts';
import { knownMessage } from '../report/known-message.ts';
import { liveFigures, stampOf } from '../report/live-figures.ts';
import type { ReportSource } from '../report/report-source.ts';
import { setCommonHeaders } from './answer.ts';
import { answerProblem } from './problem.ts';

export interface Live {
  /**
   * Answers with the figures of a message, now and whenever they change.
   *
   * @throws TelltaleError `UNKNOWN_MESSAGE`, before anything is answered.
   */
  watch(ctx: Context, message: string): Promise<void>;
}

export interface LiveOptions {
  readonly source: ReportSource;
  /** Ends all answers when it is aborted. */
  readonly closing: AbortSignal | undefined;
  readonly onProblem: (error: unknown) => void;
  /** Milliseconds between two looks. @default 1000 */
  readonly pollMs?: number;
}

/** A message that somebody watches. */
interface Watched {
  readonly message: string;
  readonly watchers: Set<Watcher>;
  timer: NodeJS.Timeout | undefined;
  /** What the last event was made of, and that event. */
  stamp: string;
  event: string;
  isFailing: boolean;
}

interface Watcher {
  readonly response: ServerResponse;
  readonly sinceMs: number;
  wroteMs: number;
  event: string;
}

/** Makes it, for one listener. */
export function makeLive({ source, closing, onProblem, pollMs = livePollMs }: LiveOptions): Live {
  const watched = new Map<string, Watched>();
  let watchers = 0;
  closing?.addEventListener('abort', () => {
    for (const one of watched.values()) for (const { response } of one.watchers) response.end();
  });

  async function look(one: Watched): Promise<void> {
    try {
      const stamp = await stampOf(source, one.message);
      if (stamp !== one.stamp) {
        const figures = await liveFigures(source, one.message);
        one.event = `event: report\ndata: ${JSON.stringify(figures)}\n\n`;
        one.stamp = stamp;
      }
      one.isFailing = false;
    } catch (error) {
      if (!one.isFailing) onProblem(error);
      one.isFailing = true;
    }
    for (const watcher of one.watchers) tell(watcher, one.event);
    if (one.watchers.size > 0) one.timer = setTimeout(() => void look(one), pollMs);
  }

  function join(message: string, response: ServerResponse): void {
    const nowMs = performance.now();
    const watcher = { response, sinceMs: nowMs, wroteMs: nowMs, event: '' };
    const known = watched.get(message);
    const one = known ?? { message, watchers: new Set(), timer: undefined, stamp: '', event: '', isFailing: false };
    one.watchers.add(watcher);
    watchers += 1;
    response.on('close', () => leave(one, watcher));
    // Node lets a client close its half and goes on answering; one that listens no more would hold its place until a write fails.
    response.socket?.once('end', () => response.end());
    tell(watcher, one.event);
    if (known !== undefined) return;
    watched.set(message, one);
    void look(one);
  }

  function leave(one: Watched, watcher: Watcher): void {
    watchers -= 1;
    one.watchers.delete(watcher);
    if (one.watchers.size > 0) return;
    clearTimeout(one.timer);
    if (watched.get(one.message) === one) watched.delete(one.message);
  }

  return {
    async watch(ctx, message) {
      await knownMessage(source, message);
      if (watchers >= liveWatchersMax || closing?.aborted === true) {
        ctx.set('Retry-After', '60');
        return answerProblem(
          ctx,
          503,
          `At most ${liveWatchersMax} connections may wait for figures. Ask for the report.`,
        );
      }
      setCommonHeaders(ctx);
      ctx.status = 200;
      ctx.type = 'text/event-stream; charset=utf-8';
      // nginx would hold back what is small.
      ctx.set('X-Accel-Buffering', 'no');
      if (ctx.method === 'HEAD' || ctx.res.closed) return;
      ctx.respond = false;
      ctx.res.write(`retry: ${RETRY_MS}\n\n`);
      join(message, ctx.res);
    },
  };
}

/** Milliseconds after which a browser comes again when the answer ended. */
const RETRY_MS = 3_000;

/** Gives a watcher the event if it has another; one that does not read gets the next instead. */
function tell(watcher: Watcher, event: string): void {
  const { response, sinceMs } = watcher;
  const nowMs = performance.now();
  if (nowMs - sinceMs > liveStreamMs) return void response.end();
  const isNews = event !== '' && event !== watcher.event;
  if (response.writableNeedDrain || (!isNews && nowMs - watcher.wroteMs < liveHeartbeatMs)) return;
  response.write(isNews ? event : ':\n\n');
  watcher.wroteMs = nowMs;
  if (isNews) watcher.event = event;
}
