// The statements of webhooks and of their outbox, prepared once.
import type { Sql, Statement } from './sql.ts';

/** An endpoint as it is stored. */
export interface StoredWebhook {
  readonly key: number;
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  /** JSON, or null for all. */
  readonly events: string | null;
  readonly labels: string | null;
  readonly created_at_ms: number;
  readonly by: string;
  readonly attempts: number;
  readonly failing_since_ms: number | null;
  readonly next_at_ms: number;
  readonly problem: string | null;
  readonly dropped: number;
}

export interface StoredNotice {
  readonly key: number;
  readonly batch: string | null;
  readonly payload: string;
  readonly created_at_ms: number;
}

export interface WebhookStatements {
  /** Whether there is any: what is told of need not be made where nobody is told. */
  readonly hasWebhooks: Statement<[], number>;
  readonly all: Statement<[], StoredWebhook>;
  readonly byId: Statement<[id: string], StoredWebhook>;
  readonly add: Statement<
    [
      ...[id: string, url: string, secret: string, events: string | null, labels: string | null],
      ...[createdAtMs: number, by: string],
    ]
  >;
  readonly change: Statement<[url: string, secret: string, events: string | null, labels: string | null, key: number]>;
  readonly remove: Statement<[key: number]>;
  readonly emptyOutbox: Statement<[key: number]>;
  /** Those that may be asked now and have something to tell. */
  readonly due: Statement<[nowMs: number], StoredWebhook>;
  readonly enqueue: Statement<
    [...[webhook: number, message: number, recipient: Buffer | null, payload: string, createdAtMs: number]]
  >;
  /** At least as many as wait or are parked. */
  readonly span: Statement<[webhook: number, webhook: number], number>;
  readonly countDropped: Statement<[dropped: number, webhook: number]>;
  readonly batchOf: Statement<[webhook: number], string>;
  readonly inBatch: Statement<[webhook: number, batch: string], StoredNotice>;
  readonly firstWaiting: Statement<[webhook: number, limit: number], StoredNotice>;
  readonly putInBatch: Statement<[batch: string, key: number]>;
  readonly endBatch: Statement<[webhook: number, batch: string]>;
  readonly noteSuccess: Statement<[webhook: number]>;
  readonly noteFailure: Statement<
    [attempts: number, failingSinceMs: number, nextAtMs: number, problem: string, webhook: number]
  >;
  readonly park: Statement<[atMs: number, webhook: number, createdBeforeMs: number]>;
  readonly unpark: Statement<[webhook: number]>;
  readonly counts: Statement<[webhook: number], { readonly waiting: number; readonly parked: number }>;
  readonly messageId: Statement<[key: number], string>;
}

export function prepareWebhooks(database: Sql): WebhookStatements {
  const first = (query: string): Statement<never[]> => database.first(query);
  const statements = {
    hasWebhooks: first('SELECT 1 FROM webhooks LIMIT 1'),
    all: database.prepare('SELECT * FROM webhooks ORDER BY key'),
    byId: database.prepare('SELECT * FROM webhooks WHERE id = ?'),
    add: database.prepare(
      `INSERT INTO webhooks (id, url, secret, events, labels, created_at_ms, "by", attempts, next_at_ms, dropped)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0)`,
    ),
    change: database.prepare('UPDATE webhooks SET url = ?, secret = ?, events = ?, labels = ? WHERE key = ?'),
    remove: database.prepare('DELETE FROM webhooks WHERE key = ?'),
    emptyOutbox: database.prepare('DELETE FROM outbox WHERE webhook_key = ?'),
    due: database.prepare(
      `SELECT * FROM webhooks WHERE next_at_ms <= ? AND EXISTS
       (SELECT 1 FROM outbox WHERE webhook_key = webhooks.key AND parked_at_ms IS NULL) ORDER BY key`,
    ),
    enqueue: database.prepare(
      'INSERT INTO outbox (webhook_key, message_key, recipient_key, payload, created_at_ms) VALUES (?, ?, ?, ?, ?)',
    ),
    span: first(
      `SELECT coalesce((SELECT max(key) FROM outbox WHERE webhook_key = ?)
       - (SELECT min(key) FROM outbox WHERE webhook_key = ?) + 1, 0)`,
    ),
    countDropped: database.prepare('UPDATE webhooks SET dropped = dropped + ? WHERE key = ?'),
    batchOf: first(
      'SELECT batch FROM outbox WHERE webhook_key = ? AND batch IS NOT NULL AND parked_at_ms IS NULL LIMIT 1',
    ),
    inBatch: database.prepare(
      'SELECT key, batch, payload, created_at_ms FROM outbox WHERE webhook_key = ? AND batch = ? ORDER BY key',
    ),
    firstWaiting: database.prepare(
      `SELECT key, batch, payload, created_at_ms FROM outbox
       WHERE webhook_key = ? AND parked_at_ms IS NULL ORDER BY key LIMIT ?`,
    ),
    putInBatch: database.prepare('UPDATE outbox SET batch = ? WHERE key = ?'),
    endBatch: database.prepare('DELETE FROM outbox WHERE webhook_key = ? AND batch = ?'),
    noteSuccess: database.prepare(
      'UPDATE webhooks SET attempts = 0, failing_since_ms = NULL, next_at_ms = 0, problem = NULL WHERE key = ?',
    ),
    noteFailure: database.prepare(
      'UPDATE webhooks SET attempts = ?, failing_since_ms = ?, next_at_ms = ?, problem = ? WHERE key = ?',
    ),
    park: database.prepare(
      'UPDATE outbox SET parked_at_ms = ?, batch = NULL WHERE webhook_key = ? AND parked_at_ms IS NULL AND created_at_ms <= ?',
    ),
    unpark: database.prepare(
      'UPDATE outbox SET parked_at_ms = NULL, batch = NULL WHERE webhook_key = ? AND parked_at_ms IS NOT NULL',
    ),
    counts: database.prepare(
      `SELECT count(*) - count(parked_at_ms) AS waiting, count(parked_at_ms) AS parked FROM outbox WHERE webhook_key = ?`,
    ),
    messageId: first('SELECT id FROM messages WHERE key = ?'),
  };
  return statements as unknown as WebhookStatements;
}
