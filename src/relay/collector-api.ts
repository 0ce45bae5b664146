// The collector's API as a sender on another machine speaks to it.
import { z } from 'zod';
import type { ControlPage, ShortDestination } from '../base/control-change.ts';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { relayAnswerMs } from '../base/limits.ts';
import { SUPPRESSION_REASONS, type SuppressionReason } from '../base/nouns.ts';
import type { Send } from '../track/send-queue.ts';
import type { NamedLink } from './relay-file.ts';

export interface CollectorApi {
  /** Records sends; gives the lines that were refused, from 1, with the reasons. */
  recordSends(
    message: string,
    sends: readonly Send[],
  ): Promise<readonly { readonly line: number; readonly reason: string }[]>;
  recordLinks(message: string, links: readonly NamedLink[]): Promise<void>;
  recordShortLinks(message: string, links: readonly ShortDestination[]): Promise<void>;
  /** Who gets no mail, all of them. */
  suppressions(): Promise<readonly (readonly [recipient: string, reason: SuppressionReason])[]>;
  changesAfter(seq: number): Promise<ControlPage>;
}

/** Statuses of what cannot be used, however often it is asked. */
const REFUSALS: readonly number[] = [400, 409, 413];

/** An answer of the collector that will be the same the next time: what was asked cannot be used. */
export class RefusedRequest extends Error {}

const REJECTED = z.object({ rejected: z.array(z.object({ line: z.int(), reason: z.string() })) });
const SUPPRESSED = z.object({ recipient: z.string(), reason: z.enum(SUPPRESSION_REASONS) });
const PAGE = z.object({
  ...{ log: z.string(), tombstoneKey: z.string(), last: z.int() },
  changes: z.array(z.object({ seq: z.int(), change: z.looseObject({ kind: z.string() }) })),
});

/**
 * Makes the client; `url` is where the API answers, without `/api/v1`.
 *
 * Its methods throw TelltaleError `COLLECTOR_AWAY`, and {@link RefusedRequest} where asking again would not help.
 */
export function collectorApi(url: string, token: string): CollectorApi {
  const base = `${url.replace(/\/+$/, '')}/api/v1`;

  async function ask(path: string, body?: string): Promise<string> {
    const method = body === undefined ? 'GET' : 'POST';
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(base + path, {
        method,
        headers: { authorization: `Bearer ${token}`, accept: 'application/json, application/x-ndjson;q=0.9' },
        redirect: 'error',
        signal: AbortSignal.timeout(relayAnswerMs),
        ...(body !== undefined && { body }),
      });
      text = await answer.text();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw away(url, messageOf(cause), error);
    }
    if (answer.ok) return text;
    const problem = detailOf(text);
    // Of a proxy in between, or where the API answers elsewhere (404), it says nothing of what was asked.
    if (problem !== undefined && REFUSALS.includes(answer.status)) throw new RefusedRequest(problem);
    const detail = problem ?? `it answers ${answer.status}`;
    throw away(url, answer.status === 401 || answer.status === 403 ? `the API token is refused (${detail})` : detail);
  }

  const ofMessage = (message: string, what: string) => `/messages/${encodeURIComponent(message)}/${what}`;
  const read = <T>(schema: z.ZodType<T>, text: string): T => {
    const parsed = schema.safeParse(parse(text));
    if (parsed.success) return parsed.data;
    throw away(url, `${quote(text.slice(0, 80))} is no answer of Telltale`);
  };

  return {
    async recordSends(message, sends) {
      const lines = sends.map((send) => JSON.stringify(toLine(send))).join('\n');
      return read(REJECTED, await ask(ofMessage(message, 'sends'), lines)).rejected;
    },
    async recordLinks(message, links) {
      const named = links.map(({ index, destination, name, merged = false }) => ({
        ...{ index, name },
        ...(merged ? { template: destination } : { destination }),
      }));
      await ask(`${ofMessage(message, 'links')}?short=false`, JSON.stringify(named));
    },
    async recordShortLinks(message, links) {
      await ask(ofMessage(message, 'links'), JSON.stringify(links));
    },
    async suppressions() {
      const text = await ask('/suppressions?format=ndjson');
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => {
        const { recipient, reason } = read(SUPPRESSED, line);
        return [recipient, reason];
      });
    },
    async changesAfter(seq) {
      const page = read(PAGE, await ask(`/changes?after=${seq}`));
      return { ...page, tombstoneKey: Buffer.from(page.tombstoneKey, 'base64url') } as unknown as ControlPage;
    },
  };
}

function toLine({ recipient, atMs, isTimed = true, domain, consent }: Send) {
  return {
    recipient,
    // A time that nobody said is the time at which the collector hears of it.
    ...(isTimed && { at: new Date(atMs).toISOString() }),
    ...(domain !== undefined && { domain }),
    ...(consent !== undefined && { consent }),
  };
}

function away(url: string, why: string, cause?: unknown): TelltaleError {
  return new TelltaleError('COLLECTOR_AWAY', `The collector’s API at ${url} cannot be used: ${why}.`, { cause });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The sentence of a problem (RFC 9457). */
function detailOf(text: string): string | undefined {
  const problem = z.object({ detail: z.string() }).safeParse(parse(text));
  return problem.success ? problem.data.detail.replace(/\.$/, '') : undefined;
}
