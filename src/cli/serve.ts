// `telltale serve`: the collector, the settler, the pages and the API over one data directory, in one process or several.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseBaseUrls } from '../base/base-url.ts';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { peerKeptMs, workersMax } from '../base/limits.ts';
import type { HookSettings } from '../deliveries/read-hooks.ts';
import { openAsnDatabase } from '../network-files/open-asn-database.ts';
import type { WebhookSettings } from '../notify/webhook-settings.ts';
import { prepareAddressOf } from '../server/client-address.ts';
import { prepareNameResolver } from '../server/resolve-name.ts';
import type { Primary } from '../server/run-primary.ts';
import { runService, type ServiceOptions } from '../server/run-service.ts';
import { createKeyRing, type KeyRingJson } from '../token/key-ring.ts';
import { type AttributionFlags, readAttribution } from './attribution-flags.ts';
import { type Io, say, writeOut } from './io.ts';
import { loadOrMakeKeys, watchKeys } from './key-file.ts';
import { type Log, makeLog } from './log.ts';
import { type RetentionFlags, readRetentionPolicy } from './retention-policy.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { readStream, type StreamOptionFlags } from './stream-flags.ts';
import { makeDirectory, makeDirectoryFor, writeFileWhole } from './write-file.ts';

export interface ServeFlags extends CommonFlags, RetentionFlags, AttributionFlags, StreamOptionFlags {
  readonly forwardOnly?: boolean;
  readonly port?: string;
  readonly host?: string;
  readonly trustedProxies?: string;
  readonly hostName?: readonly string[];
  readonly repeatWindow?: string;
  readonly adminPort?: string;
  readonly workers?: string;
  readonly asnDatabase?: string;
  /** DNS servers; `true` where none are named. */
  readonly reverseDns?: string | true;
}

/** Runs the command until a signal stops it; returns the exit status. */
export async function serve(flags: ServeFlags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  const port = readPort(flags.port ?? settings.port ?? '8080');
  const workers = readWorkers(flags.workers ?? '1');
  const adminPort = flags.adminPort === undefined ? undefined : readPort(flags.adminPort);
  const host = flags.host ?? settings.host ?? '127.0.0.1';
  if (settings.baseUrl !== undefined) parseBaseUrls(settings.baseUrl, settings.baseUrls);
  const trustedProxies = flags.trustedProxies ?? settings.trustedProxies;
  prepareAddressOf(trustedProxies ?? '');
  const asnDatabase = await findAsnDatabase(flags.asnDatabase ?? settings.asnDatabase, io);
  const reverseDns = readReverseDns(flags.reverseDns ?? settings.reverseDns ?? 'off');
  const repeatWindowMs = readRepeatWindow(flags.repeatWindow ?? settings.repeatWindow ?? '0');
  const retention = readRetentionPolicy(flags, settings);
  const hooks = await readHooksOf(settings);
  const webhooks = await readWebhooksOf(settings);
  const attribution = readAttribution(flags, settings);
  await makeDirectory(settings.data, 0o700);
  const stream = await readStream(flags, settings, io);
  const settles = flags.forwardOnly !== true;
  if (stream === undefined && !settles)
    throw new TelltaleError('USAGE', '--forward-only needs a --stream to forward to.');
  const databaseUrl = settles || settings.isDatabaseNamed ? settings.database : null;
  if (databaseUrl !== null) await makeDirectoryFor(databaseUrl);
  const ring = await loadOrMakeKeys(settings, io);
  const log = makeLog(io, settings);
  const service = await start(workers, ring, {
    dataDirectory: settings.data,
    databaseUrl,
    stream: stream && { settings: stream, settles },
    baseUrl: settings.baseUrl,
    baseUrls: settings.baseUrls,
    host,
    port,
    adminPort,
    apiToken: settings.apiToken,
    trustedProxies,
    asnDatabase,
    reverseDns,
    hosts: flags.hostName,
    repeatWindowMs,
    retention,
    attribution,
    rules: settings.rules,
    hooks,
    webhooks,
    onApiRequest: (request) => log.info('API request', { ...request }),
    onProblem: log.problem,
  });
  const stopWatching = watchKeys(settings, io, service, log);
  const stopped = untilSignal(service, log);
  if (databaseUrl !== null) {
    const token = makeFirstToken(service, settings, io);
    // Who only forwards answers readers without its database; the first start that finds it makes the token.
    if (settles) await closedIfItFails(token, service, stopWatching);
    else token.catch(() => undefined);
  }
  if (settings.baseUrl === undefined && !settings.quiet) {
    say(io, `No base URL is set, so links lead to ${service.url}. Set --base-url to the https address the world sees.`);
  }
  const { url, baseUrl, adminUrl } = service;
  if (adminUrl !== undefined && !settings.quiet && !settings.json)
    say(io, `The pages, the API and /metrics answer on ${adminUrl}.`);
  if (databaseUrl !== null && !settings.quiet && !settings.json)
    sayWhereToLook(adminUrl ?? openable(url, settings), settings, io);
  const line = settings.json
    ? JSON.stringify({ url, baseUrl, ...(adminUrl && { adminUrl }), pid: process.pid })
    : `listening on ${url}`;
  await writeOut(io, `${line}\n`);
  const status = await stopped;
  stopWatching();
  return status;
}

/** The address of a server that listens on all of its machine, as one asks for it. */
function openable(url: string, { baseUrl }: Settings): string {
  const { hostname, port } = new URL(url);
  return hostname === '0.0.0.0' || hostname === '[::]' ? (baseUrl ?? `http://localhost:${port}`) : url;
}

/** Where the pages are, and what opens them. */
function sayWhereToLook(url: string, settings: Settings, io: Io): void {
  const path = join(settings.data, 'api-token');
  const token = existsSync(path) ? `the token in ${path}` : 'an API token (telltale tokens new --scope read)';
  say(io, `Reports: open ${url}/ and log in with ${token}.`);
}

/** Starts one process, or one that keeps the store and `workers` that answer. */
async function start(workers: number, ring: KeyRingJson, options: Omit<ServiceOptions, 'keys'>): Promise<Primary> {
  if (workers > 1) return await (await import('../server/run-primary.ts')).runPrimary({ ...options, ring, workers });
  const keys = createKeyRing(ring);
  const service = await runService({ ...options, keys });
  return { ...service, replaceKeys: async (changed) => keys.replace(changed) };
}

function readWorkers(text: string): number {
  const workers = Number(text);
  if (/^\d{1,2}$/.test(text) && workers >= 1 && workers <= workersMax) return workers;
  throw new TelltaleError(
    'INVALID_OPTION',
    `--workers takes a whole number from 1 to ${workersMax}, but ${quote(text)} came. 1 is one process for all.`,
  );
}

/** Loaded where providers are named alone. */
async function readHooksOf({ hooks }: Settings): Promise<HookSettings | undefined> {
  if (hooks === undefined) return undefined;
  const { readHooks } = await import('../deliveries/read-hooks.ts');
  return readHooks(hooks, 'TELLTALE_HOOKS, or "hooks" in telltale.config.json,');
}

async function readWebhooksOf({ webhooks }: Settings): Promise<WebhookSettings | undefined> {
  if (webhooks === undefined) return undefined;
  const { readWebhookSettings } = await import('../notify/webhook-settings.ts');
  return readWebhookSettings(webhooks, 'TELLTALE_WEBHOOKS, or "webhooks" in telltale.config.json,');
}

/** The whole path of a database that can be opened. */
async function findAsnDatabase(file: string | undefined, io: Io): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const path = resolve(io.cwd, file);
  await openAsnDatabase(path);
  return path;
}

/** Where names are asked for; nothing when they are not. */
function readReverseDns(given: string | true): string | undefined {
  if (given === 'off' || given === '') return undefined;
  const servers = given === true ? 'system' : given;
  prepareNameResolver({ servers, hosts: [] });
  return servers;
}

export function readRepeatWindow(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= peerKeptMs) return Number(text);
  throw new TelltaleError(
    'INVALID_OPTION',
    `--repeat-window takes a whole number of milliseconds from 0 to ${peerKeptMs}, but ${quote(text)} came. 0 counts each request.`,
  );
}

export function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new TelltaleError(
    'INVALID_OPTION',
    `A port is a whole number from 0 to 65535, but ${quote(text)} came. 0 picks a free one.`,
  );
}

/** A service that says that it cannot start does not go on running. */
async function closedIfItFails(starting: Promise<void>, service: Primary, stopWatching: () => void): Promise<void> {
  try {
    await starting;
  } catch (error) {
    stopWatching();
    await service.close();
    throw error;
  }
}

/** The first server without any token makes one for its owner. */
async function makeFirstToken(service: Primary, settings: Settings, io: Io): Promise<void> {
  if (settings.apiToken !== undefined || (await service.store.listApiTokens()).length > 0) return;
  const { token } = await service.store.createApiToken('admin');
  const path = join(settings.data, 'api-token');
  await writeFileWhole(path, `${token}\n`, { mode: 0o600, force: true });
  say(io, `API token (admin, shown this once, kept in ${path}): ${token}`);
}

/** Stops at SIGTERM (status 0) or SIGINT (130); a second signal ends the process at once: what was answered is on disk. */
export function untilSignal(service: Pick<Primary, 'close'>, log: Log): Promise<number> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (status: number) => {
      if (isStopping) process.exit(status);
      isStopping = true;
      log.info('Stopping: what was accepted is answered, what was answered is kept.');
      service
        .close()
        .catch((error) => log.problem(error, 'problem while stopping'))
        .finally(() => resolve(status));
    };
    process.on('SIGTERM', () => stop(0));
    process.on('SIGINT', () => stop(130));
  });
}
