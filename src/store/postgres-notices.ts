// Tells every process that has the same database of PostgreSQL open when the control state has changed, by LISTEN and
// NOTIFY. Whoever misses one while the connection is away looks for changes every second anyway (src/control/follow.ts).
import type { Client } from 'pg';
import { postgresListenAgainMs } from '../base/limits.ts';

const CHANNEL = 'telltale_control';

/** Within a transaction, once it commits, all who listen are told. */
export const ANNOUNCE: string = `NOTIFY ${CHANNEL}`;

/** Calls back after each announcement; returns what stops it. */
export function listenForChanges(connect: () => Client, listener: () => void): () => void {
  let isStopped = false;
  let client: Client | undefined;
  let again: NodeJS.Timeout | undefined;

  async function listen(): Promise<void> {
    const opened = connect();
    client = opened;
    // An error ends the connection, and its end is told.
    opened.on('error', () => undefined);
    opened.on('end', tryAgain);
    opened.on('notification', listener);
    await opened.connect();
    await opened.query(`LISTEN ${CHANNEL}`);
    // Of what changed until now nobody told.
    listener();
  }

  function tryAgain(): void {
    if (isStopped) return;
    clearTimeout(again);
    again = setTimeout(start, postgresListenAgainMs).unref();
  }

  function start(): void {
    listen().catch(() => {
      void client?.end().catch(() => undefined);
      tryAgain();
    });
  }

  start();
  return () => {
    isStopped = true;
    clearTimeout(again);
    void client?.end().catch(() => undefined);
  };
}
