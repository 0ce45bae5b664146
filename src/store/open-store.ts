// Opens the store that a URL names: a file of SQLite, or a database of PostgreSQL.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
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
import { openSqlite, openSqliteToRead } from './open-sqlite.ts';
import type { OpenedDatabase } from './opened-database.ts';
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
import { makeWebhookRows, type WebhookRows } from './webhook-rows.ts';
import { Writer } from './writer.ts';

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
  /** Makes what is missing and brings the schema up to date; otherwise all must be there. @default true */
  readonly migrate?: boolean;
}

/**
 * Opens the store at `url`: `sqlite:` and a path, relative or absolute, or `postgres://user:password@host:port/database` with
 * the options of libpq (docs/postgresql.md).
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `STORE_BUSY`, `STORE_UNAVAILABLE`.
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<Store> {
  const migrate = options.migrate ?? true;
  if (isPostgres(url)) return makeStore(await (await import('./open-postgres.ts')).openPostgres(url, migrate));
  return makeStore(await openSqlite(pathOf(url), migrate));
}

/**
 * Opens one more connection to a store that this process has open already, only to read.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `STORE_BUSY`, `STORE_UNAVAILABLE`.
 */
export async function openStoreToRead(url: string): Promise<Store> {
  if (isPostgres(url)) return makeStore(await (await import('./open-postgres.ts')).openPostgres(url, false));
  return makeStore(openSqliteToRead(pathOf(url)));
}

function makeStore({ url, database, secret, close }: OpenedDatabase): Store {
  const { db } = database;
  const writer = new Writer(database, secret);
  return {
    url,
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
    ...makeQuarterSource(database),
    ...makeRecipientSource(db, writer),
    ...makeEventSource(db),
    ...makeRetentionStore(db, writer),
    ...makeSweepStore(writer),
    ...makeEraseStore(database, writer),
    ...makeExportSource(database, writer),
    ...makeDescriptions(writer),
    ...makeApiTokens(db),
    ...makeControlRows(database),
    ...makeConversions(writer),
    ...makeConversionSums(database),
    ...makeAudienceSource(db, writer),
    close,
  };
}

/** Whether a URL names a database of PostgreSQL. */
export function isPostgres(url: string): boolean {
  return /^postgres(?:ql)?:/i.test(url);
}

function pathOf(url: string): string {
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1];
  if (path !== undefined) return path;
  throw new TelltaleError(
    'INVALID_DATABASE',
    `A database is named like sqlite:telltale.db or postgres://user@host/database, but ${quote(schemeOf(url))} came.`,
  );
}

/** What may be shown of a URL: passwords stand in many places of one, and hold `@`, `/` and `:` themselves. */
function schemeOf(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0];
  return scheme === undefined ? url : `${scheme}…`;
}
