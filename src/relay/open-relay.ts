// The sender's side without a database: sends are told to the collector's API in batches, in the background, and wait on disk
// while it is away. A mailing waits for nothing but its own disk.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseBaseUrl } from '../base/base-url.ts';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { relayBatch, relayCloseMs, relayKnownMs, relayRetryMaxMs, relayRetryMinMs } from '../base/limits.ts';
import { checkOptionNames, kindOf } from '../base/options.ts';
import { follow } from '../control/follow.ts';
import { openMirror } from '../control/open-mirror.ts';
import { openStore } from '../store/open-store.ts';
import type { SendLog } from '../track/send-log.ts';
import type { LinkStore } from '../track/short-links.ts';
import { type CollectorApi, collectorApi, RefusedRequest } from './collector-api.ts';
import { openRelayFile, type RelayFile } from './relay-file.ts';

export interface RelayOptions {
  /** Where the collector's API answers, without `/api/v1`: the base URL, or that of its admin port. */
  readonly url: string;
  /** An API token of scope `write`. */
  readonly token: string;
  /** Told of what does not stop the sending. @default a process warning */
  readonly onProblem?: ((error: unknown) => void) | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** Stands in for a store in `createTracker` and `sendAll`. */
export interface Relay extends LinkStore, SendLog {
  /**
   * Asks the collector who may be mailed and tracked, as `sendAll` does. While it is away, what was known within a
   * day holds.
   *
   * @throws TelltaleError `COLLECTOR_AWAY` when nothing younger is known.
   */
  refresh(): Promise<void>;
  /** What the collector has not taken yet. */
  waiting(): number;
  /**
   * Tells it what waits.
   *
   * @throws TelltaleError `COLLECTOR_AWAY`; it goes on waiting then.
   */
  flush(): Promise<void>;
  /** Tries for some seconds to tell what waits; the rest stays in the directory, for the next relay over it. */
  close(): Promise<void>;
}

/**
 * Opens a relay over a directory, made when there is none: what waits, the record of hand-overs, and a mirror of who may be
 * mailed and tracked. One process has it at a time.
 *
 * @throws TelltaleError `INVALID_OPTION`, `UNKNOWN_OPTION`, `INVALID_BASE_URL`, `INVALID_DATABASE`, `INVALID_MIRROR`.
 */
export async function openRelay(directory: string, options: RelayOptions): Promise<Relay> {
  checkOptionNames(options, ['url', 'token', 'onProblem', 'now'], 'openRelay');
  const url = parseBaseUrl(options.url);
  if (typeof options.token !== 'string' || options.token === '') {
    throw new TelltaleError(
      'INVALID_OPTION',
      `openRelay: token must be an API token, from telltale tokens new --scope write, but ${options.token === '' ? 'an empty text' : kindOf(options.token)} came.`,
    );
  }
  const { onProblem = warn, now = Date.now } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const api = collectorApi(url, options.token);
  const file = openRelayFile(join(directory, 'relay.db'));
  const log = await openStore(`sqlite:${join(directory, 'sending.db')}`);
  const path = join(directory, 'control.db');
  // What cannot be followed is told once, by who asks for it when a mailing begins.
  const follower = follow({ source: { changesAfter: (seq) => api.changesAfter(seq) }, path, onProblem: () => {}, now });
  const mirror = openMirror(path, { onProblem, now });
  const forwarder = startForwarding(file, api, onProblem);

  /** What was left when the file was closed. */
  let left: number | undefined;

  /** Asks who may be mailed; goes by what was known when the collector is away, if that is not old. */
  async function askWhoMayBeMailed(): Promise<void> {
    try {
      const [suppressed] = await Promise.all([api.suppressions(), follower.followNow()]);
      file.keepSuppressed(suppressed, now());
      mirror.refresh();
    } catch (error) {
      const knownMs = file.suppressedAtMs();
      const isKnown = knownMs !== undefined && mirror.status().seq !== undefined;
      if (isKnown && now() - knownMs < relayKnownMs) {
        onProblem(new Error(`${messageOf(error)} Who gets no mail is known from ${new Date(knownMs).toISOString()}.`));
        return;
      }
      const since = isKnown ? `was last known at ${new Date(knownMs).toISOString()}` : 'was never asked';
      throw new TelltaleError(
        'COLLECTOR_AWAY',
        `${messageOf(error)} Who has unsubscribed ${since}, so nobody is mailed. Try again when it answers.`,
        { cause: error },
      );
    }
  }

  return {
    refresh: askWhoMayBeMailed,
    waiting: () => left ?? file.waiting(),
    flush: () => forwarder.flush(),
    async recordSends(message, sends) {
      file.add(
        message,
        sends.map((send) => ({ kind: 'send', send })),
      );
      forwarder.wake();
    },
    async recordLinks(message, links) {
      if (links.length > 0) file.add(message, [{ kind: 'links', links }]);
      forwarder.wake();
    },
    recordShortLinks: (message, _set, links) => api.recordShortLinks(message, links),
    startSending: (message, run) => log.startSending(message, run),
    async logSends(message, run, { ended, ...rest }) {
      // Before the log: a send that is told twice counts once, one that is not told is lost.
      const sends = ended.flatMap(({ send }) => send ?? []);
      if (sends.length > 0)
        file.add(
          message,
          sends.map((send) => ({ kind: 'send', send })),
        );
      forwarder.wake();
      return await log.logSends(message, run, { ...rest, ended: ended.map((entry) => ({ ...entry, send: null })) });
    },
    endSending: (message, run) => log.endSending(message, run),
    async sendability(recipients) {
      return recipients.map((recipient) => ({
        recipient,
        suppressed: file.suppressionOf(recipient) ?? null,
        erased: mirror.isErased(recipient),
        consent: mirror.consentOf(recipient) ?? null,
      }));
    },
    async close() {
      if (left !== undefined) return;
      await forwarder.stop();
      left = file.waiting();
      await follower.stop();
      mirror.close();
      file.close();
      await log.close();
    },
  };
}

/** Tells what waits, one batch after the other; after a failure it rests, twice as long each time. */
function startForwarding(file: RelayFile, api: CollectorApi, onProblem: (error: unknown) => void) {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let resting: Promise<void> | undefined;
  let restMs = relayRetryMinMs;
  let isAway = false;

  async function tellAll(): Promise<void> {
    for (let batch = file.first(relayBatch); batch !== undefined; batch = file.first(relayBatch)) {
      try {
        await tell(batch);
      } catch (error) {
        if (!(error instanceof RefusedRequest)) throw error;
        // It would be refused for ever, and hold up all behind it.
        onProblem(new Error(`${batch.told.length} of ${batch.message} cannot be recorded: ${error.message}`));
      }
      file.remove(batch.through);
    }
  }

  async function tell({ message, told }: NonNullable<ReturnType<RelayFile['first']>>): Promise<void> {
    const sends = told.flatMap((one) => (one.kind === 'send' ? one.send : []));
    const links = told.flatMap((one) => (one.kind === 'links' ? one.links : []));
    if (links.length > 0) await api.recordLinks(message, links);
    if (sends.length === 0) return;
    for (const { line, reason } of await api.recordSends(message, sends)) {
      onProblem(new Error(`a send of ${message}, to ${sends[line - 1]?.recipient}, is not recorded: ${reason}`));
    }
  }

  function flush(): Promise<void> {
    running ??= tellAll()
      .then(() => {
        isAway = false;
        restMs = relayRetryMinMs;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function wake(): void {
    if (running !== undefined || resting !== undefined || stopping.signal.aborted) return;
    flush().catch((error) => {
      if (!isAway) onProblem(error);
      isAway = true;
      rest();
    });
  }

  function rest(): void {
    resting = sleep(restMs, undefined, { signal: stopping.signal, ref: false })
      .catch(() => {})
      .then(() => {
        resting = undefined;
        wake();
      });
    restMs = Math.min(restMs * 2, relayRetryMaxMs);
  }

  wake();
  return {
    flush,
    wake,
    async stop() {
      stopping.abort();
      const limit = new AbortController();
      await Promise.race([
        flush().catch((error) => {
          if (!isAway) onProblem(error);
        }),
        sleep(relayCloseMs, undefined, { signal: limit.signal }).catch(() => {}),
      ]);
      limit.abort();
    },
  };
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), { type: 'TelltaleWarning' });
}
