// `telltale export --events`: the events that are still kept, one a line, of one message or of all, the newest message first.
// Whatever ends it, the last whole line says where to go on.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { pageRowsMax } from '../base/limits.ts';
import { encodeKey } from '../report/cursor.ts';
import { listEvents } from '../report/list-events.ts';
import { listMessages } from '../report/list-messages.ts';
import type { Store } from '../store/open-store.ts';
import { type Io, say, writeOut } from './io.ts';
import { count } from './progress.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';

export interface ExportEventsFlags extends CommonFlags {
  readonly message?: string;
  readonly since?: string;
  readonly until?: string;
  readonly cursor?: string;
}

/** An event: its own id, and its message's. */
interface Place {
  readonly id: string;
  readonly message: string;
}

/** Runs the command; returns the exit status. */
export async function exportEvents(flags: ExportEventsFlags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  const time = { fromMs: readTime('--since', flags.since), beforeMs: readTime('--until', flags.until) };
  const after = flags.cursor === undefined ? undefined : readPlace(flags.cursor);
  if (after !== undefined && flags.message !== undefined && after.message !== flags.message)
    throw notOurs(flags.cursor);
  let isStopped = false;
  const release = io.onInterrupt?.(() => {
    isStopped = true;
  });
  let exported = 0;
  let last = after;
  try {
    await withStore(settings, { migrate: false }, async (store) => {
      for await (const message of messagesOf(store, flags.message, after)) {
        let cursor = message === after?.message ? encodeKey('e', after.id) : null;
        do {
          const page = await listEvents(store, { message, cursor, limit: pageRowsMax, ...time });
          if (page.items.length > 0)
            await writeOut(io, page.items.map((event) => `${JSON.stringify(event)}\n`).join(''));
          exported += page.items.length;
          last = page.items.at(-1) ?? last;
          cursor = page.next;
        } while (cursor !== null && !isStopped);
        if (isStopped) return;
      }
    });
  } finally {
    release?.();
  }
  if (!settings.quiet) say(io, `${count(exported)} ${exported === 1 ? 'event' : 'events'}.`);
  if (!isStopped) return 0;
  if (last !== undefined) say(io, `It was interrupted. Go on with --cursor ${quote(`${last.id}@${last.message}`)}.`);
  return 130;
}

/** Messages from the newest on, or from that of a place; or the one that is asked for. */
async function* messagesOf(store: Store, only: string | undefined, after: Place | undefined): AsyncGenerator<string> {
  if (only !== undefined) return yield only;
  let isBehind = after === undefined;
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listMessages>> = await listMessages(store, { cursor, limit: pageRowsMax });
    for (const { id } of page.items) {
      isBehind ||= id === after?.message;
      if (isBehind) yield id;
    }
    cursor = page.next;
  } while (cursor !== null);
  if (!isBehind) throw notOurs(`${after?.id}@${after?.message}`);
}

function readPlace(text: string): Place {
  const [, id = '', message = ''] = /^([0-9a-f]{32})@(.+)$/s.exec(text) ?? [];
  if (id === '') throw notOurs(text);
  return { id, message };
}

function notOurs(text = ''): TelltaleError {
  return new TelltaleError(
    'INVALID_CURSOR',
    `--cursor is the id of the last event and its message, with an @ between: 019b78e5a3c07d1f8a4be2c59f60d713@spring-sale, of a message that is there, but ${quote(text)} came.`,
  );
}

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

function readTime(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const atMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return atMs;
  throw new TelltaleError(
    'USAGE',
    `${flag} is a day (of UTC) or a time of ISO 8601, like 2026-01-01 or 2026-01-01T09:00:00Z, but ${quote(text)} came.`,
  );
}
