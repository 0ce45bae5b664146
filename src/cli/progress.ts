// A progress bar on a terminal, for work that takes longer than a second. It draws when work is done, never by a timer.
import { progressDelayMs, progressRedrawMs } from '../base/limits.ts';
import type { Io } from './io.ts';

export interface Progress {
  /** One more is done; `kept` when an earlier run did it, which says nothing about our rate. */
  step(kept?: boolean): void;
  /** Takes the bar away. */
  end(): void;
}

/** Starts a bar over `total` steps; nothing is drawn when stderr is no terminal or `isWanted` is false. */
export function startProgress(total: number, isWanted: boolean, io: Io): Progress {
  const { stderr, now = Date.now } = io;
  const isShown = isWanted && stderr.isTTY === true;
  const startMs = now();
  let done = 0;
  let kept = 0;
  let drawnMs: number | undefined;

  return {
    step(wasKept = false) {
      done += 1;
      if (wasKept) kept += 1;
      if (!isShown) return;
      const atMs = now();
      if (atMs - startMs < progressDelayMs || (drawnMs !== undefined && atMs - drawnMs < progressRedrawMs)) return;
      drawnMs = atMs;
      const text = progressText({ done, kept, total, elapsedMs: atMs - startMs, columns: stderr.columns ?? 80 });
      stderr.write(`\r${text}${CLEAR_REST}`);
    },
    end() {
      if (drawnMs !== undefined) stderr.write(`\r${CLEAR_REST}`);
      drawnMs = undefined;
    },
  };
}

const CLEAR_REST = '\u001b[K';

/** `[=====     ]  50 %  500 of 1,000  250/s  0:02 left`, with the bar as wide as the terminal allows. */
export function progressText(at: {
  readonly done: number;
  readonly kept: number;
  readonly total: number;
  readonly elapsedMs: number;
  readonly columns: number;
}): string {
  const perSecond = ((at.done - at.kept) * 1_000) / at.elapsedMs;
  const left = perSecond > 0 ? clock((at.total - at.done) / perSecond) : '?';
  const percent = Math.floor((at.done * 100) / at.total);
  const words = `${percent} %  ${count(at.done)} of ${count(at.total)}  ${count(perSecond)}/s  ${left} left`;
  const width = Math.min(BAR_CHARS_MAX, at.columns - words.length - '[]  '.length - 1);
  if (width < BAR_CHARS_MIN) return words.slice(0, Math.max(0, at.columns - 1));
  const filled = Math.floor((at.done * width) / at.total);
  return `[${'='.repeat(filled)}${' '.repeat(width - filled)}]  ${words}`;
}

const BAR_CHARS_MAX = 30;
const BAR_CHARS_MIN = 5;

/** A number for a person. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `0:07`, `12:30`, `1:02:03`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
