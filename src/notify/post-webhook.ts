// Sends one request to an endpoint: signed, to the address that was checked, for so long at most; a redirect is not followed,
// and of the answer nothing but its status matters.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { messageOf } from '../base/errors.ts';
import { noticeAnswerBytesMax, noticeTimeoutMs } from '../base/limits.ts';
import { signWebhook, webhookKey } from '../deliveries/standard-webhooks.ts';
import { findTarget, type Lookup, readWebhookUrl, type Target, type WebhookPolicy } from './webhook-target.ts';

export interface WebhookRequest {
  readonly url: string;
  readonly secret: string;
  readonly id: string;
  readonly body: string;
}

export interface PostOptions {
  readonly policy: WebhookPolicy;
  readonly lookup: Lookup;
  readonly now: () => number;
  readonly timeoutMs?: number | undefined;
  /** Lets go of the request. */
  readonly signal: AbortSignal;
}

/** Sends it; gives why it was not taken, or nothing when it was. */
export async function postWebhook(asked: WebhookRequest, options: PostOptions): Promise<string | undefined> {
  const { policy, lookup, timeoutMs = noticeTimeoutMs } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([timeout, options.signal]);
  try {
    const url = readWebhookUrl(asked.url, policy);
    const target = await orAborted(findTarget(url, policy, lookup), signal);
    const status = await send(url, target, asked, { ...options, signal });
    if (status >= 200 && status < 300) return undefined;
    return status >= 300 && status < 400
      ? `it answered ${status}: redirects are not followed`
      : `it answered ${status}`;
  } catch (error) {
    return timeout.aborted ? `it did not answer within ${timeoutMs / 1_000} s` : messageOf(error);
  }
}

function send(
  url: URL,
  { address, family }: Target,
  { id, secret, body }: WebhookRequest,
  { now, signal }: PostOptions,
): Promise<number> {
  const key = webhookKey(secret);
  if (key === undefined) throw new Error('its secret is none');
  const timestamp = Math.floor(now() / 1_000);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Telltale',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signWebhook(key, { id, timestamp, body }),
      },
      // Whatever the name says by now.
      lookup: (_host, { all }, found) =>
        all === true ? found(null, [{ address, family }]) : found(null, address, family),
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      // The status is what counts, however the rest comes.
      const { statusCode = 0 } = response;
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > noticeAnswerBytesMax) response.destroy();
      });
      response.on('error', () => undefined);
      response.on('close', () => resolve(statusCode));
    });
    sent.end(body);
  });
}

/** Rejects once the signal is given: a name that nobody answers for keeps nobody. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    promise.then(resolve, reject);
  });
}
