// Many items in one body: a JSON array, or one a line.
import { parseJson } from './api-data.ts';

export interface Item {
  readonly line: number;
  readonly value: unknown;
}

/** A JSON array, or NDJSON; nothing when it is neither. A line that is no JSON is an item that will be rejected. */
export function readItems(text: string): readonly Item[] | undefined {
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
