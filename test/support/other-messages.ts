// Messages beside those of a season: with as much in it as a page shows, with nothing, and with counts alone.
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, startMs } from './hits.ts';
import { settleHits } from './stores.ts';

/** Messages that {@link fillOtherMessages} makes. */
export const OTHER_MESSAGES = 3;

const DAY_MS = 86_400_000;

/** As many programs as a table shows. */
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0',
  'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)',
];

/** A message with as much in it as a page shows, one that nothing is known of, and one whose recipients agreed to counts alone. */
export async function fillOtherMessages(store: Store): Promise<void> {
  const recipients = Array.from({ length: 900 }, (_, at) => `${'recipient-'.repeat(4)}${at}`);
  await store.recordSends(
    'full',
    recipients.map((recipient, at) => ({ recipient, atMs: startMs, domain: `${'mail'.repeat(6)}${at % 20}.example` })),
  );
  const link = (at: number) => ({
    ...{ index: at % 30, destination: `https://shop.example/${'path/'.repeat(30)}${at % 30}` },
    name: `${'A name '.repeat(9)}${at % 30}`,
  });
  await store.recordLinks(
    'full',
    recipients.slice(0, 30).map((_, at) => link(at)),
  );
  const agents = AGENTS;
  const hits = recipients.flatMap((recipient, at) => {
    const agent = agents[at % agents.length] ?? '';
    const from = { ...CLIENTS.reader, headers: { 'user-agent': agent, 'accept-language': 'en' } };
    const atMs = startMs + (at < 300 ? at * 570_000 : (at - 300) * 0.66 * DAY_MS);
    const of = { ...{ message: 'full', recipient, from }, atMs };
    return [makeHit(of), makeHit({ ...of, atMs: atMs + 60_000, link: makeLink({ ...link(at), count: 30 }) })];
  });
  await settleHits(
    store,
    hits.sort((a, b) => a.atMs - b.atMs),
    'full',
  );
  await store.describeMessage('empty', { name: 'Nobody got it' });
  const consent = { opens: 'aggregate', clicks: 'aggregate' } as const;
  await store.recordSends('counted-only', [{ recipient: 'r1', atMs: startMs, consent }]);
  await settleHits(store, [makeHit({ message: 'counted-only', recipient: null, level: 'aggregate' })], 'counted');
}
