// What answers at a base URL: whether it can be reached, how its certificate and its clock are, and whether it has our keys.
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { messageOf } from '../base/errors.ts';
import { isLoopbackName } from '../base/loopback-name.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { prepareUnsubscribeToken } from '../token/unsubscribe-token.ts';
import { type Finding, found } from './finding.ts';
import type { Io } from './io.ts';

export interface CollectorAnswers {
  readonly findings: readonly Finding[];
  /** The word of `/readyz`; nothing where no collector answers. */
  readonly readiness: string | undefined;
}

/** Milliseconds to wait for an answer. */
const TIMEOUT_MS = 10_000;
const BODY_BYTES_MAX = 4_096;
const DAY_MS = 86_400_000;
/** Certificates are renewed earlier than that. */
const CERTIFICATE_DAYS = 14;
const CLOCK_SECONDS = 60;

/** Asks the collector at a base URL. */
export async function lookAtCollector(baseUrl: string, ring: KeyRing | undefined, io: Io): Promise<CollectorAnswers> {
  const nowMs = (io.now ?? Date.now)();
  const health = await ask(`${baseUrl}/healthz`);
  const problem = problemOf(health, baseUrl);
  if (problem !== undefined || 'error' in health) {
    return { findings: [found('collector', 'problem', problem ?? '')], readiness: undefined };
  }
  const ready = await ask(`${baseUrl}/readyz`);
  const readiness = 'error' in ready ? undefined : ready.body.trim();
  return {
    readiness,
    findings: [
      found('collector', 'ok', `${baseUrl} answers`),
      ...certificateOf(health, nowMs),
      readinessOf(readiness),
      clockOf(health, baseUrl, nowMs),
      ...(ring === undefined ? [] : [await lookAtItsKeys(baseUrl, ring)]),
    ],
  };
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** When its certificate ends; nothing without TLS. */
  readonly certificateEnds: string | undefined;
}

function ask(url: string): Promise<Answered | { readonly error: NodeJS.ErrnoException }> {
  const get = url.startsWith('https:') ? getSecure : getPlain;
  return new Promise((resolve) => {
    const request = get(url, { timeout: TIMEOUT_MS, agent: false }, (response) => {
      const certificateEnds = (response.socket as Partial<TLSSocket>).getPeerCertificate?.().valid_to;
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (body.length < BODY_BYTES_MAX) body += chunk;
      });
      response.on('error', (error) => resolve({ error }));
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: body.slice(0, BODY_BYTES_MAX), certificateEnds });
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)));
    request.on('error', (error) => resolve({ error }));
  });
}

/** What to do about errors that are not plain. */
const ERRORS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is unknown to the DNS server here; add its record',
  ECONNREFUSED: 'nothing listens there; start telltale serve and the proxy in front of it',
  CERT_HAS_EXPIRED: 'its certificate has expired; renew it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, which no mail client takes',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an authority that nobody knows',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the intermediate certificate is missing; serve the whole chain',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

function problemOf(answer: Awaited<ReturnType<typeof ask>>, baseUrl: string): string | undefined {
  if ('error' in answer) {
    return `${baseUrl} cannot be reached: ${ERRORS[answer.error.code ?? ''] ?? messageOf(answer.error)}.`;
  }
  const { status, headers, body } = answer;
  if (status >= 300 && status < 400) {
    return `${baseUrl} sends ${String(headers.location ?? 'elsewhere')} instead of an answer. Make that the base URL, or answer without a redirect: one-click unsubscribe follows none (RFC 8058).`;
  }
  if (status === 421) {
    return `The collector does not answer under this name. Start it with --base-url ${baseUrl}, or --host-name ${new URL(baseUrl).host}.`;
  }
  if (status === 200 && body.trim() === 'ok') return undefined;
  return `${baseUrl}/healthz answers ${status}, but not as Telltale does. Lead the proxy’s whole path to telltale serve.`;
}

function certificateOf({ certificateEnds }: Answered, nowMs: number): readonly Finding[] {
  if (certificateEnds === undefined) return [];
  const days = Math.floor((Date.parse(certificateEnds) - nowMs) / DAY_MS);
  const status = days >= CERTIFICATE_DAYS ? 'ok' : 'warning';
  return [
    found(
      'tls',
      status,
      `The certificate is good for ${days} more days${status === 'ok' ? '.' : '; see that it is renewed.'}`,
    ),
  ];
}

const READINESS: Readonly<Record<string, string>> = {
  behind: 'It has not heard from the database for a minute: revocations and withdrawals may be late. See its log.',
  full: 'Its journal is full: hits are answered and lost. See why they are not settled, in its log.',
  failing: 'Its disk takes no hits: they are answered and lost. See its log.',
};

function readinessOf(readiness: string | undefined): Finding {
  if (readiness === 'ready') return found('readiness', 'ok', 'It takes hits.');
  // What is misconfigured is told of proxies.
  if (readiness === 'misconfigured') return found('readiness', 'ok', 'It takes hits.');
  return found('readiness', 'problem', READINESS[readiness ?? ''] ?? 'It does not say whether it takes hits.');
}

function clockOf({ headers: { date } }: Answered, baseUrl: string, nowMs: number): Finding {
  const seconds = Math.round((nowMs - Date.parse(date ?? '')) / 1_000);
  if (Number.isNaN(seconds)) return found('clock', 'unknown', 'The answer has no date.');
  if (Math.abs(seconds) > CLOCK_SECONDS) {
    const way = seconds > 0 ? 'ahead of' : 'behind';
    return found(
      'clock',
      'problem',
      `This machine is ${Math.abs(seconds)} s ${way} the collector. Times of sends and hits will not fit: set both by NTP.`,
    );
  }
  if (isLoopbackName(new URL(baseUrl).hostname))
    return found('clock', 'unknown', 'The collector is this machine itself, so its clock says nothing.');
  return found('clock', 'ok', `${Math.abs(seconds)} s apart from the collector’s`);
}

/** The page of a way out changes nothing, and is there for whoever has the key alone. */
async function lookAtItsKeys(baseUrl: string, ring: KeyRing): Promise<Finding> {
  const way = prepareUnsubscribeToken(ring.signing(), 'telltale-doctor')('telltale-doctor');
  const answer = await ask(`${baseUrl}/u/${way}`);
  if ('error' in answer) return found('same-keys', 'problem', messageOf(answer.error));
  const other = await ask(`${baseUrl}/u/${'a'.repeat(way.length)}`);
  if (!('error' in other) && other.status === 200) {
    return found(
      'same-keys',
      'problem',
      'It answers 200 to a link that nobody sealed, so it is no collector. Lead the proxy’s whole path to telltale serve.',
    );
  }
  if (answer.status === 200) return found('same-keys', 'ok', 'The collector opens what is sealed here.');
  return found(
    'same-keys',
    'problem',
    `The collector does not know the key that seals here (${answer.status}): give both the same keys.json.`,
  );
}
