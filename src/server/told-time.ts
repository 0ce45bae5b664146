// A time that somebody tells of what has happened: not in the future, but for what clocks and time zones are apart.
import { z } from 'zod';
import { toldAheadMs } from '../base/limits.ts';

/** When it was, ISO 8601 with its zone. */
export const TOLD_TIME: z.ZodISODateTime = z.iso.datetime({ offset: true });

/** What is wrong with a time; nothing when it can be. */
export function toldTimeProblem(at: string | undefined, nowMs: number): string | undefined {
  if (at === undefined || Date.parse(at) <= nowMs + toldAheadMs) return undefined;
  return `at: it is in the future, but what has happened is told: ${at} came`;
}
