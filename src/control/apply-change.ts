// What each change of the control state does to the mirror. Applying a change twice is applying it once.
import type Database from 'better-sqlite3';
import type { ControlChange, Revocable } from '../base/control-change.ts';

/** Prepares the function that applies a change; call it inside a transaction. */
export function prepareApply(
  file: Database.Database,
): (change: ControlChange, tombstoneOf: (recipient: string) => Buffer) => void {
  const run = (sql: string) => {
    const statement = file.prepare(sql);
    return (...values: readonly (string | number | Buffer | null)[]) => statement.run(...values);
  };
  const revokeMessage = run('INSERT OR IGNORE INTO revoked_messages VALUES (?)');
  const restoreMessage = run('DELETE FROM revoked_messages WHERE message = ?');
  const revokeLink = run('INSERT OR IGNORE INTO revoked_links VALUES (?, ?)');
  const restoreLink = run('DELETE FROM revoked_links WHERE message = ? AND link_index = ?');
  const revokeHost = run('INSERT OR IGNORE INTO revoked_hosts VALUES (?)');
  const restoreHost = run('DELETE FROM revoked_hosts WHERE host = ?');
  const setDestination = run('INSERT OR REPLACE INTO destinations VALUES (?, ?, ?)');
  const dropLinks = run('DELETE FROM set_links WHERE set_key = (SELECT key FROM sets WHERE message = ? AND name = ?)');
  const addSet = run(
    'INSERT INTO sets (message, name, link_count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET link_count = excluded.link_count',
  );
  const addLink = run('INSERT INTO set_links SELECT key, ?, ?, ? FROM sets WHERE message = ? AND name = ?');
  const setConsent = run(
    'INSERT INTO recipients VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET opens = excluded.opens, clicks = excluded.clicks',
  );
  const erase = run(`
    INSERT INTO recipients VALUES (?, 'none', 'none', 1)
    ON CONFLICT DO UPDATE SET opens = 'none', clicks = 'none', erased = 1
  `);

  function revoke(of: Revocable): void {
    if (of.kind === 'message') revokeMessage(of.message);
    else if (of.kind === 'link') revokeLink(of.message, of.index);
    else revokeHost(of.host);
  }

  function restore(of: Revocable): void {
    if (of.kind === 'message') restoreMessage(of.message);
    else if (of.kind === 'link') restoreLink(of.message, of.index);
    else restoreHost(of.host);
  }

  return (change, tombstoneOf) => {
    switch (change.kind) {
      case 'revoked':
        return revoke(change.of);
      case 'restored':
        return restore(change.of);
      case 'destination':
        return void setDestination(change.message, change.index, change.destination);
      case 'short-links': {
        const { message, set, links } = change;
        dropLinks(message, set);
        addSet(message, set, links.length);
        for (const { index, destination, clickId = null } of links) addLink(index, destination, clickId, message, set);
        return;
      }
      case 'consent':
        return void setConsent(tombstoneOf(change.recipient), change.consent.opens, change.consent.clicks);
      case 'erased':
        return void erase(Buffer.from(change.tombstone, 'hex'));
    }
  };
}
