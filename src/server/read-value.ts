// Reads what was sent by its schema; where it is something else, says in a sentence what was expected there and what came.
import type { z } from 'zod';
import { quote } from '../base/ids.ts';
import { kindOf } from '../base/options.ts';

export type ReadValue<Output> =
  | { readonly success: true; readonly data: Output }
  /** The first thing that is wrong with it, and where. */
  | { readonly success: false; readonly reason: string };

/** Reads a value. */
export function readValue<Schema extends z.ZodType>(schema: Schema, value: unknown): ReadValue<z.output<Schema>> {
  const read = schema.safeParse(value, { error: expectedBy });
  return read.success ? read : { success: false, reason: reasonOf(read.error.issues[0], value) };
}

type Issue = z.core.$ZodIssue;

function reasonOf(issue: Issue | undefined, value: unknown): string {
  if (issue === undefined) return 'it cannot be read';
  const { path, message } = issue;
  if (path.length === 0 && value === undefined) return 'what came is no JSON';
  const text = SAYS_WHAT_CAME.has(issue.code) ? message : `${message}, but ${shown(valueAt(value, path))}`;
  return path.length === 0 ? text : `${path.join('.')}: ${text}`;
}

/** Checks of our own look at several values, or say what came; unknown names are what came. */
const SAYS_WHAT_CAME: ReadonlySet<Issue['code']> = new Set(['custom', 'unrecognized_keys', 'invalid_union']);

/** What a schema expects that has no words of its own for it. */
function expectedBy(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'invalid_format':
      return issue.format === 'datetime' ? 'must be a time of ISO 8601, like 2026-01-01T09:00:00Z' : undefined;
    case 'too_big':
      return issue.origin === 'string' ? `must have at most ${issue.maximum} characters` : undefined;
    case 'unrecognized_keys':
      return `there is no property ${issue.keys.map(quote).join(', ')}`;
    default:
      return undefined;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  object: 'an object',
  array: 'a list',
};

function shown(value: unknown): string {
  if (value === undefined) return 'it is missing';
  if (typeof value === 'string') return `${quote(value)} came`;
  return `${typeof value === 'number' ? value : kindOf(value)} came`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return at;
}
