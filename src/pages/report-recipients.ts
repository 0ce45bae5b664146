// The recipients of a message, a page of them, and by which links one comes to the others.

import type { RecipientRow } from '../report/list-recipients.ts';
import type { RecipientHits } from '../report/recipient-hits.ts';
import type { RecipientFilter } from '../report/report-source.ts';
import { addressOf, queryOf } from './addresses.ts';
import { cut, LABEL_WORDS, numberWords, timeWords } from './words.ts';

/** What is shown of the recipients, and what was asked for. */
export interface ShownRecipients {
  readonly filter: RecipientFilter;
  /** The one id that was asked for; empty for all. */
  readonly search: string;
  readonly items: readonly RecipientRow[];
  readonly next: string | null;
  /** Whether this is the first page. */
  readonly isFirst: boolean;
}

export interface RecipientsSection {
  readonly search: string;
  readonly filter: string;
  readonly tabs: readonly { readonly name: string; readonly href: string; readonly isCurrent: boolean }[];
  readonly rows: readonly RecipientLine[];
  /** Addresses; empty where there is no such page. */
  readonly next: string;
  readonly first: string;
}

interface RecipientLine {
  readonly recipient: string;
  readonly href: string;
  readonly domain: string;
  readonly opened: string;
  readonly clicked: string;
  readonly firstAt: string;
  readonly unsubscribed: string;
}

export const RECIPIENT_FILTERS: readonly { readonly filter: RecipientFilter; readonly name: string }[] = [
  { filter: 'all', name: 'All' },
  { filter: 'opened', name: 'Opened' },
  { filter: 'clicked', name: 'Clicked' },
  { filter: 'nothing', name: 'Did nothing' },
  { filter: 'unsubscribed', name: 'Unsubscribed' },
];

const DOMAIN_CHARS = 60;

/** What the section shows; `root` leads from the page to the list of messages. */
export function recipientsSection(
  { filter, search, items, next, isFirst }: ShownRecipients,
  { tz, root }: { readonly tz: string; readonly root: string },
): RecipientsSection {
  const to = (query: Readonly<Record<string, string>>) =>
    `${queryOf({ tz: tz === 'UTC' ? '' : tz, ...query })}#recipients`;
  const show = filter === 'all' ? '' : filter;
  return {
    search,
    filter: show,
    tabs: RECIPIENT_FILTERS.map((tab) => ({
      name: tab.name,
      href: to({ show: tab.filter === 'all' ? '' : tab.filter }),
      isCurrent: tab.filter === filter && search === '',
    })),
    rows: items.map((row) => lineOf(row, { tz, root })),
    next: next === null ? '' : to({ show, after: next }),
    first: isFirst && search === '' ? '' : to({ show }),
  };
}

function lineOf(row: RecipientRow, { tz, root }: { readonly tz: string; readonly root: string }): RecipientLine {
  const { recipient, domain, opens, clicks, unsubscribedAt } = row;
  return {
    recipient,
    href: addressOf(root, 'recipients', recipient),
    domain: cut(domain ?? '', DOMAIN_CHARS),
    opened: hitsWords(opens),
    clicked: hitsWords(clicks),
    firstAt: timeWords(opens.firstAt ?? clicks.firstAt, tz),
    unsubscribed: unsubscribedAt === null ? '' : timeWords(unsubscribedAt, tz),
  };
}

/** `yes`, `3 times`, `only scanners`; a dash where nothing came. */
export function hitsWords({ total, people, byLabel }: RecipientHits): string {
  if (people > 0) return people === 1 ? 'yes' : `${numberWords(people)} times`;
  if (total === 0) return '–';
  const names = Object.entries(LABEL_WORDS).flatMap(([label, { name }]) =>
    Object.entries(byLabel).some(([key, count]) => key === label && count > 0) ? [name.toLowerCase()] : [],
  );
  return `no: ${names.join(', ')}`;
}
