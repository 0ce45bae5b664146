// What a command runs with. Precedence: flag, environment, telltale.config.json in the working directory, default.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chooseBaseUrl, parseBaseUrl, parseBaseUrls } from '../base/base-url.ts';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { checkOptionNames } from '../base/options.ts';
import { readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import type { Io } from './io.ts';

/** The options all commands take. */
export interface CommonFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly data?: string;
  readonly database?: string;
  readonly baseUrl?: string;
}

export interface Settings {
  readonly json: boolean;
  readonly quiet: boolean;
  /** The data directory, absolute. */
  readonly data: string;
  readonly database: string;
  /** Whether it was named, or is the default. */
  readonly isDatabaseNamed: boolean;
  /** The servers of the stream, with what lets one in. */
  readonly stream: string | undefined;
  readonly streamCredentials: string | undefined;
  readonly streamReplicas: string | undefined;
  readonly baseUrl: string | undefined;
  /** More addresses of the same collector, of which `--base-url` may be one. */
  readonly baseUrls: readonly string[];
  /** The key ring's JSON, or a path; nothing means keys.json in the data directory. */
  readonly keys: string | undefined;
  readonly apiToken: string | undefined;
  /** The mail server that sends, with its password. */
  readonly smtp: string | undefined;
  readonly port: string | undefined;
  readonly metricsPort: string | undefined;
  readonly host: string | undefined;
  readonly trustedProxies: string | undefined;
  readonly repeatWindow: string | undefined;
  readonly asnDatabase: string | undefined;
  readonly reverseDns: string | undefined;
  readonly retainSignals: string | undefined;
  readonly retainEvents: string | undefined;
  readonly userAgents: string | undefined;
  /** Providers that tell of deliveries, as JSON or as the configuration file has them. */
  readonly hooks: unknown;
  /** Who is told of events, as JSON or as the configuration file has it. */
  readonly webhooks: unknown;
  readonly attributionDays: string | undefined;
  readonly attributionClicks: string | undefined;
  /** The sender's own rules for verdicts. */
  readonly rules: readonly VerdictRule[] | undefined;
}

const CONFIG_NAMES = [
  ...(['data', 'database', 'baseUrl', 'baseUrls', 'port', 'host', 'trustedProxies', 'repeatWindow'] as const),
  ...(['asnDatabase', 'reverseDns', 'rules', 'retainSignals', 'retainEvents', 'userAgents', 'hooks'] as const),
  ...(['webhooks', 'attributionDays', 'attributionClicks', 'stream', 'streamCredentials', 'streamReplicas'] as const),
  'metricsPort',
] as const;
type Config = Readonly<Partial<Record<(typeof CONFIG_NAMES)[number], unknown>>>;

/**
 * Completes the settings.
 *
 * @throws TelltaleError `INVALID_CONFIG`, `UNKNOWN_OPTION`.
 */
export function readSettings(flags: CommonFlags, io: Io): Settings {
  const config = readConfig(io.cwd);
  const { env } = io;
  const data = resolve(io.cwd, flags.data ?? env.TELLTALE_DATA ?? textOf(config, 'data') ?? 'telltale-data');
  const database = flags.database ?? env.TELLTALE_DATABASE ?? textOf(config, 'database');
  return {
    json: flags.json ?? false,
    quiet: flags.quiet ?? false,
    data,
    database: database ?? `sqlite:${join(data, 'telltale.db')}`,
    isDatabaseNamed: database !== undefined,
    stream: env.TELLTALE_STREAM ?? textOf(config, 'stream'),
    streamCredentials: env.TELLTALE_STREAM_CREDENTIALS ?? textOf(config, 'streamCredentials'),
    streamReplicas: env.TELLTALE_STREAM_REPLICAS ?? textOf(config, 'streamReplicas'),
    ...baseUrlsOf(flags, env, config),
    keys: env.TELLTALE_KEYS,
    apiToken: env.TELLTALE_API_TOKEN,
    smtp: env.TELLTALE_SMTP,
    port: env.TELLTALE_PORT ?? textOf(config, 'port'),
    metricsPort: env.TELLTALE_METRICS_PORT ?? textOf(config, 'metricsPort'),
    host: env.TELLTALE_HOST ?? textOf(config, 'host'),
    trustedProxies: env.TELLTALE_TRUSTED_PROXIES ?? textOf(config, 'trustedProxies'),
    repeatWindow: env.TELLTALE_REPEAT_WINDOW ?? textOf(config, 'repeatWindow'),
    asnDatabase: env.TELLTALE_ASN_DATABASE ?? textOf(config, 'asnDatabase'),
    reverseDns: env.TELLTALE_REVERSE_DNS ?? textOf(config, 'reverseDns'),
    retainSignals: env.TELLTALE_RETAIN_SIGNALS ?? textOf(config, 'retainSignals'),
    retainEvents: env.TELLTALE_RETAIN_EVENTS ?? textOf(config, 'retainEvents'),
    userAgents: env.TELLTALE_USER_AGENTS ?? textOf(config, 'userAgents'),
    hooks: env.TELLTALE_HOOKS ?? config.hooks,
    webhooks: env.TELLTALE_WEBHOOKS ?? config.webhooks,
    attributionDays: env.TELLTALE_ATTRIBUTION_DAYS ?? textOf(config, 'attributionDays'),
    attributionClicks: env.TELLTALE_ATTRIBUTION_CLICKS ?? textOf(config, 'attributionClicks'),
    rules: rulesOf(config),
  };
}

const CONFIG_FILE = 'telltale.config.json';

/** Where others are named, a flag must be among them: a misspelt one would stand in mail that is sent. */
function baseUrlsOf(flags: CommonFlags, env: Io['env'], config: Config): Pick<Settings, 'baseUrl' | 'baseUrls'> {
  const usual = env.TELLTALE_BASE_URL ?? textOf(config, 'baseUrl');
  const told = env.TELLTALE_BASE_URLS?.split(/[\s,]+/).filter((url) => url !== '');
  const baseUrls =
    told === undefined
      ? listOf(config, 'baseUrls').map((url) => oneOf(url, `"baseUrls" in ${CONFIG_FILE}`))
      : told.map((url) => oneOf(url, 'TELLTALE_BASE_URLS'));
  if (baseUrls.length === 0 || flags.baseUrl === undefined) return { baseUrl: flags.baseUrl ?? usual, baseUrls };
  const [first = '', ...more] = usual === undefined ? baseUrls : [usual, ...baseUrls];
  const allowed = parseBaseUrls(first, more);
  return { baseUrl: chooseBaseUrl(allowed, flags.baseUrl), baseUrls: allowed };
}

function oneOf(url: string, list: string): string {
  try {
    return parseBaseUrl(url);
  } catch (cause) {
    throw new TelltaleError(
      'INVALID_BASE_URL',
      `Each address in ${list} must be one where your collector answers, like https://t.example.com, but ${quote(url)} is among them.`,
      { cause },
    );
  }
}

function listOf(config: Config, name: keyof Config): readonly string[] {
  const value = config[name] ?? [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new TelltaleError('INVALID_CONFIG', `"${name}" in ${CONFIG_FILE} must be a list of texts.`);
}

function readConfig(directory: string): Config {
  const path = join(directory, CONFIG_FILE);
  if (!existsSync(path)) return {};
  const config = parse(readFileSync(path, 'utf8'));
  checkOptionNames(config, CONFIG_NAMES, CONFIG_FILE);
  return config as Config;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TelltaleError(
      'INVALID_CONFIG',
      `${CONFIG_FILE} must be JSON, but ${messageOf(error)}. Mend it, or move it away.`,
    );
  }
}

function rulesOf({ rules }: Config): readonly VerdictRule[] | undefined {
  readOwnRules(rules, CONFIG_FILE);
  return rules as readonly VerdictRule[] | undefined;
}

function textOf(config: Config, name: keyof Config): string | undefined {
  const value = config[name];
  if (value === undefined || typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new TelltaleError('INVALID_CONFIG', `"${name}" in ${CONFIG_FILE} must be a text, but ${typeof value} came.`);
}
