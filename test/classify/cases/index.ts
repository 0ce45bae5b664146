// All labelled cases.
import type { Case } from './case.ts';
import { CLICKS } from './clicks.ts';
import { CONTEXTS } from './contexts.ts';
import { OPENS } from './opens.ts';

export const CASES: readonly Case[] = [...OPENS, ...CLICKS, ...CONTEXTS];
