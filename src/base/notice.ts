// What other systems may be told of as it happens, by webhooks.
import type { Label } from './nouns.ts';

/** Types of events. A `relabel` says that a hit of which was told turned out to be something else. */
export const NOTICE_TYPES = [
  'open',
  'click',
  'unsubscribe',
  'conversion',
  'relabel',
  'delivered',
  'bounced',
  'complained',
  'deferred',
] as const;
export type NoticeType = (typeof NOTICE_TYPES)[number];

/** Which events an endpoint is told of. */
export interface NoticeFilter {
  /** Null for all types. */
  readonly events: readonly NoticeType[] | null;
  /** Of opens, clicks and relabels, those with such a label (now); null for all. */
  readonly labels: readonly Label[] | null;
}

/** Whether an endpoint is told of an event; `label` is null for what has none. */
export function isWanted({ events, labels }: NoticeFilter, type: NoticeType, label: Label | null): boolean {
  if (events !== null && !events.includes(type)) return false;
  return labels === null || label === null || labels.includes(label);
}

/** An event as it is told. */
export interface Notice {
  /** Its name; told again, it has the same. */
  readonly id: string;
  readonly type: NoticeType;
  /** When it was, ISO 8601. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}
