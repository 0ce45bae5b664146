// A whole service in this process over a directory of its own, on a free port of the loopback.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runService, type Service, type ServiceOptions } from '../../src/server/run-service.ts';
import { addKey, createKeyRing, type KeyRing, type KeyRingJson } from '../../src/token/key-ring.ts';
import { createTracker, type Tracker } from '../../src/track/create-tracker.ts';

export interface TestService extends Service {
  readonly directory: string;
  readonly ring: KeyRingJson;
  readonly keys: KeyRing;
  /** Rewrites mails whose readers it answers. */
  readonly tracker: Tracker;
  readonly problems: readonly unknown[];
  /** Closes the service and removes its directory. */
  end(): Promise<void>;
}

export async function startTestService(options: Partial<ServiceOptions> = {}): Promise<TestService> {
  const directory = await mkdtemp(join(tmpdir(), 'telltale-test-'));
  const ring = addKey(undefined, { secret: randomBytes(32), atMs: 0, sign: true });
  const keys = createKeyRing(ring);
  const problems: unknown[] = [];
  const onProblem = (error: unknown) => problems.push(error);
  const service = await runService({
    dataDirectory: directory,
    databaseUrl: `sqlite:${join(directory, 'telltale.db')}`,
    keys,
    host: '127.0.0.1',
    port: 0,
    onProblem,
    ...options,
  });
  const { baseUrl, store } = service;
  const tracker = createTracker({ baseUrl, keys, store, onProblem });
  const end = async () => {
    await tracker.close();
    await service.close();
    await rm(directory, { recursive: true, force: true });
  };
  // On a busy machine an answer leaves before its commit.
  const settleNow = async () => {
    await whenCommitted(service.journal);
    await service.settler.settleNow();
  };
  return { ...service, settler: { ...service.settler, settleNow }, directory, ring, keys, tracker, problems, end };
}

/** Resolves when every hit that was taken is on disk. */
function whenCommitted(journal: Pick<Service['journal'], 'counts' | 'onCommit'>): Promise<void> {
  return new Promise((resolve) => {
    const stop = journal.onCommit(look);
    function look(): void {
      if (journal.counts().waiting > 0) return;
      stop();
      resolve();
    }
    look();
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

/** One request with exactly these headers; redirects are not followed. */
export function ask(
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Buffer;
    /** Sent as it is in place of the URL's path. */
    readonly path?: string;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, path } = options;
    const sent = request(url, { method, headers, agent: false, ...(path && { path }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, text: whole.toString() });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The first tracked URL of a kind in a mail. */
export function urlIn(html: string, kind: 'o' | 'c'): string {
  const found = new RegExp(`https?://[^"'\\s>]+/${kind}/[^"'\\s>]+`).exec(html);
  if (found === null) throw new Error(`the mail has no /${kind}/ URL`);
  return found[0];
}
