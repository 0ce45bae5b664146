// Reads a mirror of the control state: from memory, or from the file in microseconds; never from the store. Another
// thread or process may write the file meanwhile: a reader looks every half second whether it did.
import type { LinkOfMessage } from '../base/control-change.ts';
import { messageOf } from '../base/errors.ts';
import { hostsOf } from '../base/host.ts';
import { mirrorCacheEntries, mirrorFreshMs, mirrorLookMs } from '../base/limits.ts';
import { type Consent, lowestConsent } from '../base/nouns.ts';
import { remember } from '../base/remember.ts';
import { tombstoneMaker } from '../token/tombstone.ts';
import { type MirrorPlace, openMirrorFile, preparePlace } from './mirror-file.ts';

/** Where a short link leads, of how many links. */
export interface ShortLink {
  readonly destination: string;
  readonly count: number;
  /** The name of the parameter in which a click id is added. */
  readonly clickId: string | undefined;
}

export interface MirrorStatus {
  /** The place in the store's sequence; nothing before the mirror has come as far as the store once. */
  readonly seq: number | undefined;
  /** Milliseconds since the store last said that this was all; nothing when it never did. */
  readonly ageMs: number | undefined;
}

/** What is in force. All answers are synchronous and none waits for the store. */
export interface Mirror {
  /** Whether the message is revoked, or the link of it, or the host of the destination, as far as each is given. */
  isRevoked(of: {
    readonly message: string;
    readonly link?: number | undefined;
    readonly destination?: string | undefined;
  }): boolean;
  /** Where the link leads since it was corrected; nothing when it was not. */
  destinationOf(link: LinkOfMessage): string | undefined;
  /**
   * The link of a registered set. `not-mirrored`: it may be registered, but the mirror is too old to know; ask again
   * later. `unknown`: there is none.
   */
  shortLink(message: string, set: string, index: number): ShortLink | 'unknown' | 'not-mirrored';
  /** The most that may be learnt of a recipient; nothing when nobody said so. */
  consentOf(recipient: string): Consent | undefined;
  /** Whether nothing may be kept of a recipient any more. */
  isErased(recipient: string): boolean;
  status(): MirrorStatus;
  /** Looks at the file now instead of within half a second. */
  refresh(): void;
  close(): void;
}

export interface OpenMirrorOptions {
  /** Told when the file cannot be read, once until it can again; until then the mirror knows nothing. @default nothing */
  readonly onProblem?: ((error: unknown) => void) | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/**
 * Opens the mirror at `path`, made when there is none; its directory must exist.
 *
 * @throws TelltaleError `INVALID_MIRROR`.
 */
export function openMirror(path: string, { onProblem = () => {}, now = Date.now }: OpenMirrorOptions = {}): Mirror {
  const file = openMirrorFile(path);
  const find = prepareFinders(file);
  const placeNow = preparePlace(file);
  const messages = remember(mirrorCacheEntries, fromFile(find.isMessageRevoked));
  const links = remember(mirrorCacheEntries, fromFile(find.isLinkRevoked));
  const hosts = remember(mirrorCacheEntries, fromFile(find.isHostRevoked));
  const destinations = remember(mirrorCacheEntries, fromFile(find.destination));
  const shortLinks = remember(mirrorCacheEntries, fromFile(find.shortLink));
  const recipients = remember(
    mirrorCacheEntries,
    fromFile((id) => find.recipient(tombstoneMakers, id)),
  );
  /** Most hits are a recipient's first: where nobody withdrew anything, none is looked up. */
  let hasRecipients = true;
  let tombstoneMakers: readonly TombstoneMaker[] = [];
  let place: MirrorPlace | undefined;
  let version: unknown;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let isFailing = false;

  function refresh(): void {
    lookedMs = now();
    const current = file.pragma('data_version', { simple: true });
    if (current === version) return;
    const found = placeNow();
    if (found?.seq !== place?.seq || found?.log !== place?.log) {
      for (const memory of [messages, links, hosts, destinations, shortLinks, recipients]) memory.clear();
      tombstoneMakers = find.tombstoneKeys().map(tombstoneMaker);
      hasRecipients = find.hasRecipients();
    }
    version = current;
    place = found;
  }

  /** Answers from a file that was looked at lately. A file that cannot be read is a mirror that knows nothing. */
  function answer<T>(find: () => T, otherwise: T): T {
    try {
      const sinceMs = now() - lookedMs;
      // Below 0 when the clock was set back.
      if (sinceMs >= mirrorLookMs || sinceMs < 0) refresh();
      return find();
    } catch (error) {
      if (!isFailing) onProblem(new Error(`the mirror of the control state cannot be read: ${messageOf(error)}`));
      isFailing = true;
      return otherwise;
    }
  }

  /** What the file could be asked; an answer from memory says nothing of the file. */
  function fromFile<T>(ask: (key: string) => T): (key: string) => T {
    return (key) => {
      const found = ask(key);
      isFailing = false;
      return found;
    };
  }

  function recipientNow(id: string) {
    return hasRecipients ? recipients.get(id) : undefined;
  }

  function ageMs(): number | undefined {
    return place && Math.max(0, now() - place.confirmed_at_ms);
  }

  refresh();
  return {
    isRevoked: ({ message, link, destination }) =>
      answer(
        () =>
          messages.get(message) ||
          (link !== undefined && links.get(linkKey(message, link))) ||
          (destination !== undefined && hostsOf(destination).some((host) => hosts.get(host))),
        false,
      ),
    destinationOf: ({ message, index }) => answer(() => destinations.get(linkKey(message, index)), undefined),
    shortLink: (message, set, index) =>
      answer<ReturnType<Mirror['shortLink']>>(() => {
        const isFresh = (ageMs() ?? Number.POSITIVE_INFINITY) <= mirrorFreshMs;
        return shortLinks.get(`${set} ${linkKey(message, index)}`) ?? (isFresh ? 'unknown' : 'not-mirrored');
      }, 'not-mirrored'),
    consentOf: (recipient) => answer(() => recipientNow(recipient)?.consent, undefined),
    isErased: (recipient) => answer(() => recipientNow(recipient)?.isErased ?? false, false),
    status: () =>
      answer<MirrorStatus>(() => ({ seq: place?.seq, ageMs: ageMs() }), { seq: undefined, ageMs: undefined }),
    refresh,
    close: () => void file.close(),
  };
}

/** The index first: ids may hold blanks. */
function linkKey(message: string, index: number): string {
  return `${index} ${message}`;
}

function cut(key: string): readonly [string, string] {
  const at = key.indexOf(' ');
  return [key.slice(0, at), key.slice(at + 1)];
}

/** The questions to the file, each by the key that its answers are remembered by. */
function prepareFinders(file: ReturnType<typeof openMirrorFile>) {
  const message = file.prepare('SELECT 1 FROM revoked_messages WHERE message = ?');
  const link = file.prepare('SELECT 1 FROM revoked_links WHERE link_index = ? AND message = ?');
  const host = file.prepare('SELECT 1 FROM revoked_hosts WHERE host = ?');
  const destination = file
    .prepare<[number, string], string>('SELECT destination FROM destinations WHERE link_index = ? AND message = ?')
    .pluck();
  const shortLink = file.prepare<
    [number, string, string],
    Omit<ShortLink, 'clickId'> & { readonly clickId: string | null }
  >(`
    SELECT destination, link_count AS count, click_id AS clickId FROM sets JOIN set_links ON set_key = key AND link_index = ?
    WHERE message = ? AND name = ?
  `);
  const keys = file.prepare<[], Buffer>('SELECT key FROM tombstone_keys').pluck();
  const recipient = file.prepare<[Buffer], RecipientRow>(
    'SELECT opens, clicks, erased FROM recipients WHERE tombstone = ?',
  );
  const any = file.prepare('SELECT 1 FROM recipients LIMIT 1');
  return {
    isMessageRevoked: (key: string) => message.get(key) !== undefined,
    isLinkRevoked(key: string) {
      const [index, id] = cut(key);
      return link.get(Number(index), id) !== undefined;
    },
    isHostRevoked: (key: string) => host.get(key) !== undefined,
    destination(key: string) {
      const [index, id] = cut(key);
      return destination.get(Number(index), id);
    },
    shortLink(key: string) {
      const [set, rest] = cut(key);
      const [index, id] = cut(rest);
      const row = shortLink.get(Number(index), id, set);
      return row && { ...row, clickId: row.clickId ?? undefined };
    },
    tombstoneKeys: () => keys.all(),
    hasRecipients: () => any.get() !== undefined,
    recipient(makers: readonly TombstoneMaker[], id: string) {
      const rows = makers.flatMap((tombstoneOf) => recipient.get(tombstoneOf(id)) ?? []);
      if (rows.length === 0) return undefined;
      return { consent: lowestConsent(...rows), isErased: rows.some(({ erased }) => erased === 1) };
    },
  };
}

type TombstoneMaker = ReturnType<typeof tombstoneMaker>;

interface RecipientRow extends Consent {
  readonly erased: 0 | 1;
}
