// What one recipient did with each message.
import type { RecipientHistory } from '../report/recipient-history.ts';
import { addressOf, queryOf } from './addresses.ts';
import { renderPage } from './render-page.ts';
import { hitsWords } from './report-recipients.ts';
import { cut, timeWords } from './words.ts';

export interface RecipientPage {
  readonly csrf: string;
  readonly root: string;
  readonly history: RecipientHistory;
  readonly isFirst: boolean;
}

const TITLE_CHARS = 120;

/** The page; times are in UTC. */
export function recipientPage({ csrf, root, history, isFirst }: RecipientPage): string {
  const { recipient, items, next } = history;
  return renderPage('recipient', {
    ...{ root, csrf, recipient },
    rows: items.map(({ message, name, sentAt, opens, clicks, unsubscribedAt }) => ({
      title: cut(name ?? message, TITLE_CHARS),
      href: addressOf(root, 'messages', message),
      sent: timeWords(sentAt, 'UTC'),
      opened: hitsWords(opens),
      openedAt: opens.people > 0 ? timeWords(opens.firstAt, 'UTC') : '',
      clicked: hitsWords(clicks),
      clickedAt: clicks.people > 0 ? timeWords(clicks.firstAt, 'UTC') : '',
      unsubscribed: unsubscribedAt === null ? '' : timeWords(unsubscribedAt, 'UTC'),
    })),
    next: next === null ? '' : queryOf({ after: next }),
    first: isFirst ? '' : queryOf({}),
  });
}
