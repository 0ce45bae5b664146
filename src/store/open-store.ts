// Opens the store. SQLite for now: one file in WAL mode, written by one process, read by any. The file says whose it
// is (application_id), and its migrations say by which version it was written.
import { closeSync, existsSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { storeCacheKib, storeWalPages } from '../base/limits.ts';
import { fileProblem } from '../base/sqlite-header.ts';
import type { DeliveryStore } from '../deliveries/delivery.ts';
import type { ExportSource } from '../report/export-recipient.ts';
import type { ReportSource } from '../report/report-source.ts';
import type { EraseStore } from '../retain/erase.ts';
import type { RetentionStore } from '../retain/retain.ts';
import type { SweepStore } from '../retain/sweep.ts';
import type { CountedSource } from '../settle/repeats.ts';
import type { SettleStore } from '../settle/settler.ts';
import { type ApiTokenStore, makeApiTokens } from './api-tokens.ts';
import { makeAudienceSource } from './audience-query.ts';
import { bringUpToDate, busyTimeoutMs, isBusy, lockedFor, whenFree } from './bring-up-to-date.ts';
import { type ControlRows, makeControlRows } from './control-rows.ts';
import { type ConversionRows, makeConversions } from './conversion-rows.ts';
import { makeConversionSums } from './conversion-sums.ts';
import { makeCountedSource } from './counted-rows.ts';
import { makeDeliveryStore } from './delivery-rows.ts';
import { makeEraseStore } from './erase-rows.ts';
import { makeEventSource } from './event-rows.ts';
import { makeExportSource } from './export-rows.ts';
import { type KnownPeerStore, makeKnownPeers } from './known-peers.ts';
import { type MailRows, makeMailStore } from './mail-rows.ts';
import { type Descriptions, makeDescriptions, makeMessageList } from './message-rows.ts';
import { makeOutbox, type OutboxStore } from './outbox-rows.ts';
import { makeQuarterSource } from './quarter-rows.ts';
import { makeRecipientSource } from './recipient-rows.ts';
import { makeRelabelStore, type RelabelStore } from './relabel-rows.ts';
import { makeReportSource } from './report-rows.ts';
import { makeRetentionStore } from './retain-rows.ts';
import { makeSendLog, type SendLogRows } from './send-log-rows.ts';
import { makeSendStore, type SendRows } from './send-rows.ts';
import { makeSettleStore } from './settle-rows.ts';
import { makeSuppressions, type Suppressions } from './suppression-rows.ts';
import { makeSweepStore } from './sweep-rows.ts';
import type { Tables } from './tables.ts';
import { makeWebhookRows, type WebhookRows } from './webhook-rows.ts';
import { Writer } from './writer.ts';

/** "TTST": tells a store from any other SQLite file. */
const APPLICATION_ID = 0x54545354;

export interface Store
  extends SendRows,
    SendLogRows,
    Suppressions,
    DeliveryStore,
    WebhookRows,
    OutboxStore,
    MailRows,
    SettleStore,
    CountedSource,
    RelabelStore,
    KnownPeerStore,
    ReportSource,
    RetentionStore,
    SweepStore,
    EraseStore,
    ExportSource,
    Descriptions,
    ApiTokenStore,
    ControlRows,
    ConversionRows {
  /** Where the data is, without secrets. */
  readonly url: string;
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  /** Makes the file and brings its schema up to date; otherwise both must be there. @default true */
  readonly migrate?: boolean;
}

/**
 * Opens the store at `url`: `sqlite:` and a path, relative or absolute.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `STORE_BUSY`.
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<Store> {
  const path = pathOf(url);
  const migrate = options.migrate ?? true;
  if (!migrate && !existsSync(path)) {
    throw new TelltaleError(
      'INVALID_DATABASE',
      `There is no database at ${quote(path)}. Start the server once (telltale serve), or run: telltale migrate.`,
    );
  }
  const sqlite = await openFile(path);
  const db = kyselyOver(sqlite);
  try {
    await bringUpToDate({ db, sqlite, path, migrate });
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return makeStore(path, sqlite, db);
}

/**
 * Opens one more connection to a store that this process has open already, only to read.
 *
 * Looks at nothing but through SQLite: to open and close the file in another way would take away the locks that all
 * connections of this process have on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 *
 * @throws TelltaleError `INVALID_DATABASE`, `STORE_BUSY`.
 */
export async function openStoreToRead(url: string): Promise<Store> {
  const path = pathOf(url);
  try {
    const sqlite = new Database(path, { fileMustExist: true, timeout: busyTimeoutMs });
    sqlite.pragma('query_only = ON');
    return makeStore(path, sqlite, kyselyOver(sqlite));
  } catch (error) {
    throw unusable(path, error);
  }
}

function kyselyOver(sqlite: Database.Database): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) });
}

function makeStore(path: string, sqlite: Database.Database, db: Kysely<Tables>): Store {
  const writer = new Writer(sqlite, db);
  return {
    url: `sqlite:${path}`,
    ...makeSendStore(writer),
    ...makeSendLog(writer),
    ...makeSuppressions(db, writer),
    ...makeDeliveryStore(writer),
    ...makeWebhookRows(writer),
    ...makeOutbox(writer),
    ...makeMailStore(db, writer),
    ...makeSettleStore(db, writer),
    ...makeCountedSource(db),
    ...makeRelabelStore(writer),
    ...makeKnownPeers(writer),
    ...makeReportSource(db),
    ...makeMessageList(db),
    ...makeQuarterSource(db),
    ...makeRecipientSource(db, writer),
    ...makeEventSource(db),
    ...makeRetentionStore(db, writer),
    ...makeSweepStore(writer),
    ...makeEraseStore(sqlite, db, writer),
    ...makeExportSource(sqlite, db, writer),
    ...makeDescriptions(writer),
    ...makeApiTokens(db),
    ...makeControlRows(db),
    ...makeConversions(writer),
    ...makeConversionSums(db),
    ...makeAudienceSource(db, writer),
    close: () => db.destroy(),
  };
}

function unusable(path: string, error: unknown): TelltaleError {
  if (isBusy(error)) return lockedFor(path, error);
  return new TelltaleError(
    'INVALID_DATABASE',
    `${quote(path)} should be a database of Telltale, but ${messageOf(error)}. Name another one with --database or TELLTALE_DATABASE.`,
    { cause: error },
  );
}

function pathOf(url: string): string {
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1];
  if (path !== undefined) return path;
  throw new TelltaleError(
    'INVALID_DATABASE',
    `A database is named like sqlite:telltale.db, but ${quote(schemeOf(url))} came.`,
  );
}

/** What may be shown of a URL: passwords stand in many places of one, and hold `@`, `/` and `:` themselves. */
function schemeOf(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0];
  return scheme === undefined ? url : `${scheme}…`;
}

async function openFile(path: string): Promise<Database.Database> {
  let sqlite: Database.Database | undefined;
  try {
    const problem = fileProblem(path, APPLICATION_ID);
    if (problem !== undefined) throw new Error(problem);
    // Made for its owner only; SQLite gives its log the same mode.
    closeSync(openSync(path, 'a', 0o600));
    sqlite = new Database(path, { timeout: busyTimeoutMs });
    await claim(sqlite);
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw unusable(path, error);
  }
}

/** Marks an empty file as ours and sets how it is written. */
async function claim(sqlite: Database.Database): Promise<void> {
  await whenFree(sqlite, () => {
    // Before WAL mode, so that the mark stands in the file itself from its first page on.
    if (sqlite.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
      sqlite.pragma(`application_id = ${APPLICATION_ID}`);
    }
    sqlite.pragma('journal_mode = WAL');
  });
  // A hit leaves the journal once it is settled, so what is settled must survive a power cut.
  sqlite.pragma('synchronous = FULL');
  // What rows leave behind in their pages is written over, so that an erased id is found nowhere; it costs nothing.
  sqlite.pragma('secure_delete = FAST');
  // Fewer, longer checkpoints write each page once for many batches.
  sqlite.pragma(`wal_autocheckpoint = ${storeWalPages}`);
  sqlite.pragma(`cache_size = -${storeCacheKib}`);
}
