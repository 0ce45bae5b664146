// Many items in one body, a JSON array or one a line: how they come in, and what is answered of them. What is wrong with one
// is told by its line, and the others are taken.
import type { Context } from 'koa';
import { answerData, type Format, parseJson, readText } from './api-data.ts';
import { answerProblem } from './problem.ts';

export interface Item {
  /** From 1. */
  readonly line: number;
  /** Nothing for a line that is no JSON. */
  readonly value: unknown;
}

/** An item that was not taken, by its line, and why. */
export type Rejected = { readonly line: number; readonly reason: string };

/** The items of a request; answers what the body must be when there are none, or that it is too large. */
export async function takeItems(ctx: Context, expected: string): Promise<readonly Item[] | undefined> {
  const text = await readText(ctx);
  const items = text === undefined ? undefined : readItems(text);
  if (text !== undefined && items === undefined) answerProblem(ctx, 400, expected);
  return items;
}

/** What became of items. */
interface Recorded {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: readonly Rejected[];
  /** Conversions of no known click. */
  readonly unattributed?: number;
}

/** Answers what became of items. */
export function answerRecorded(ctx: Context, format: Format, of: Recorded): void {
  const rejected = [...of.rejected].sort((a, b) => a.line - b.line);
  const recorded = { ...of, rejected };
  answerData(ctx, format, recorded, () => ({ columns: ['line', 'reason'], rows: rejected }));
}

/** A JSON array, or NDJSON; nothing when it is neither. A line that is no JSON is an item that will be rejected. */
function readItems(text: string): readonly Item[] | undefined {
  if (text.trim() === '') return undefined;
  if (text.trimStart().startsWith('[')) {
    const value = parseJson(text);
    return Array.isArray(value) ? value.map((item, index) => ({ line: index + 1, value: item })) : undefined;
  }
  // One object, over however many lines.
  const one = parseJson(text);
  if (one !== undefined) return [{ line: 1, value: one }];
  const lines = text
    .split('\n')
    .map((line, index) => ({ line: index + 1, value: parseJson(line), isBlank: line.trim() === '' }));
  return lines.filter((line) => !line.isBlank);
}
