// Where the stream is and how one gets in, as plain values that a thread can be told. Passwords stand in no message.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { streamReplicasMax } from '../base/limits.ts';

export interface StreamSettings {
  /** `host:port` of each server. */
  readonly servers: readonly string[];
  readonly isTls: boolean;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** The path of a file of credentials, as `nsc` writes it. */
  readonly credentials?: string | undefined;
  /** Servers that keep each message. @default 3 in a cluster, else 1 */
  readonly replicas?: number | undefined;
}

/** What a person says of it. */
export interface StreamFlags {
  /** `nats://a,b,c` or `tls://…`, with a user and password or a token before an `@`. */
  readonly url: string;
  readonly credentials?: string | undefined;
  readonly replicas?: string | undefined;
}

/**
 * Reads them.
 *
 * @throws TelltaleError `INVALID_OPTION`.
 */
export function readStreamSettings({ url, credentials, replicas }: StreamFlags): StreamSettings {
  const scheme = /^(nats|tls):\/\//.exec(url)?.[1] ?? 'nats';
  const urls = url.split(',').map((one) => parse(one.trim(), scheme));
  const [named] = urls.filter(({ username }) => username !== '');
  const isToken = named !== undefined && named.password === '';
  const user = named && decodeURIComponent(named.username);
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || '4222'}`),
    isTls: scheme === 'tls',
    ...(user !== undefined &&
      (isToken ? { token: user } : { user, password: decodeURIComponent(named?.password ?? '') })),
    ...(credentials !== undefined && { credentials }),
    ...(replicas !== undefined && { replicas: readReplicas(replicas) }),
  };
}

/** The servers without what lets one in. */
export function nameOf({ servers, isTls }: Pick<StreamSettings, 'servers' | 'isTls'>): string {
  return `${isTls ? 'tls' : 'nats'}://${servers.join(',')}`;
}

/** The scheme of the first holds for those that name none. */
function parse(text: string, scheme: string): URL {
  const full = text.includes('://') ? text : `${scheme}://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url !== undefined && url.protocol === `${scheme}:` && url.hostname !== '' && /^\/?$/.test(url.pathname))
    return url;
  throw new TelltaleError(
    'INVALID_OPTION',
    `--stream takes servers of NATS, like nats://user:password@nats-1,nats-2:4222 or tls://…, but ${quote(text.replace(/^.*@/, '…@'))} came.`,
  );
}

function readReplicas(text: string): number {
  const replicas = Number(text);
  if (/^\d$/.test(text) && replicas >= 1 && replicas <= streamReplicasMax) return replicas;
  throw new TelltaleError(
    'INVALID_OPTION',
    `--stream-replicas takes a whole number from 1 to ${streamReplicasMax}, but ${quote(text)} came.`,
  );
}
