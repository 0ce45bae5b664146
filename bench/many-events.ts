// A store with many events, made row by row in SQL: most of them of one message to many recipients, the rest of 199 smaller
// ones, over 30 days. Counts are what settling them would have kept, in shape and number of rows.
import Database from 'better-sqlite3';
import { openStore } from '../src/store/open-store.ts';

export const BIG_MESSAGE = 'm1';
const OTHERS = 199;
const START_MS: number = Date.UTC(2026, 0, 1);
const SPREAD_MS = 30 * 86_400_000;
const QUARTERS = SPREAD_MS / 900_000;
const DOMAINS = 1_000;
const LINKS = 20;
/** As many as are known, and some. */
const CLIENTS = 60;

const SEND_COLUMNS = 'message_key, recipient_key, at_ms, timed, domain_key, opens, clicks, cohort';
const STATE_COLUMNS =
  'message_key, recipient_key, kind, human, proxy_human, prefetch, scanner, preview, unknown, first_at_ms, span_ms';
const EVENT_COLUMNS = `message_key, hit_id, kind, recipient_key, link_index, destination_key, verdict_key, agent_key, method_key,
  test, peer, network, repeat, host_key`;

/** Makes the store at a path. */
export async function fillEvents(path: string, of: { readonly events: number; readonly recipients: number }) {
  const { events, recipients } = of;
  const store = await openStore(`sqlite:${path}`);
  await store.close();
  const db = new Database(path);
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  const openers = Math.min(Math.floor(recipients * 0.4), events);
  const clickers = Math.min(Math.floor(recipients * 0.05), Math.ceil(events / 10));
  const upTo = (count: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})`;
  // Keys in the order of their bytes, so that each table is written from its first page to its last.
  const key = (recipient: string) => `unhex(printf('%016x', (${recipient}) * ${Math.floor(2 ** 52 / recipients)}))`;
  db.exec(`
    ${upTo(OTHERS + 1)} INSERT INTO messages (id, created_at_ms, sent, first_sent_at_ms, measurable_opens, measurable_clicks)
      SELECT 'm' || (i + 1), ${START_MS}, iif(i = 0, ${recipients}, 1000), ${START_MS},
        iif(i = 0, ${recipients}, 1000), iif(i = 0, ${recipients}, 1000) FROM n;
    ${upTo(DOMAINS)} INSERT INTO texts (text) SELECT 'd' || i || '.example' FROM n;
    ${upTo(LINKS)} INSERT INTO texts (text) SELECT 'https://shop.example/' || i FROM n;
    INSERT INTO texts (text, last_day) VALUES ('Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0', 99999), ('GET', 99999);
    INSERT INTO verdicts (label, confidence, reasons, rules_version)
      VALUES (0, 0.8, 'browser-open language', 'bench'), (2, 0.9, 'apple', 'bench'), (3, 0.9, 'scanner', 'bench');
    ${upTo(recipients)} INSERT INTO recipients SELECT ${key('i')}, printf('r%011d', i) FROM n;
    ${upTo(recipients)} INSERT INTO sends (${SEND_COLUMNS}) SELECT 1, ${key('i')}, ${START_MS}, 1, 1 + i % ${DOMAINS}, 0, 0, 0 FROM n;
    INSERT INTO sends (${SEND_COLUMNS}) SELECT messages.key, recipient_key, at_ms, 1, domain_key, 0, 0, 0
      FROM messages, (SELECT * FROM sends WHERE message_key = 1 LIMIT 1000) WHERE messages.key > 1;
    ${upTo(openers)} INSERT INTO states (${STATE_COLUMNS})
      SELECT 1, ${key(`i * ${Math.floor(recipients / openers)}`)}, 0, i % 3 = 0, 0, i % 3 = 1, i % 3 = 2, 0, 0, ${START_MS}, 0 FROM n;
    ${upTo(clickers)} INSERT INTO states (${STATE_COLUMNS})
      SELECT 1, ${key(`i * ${Math.floor(recipients / clickers)}`)}, 1, 1, 0, 0, 0, 0, 0, ${START_MS}, 0 FROM n;
    ${upTo(events)} INSERT INTO events (${EVENT_COLUMNS})
      SELECT iif(i < ${events * 0.9}, 1, 2 + i % ${OTHERS}),
        unhex(printf('%012x%020x', ${START_MS} + i * ${Math.floor(SPREAD_MS / events)}, i)),
        i % 10 = 0, ${key(`i % ${openers} * ${Math.floor(recipients / openers)}`)}, iif(i % 10 = 0, i % ${LINKS}, NULL),
        iif(i % 10 = 0, ${DOMAINS} + 1 + i % ${LINKS}, NULL), 1 + i % 3, ${DOMAINS + LINKS + 1}, ${DOMAINS + LINKS + 2}, 0, NULL, 0, 0, 0
      FROM n;
    INSERT INTO counts SELECT messages.key, kinds.code, labels.code, ${events}, ${openers}, 0 FROM messages, kinds, labels
      WHERE kinds.code < 2 AND labels.name NOT IN ('test');
    ${upTo(QUARTERS)} INSERT INTO quarter_counts SELECT 1, ${START_MS / 900_000} + i, kinds.code, labels.code, 1, 0
      FROM n, kinds, labels WHERE kinds.code < 2 AND labels.code < 6;
    ${upTo(CLIENTS)} INSERT INTO texts (text) SELECT 'Client ' || i FROM n;
    INSERT INTO usage_counts SELECT 1, kinds.code, texts.key, devices.column1, ${Math.floor(events / CLIENTS / 4)}, 0
      FROM kinds, texts, (VALUES (0), (1), (2), (3)) AS devices WHERE kinds.code < 2 AND text LIKE 'Client %';
    INSERT INTO links (message_key, link_index, destination_key, name)
      SELECT 1, key - ${DOMAINS + 1}, key, 'Link' FROM texts WHERE text LIKE 'https:%';
    INSERT INTO link_counts SELECT message_key, link_index, destination_key, 1000, 900, 800, 0 FROM links;
    INSERT INTO domain_counts SELECT 1, domain_key, count(*), count(*) / 3, count(*) / 20 FROM sends WHERE message_key = 1 GROUP BY 2;
    INSERT INTO domain_counts SELECT 1, 0, sum(sent), sum(opened), sum(clicked) FROM domain_counts;
    ${upTo(8)} INSERT INTO audiences SELECT messages.key, i / 2, i, ${Math.floor(recipients / 8)} FROM n, messages;
  `);
  db.close();
}
