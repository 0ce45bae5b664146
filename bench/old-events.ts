// A store with events that are due: opens of one message, half of them older than events are kept, half older than raw
// signals are, by 300 user agents.
import Database from 'better-sqlite3';
import { openStore } from '../src/store/open-store.ts';

const DAY_MS = 86_400_000;
const AGENTS = 300;

/** Makes the store at a path. */
export async function fillStore(path: string, events: number): Promise<void> {
  const store = await openStore(`sqlite:${path}`);
  await store.close();
  const db = new Database(path);
  const nowMs = Date.now();
  const firstMs = nowMs - 500 * DAY_MS;
  // From 500 days ago on: the first half within 90 days, the second within the year that ends 40 days ago.
  db.exec(`
    INSERT INTO messages (id, created_at_ms) VALUES ('old-sale', ${firstMs});
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${AGENTS})
      INSERT INTO texts (text, last_day)
      SELECT 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/' || i || '.0.0.0 Safari/537.36',
        ${Math.floor(nowMs / DAY_MS) - 40} FROM n;
    INSERT INTO verdicts (label, confidence, reasons, rules_version) VALUES (0, 0.8, 'browser-open language', 'bench');
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${events} - 1)
      INSERT INTO events
      SELECT 1, unhex(printf('%012x', ${firstMs} + CASE WHEN i * 2 < ${events}
          THEN i * ${90 * DAY_MS} / ${events} * 2 ELSE ${130 * DAY_MS} + (i - ${events} / 2) * ${300 * DAY_MS} / ${events} * 2 END)
          || printf('%020x', i)),
        0, randomblob(8), NULL, NULL, 1, 1 + i % ${AGENTS}, 1, 0, NULL, 0, 0, 0 FROM n;
    INSERT INTO kept_events SELECT 1, min(hit_id), min(hit_id) FROM events;
    UPDATE clock SET newest_ms = ${nowMs}, believed_ms = ${nowMs};
  `);
  db.close();
}
