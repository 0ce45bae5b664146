// Short links: a mail's set of links is named by all of them, so while it is compiled each L gets its index and a gap,
// which is filled when the last link is known. Such a mail is not rendered before the store knows where its links lead.
import type { ShortDestination } from '../base/control-change.ts';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { registeredSetsMax, shortLinksMax } from '../base/limits.ts';
import { shortLinkToken, shortSetOf } from '../token/short-link-token.ts';
import type { CompiledSource, MailLink } from './compile-mail.ts';
import type { SignLink } from './fit-link.ts';
import type { SendStore, ShortLinkStore } from './send-queue.ts';
import type { Splice } from './template.ts';

/** A store that takes short links, too. */
export type LinkStore = SendStore & ShortLinkStore;

/** Whether a store takes short links. */
export function takesShortLinks(store: SendStore | undefined): store is LinkStore {
  return store !== undefined && 'recordShortLinks' in store && typeof store.recordShortLinks === 'function';
}

/** Whether a mail's links are known to the store, and how to make them so. */
export interface Registration {
  isDone(): boolean;
  register(): Promise<void>;
}

/** Makes L short where it can be: a trap carries its flag itself, and the index of a short L has 15 bits. */
export function shortSigner(signLink: SignLink): SignLink {
  return (link, clickId) =>
    link.honeypot || link.index >= shortLinksMax ? signLink(link, clickId) : shortLinkToken(UNNAMED, link.index);
}

/** A mail's short links, named. */
export interface ShortMail {
  readonly source: CompiledSource;
  readonly set: string;
  readonly links: readonly ShortDestination[];
}

/** Names the set of a mail that was compiled with {@link shortSigner}. */
export function nameLinks(source: CompiledSource): ShortMail {
  const links = source.links
    .filter(({ index, merged }) => index < shortLinksMax && merged === undefined)
    .map(({ index, destination, clickId }) => ({ index, destination, ...(clickId !== undefined && { clickId }) }));
  const set = shortSetOf(links);
  const named = (splice: Splice): Splice =>
    splice.after.length === GAP.length
      ? { ...splice, after: `/${set}${splice.after.slice(UNNAMED.length + 1)}` }
      : splice;
  const linkSplices = source.linkSplices.map(named);
  return { source: { ...source, linkSplices, textSplices: source.textSplices.map(named) }, set, links };
}

/** The name of a set that has none yet. */
const UNNAMED = 'aaaaa';
/** What stands behind R in a short link; a self-contained L is longer. */
const GAP = `/${shortLinkToken(UNNAMED, 0)}`;

/** Remembers which sets are registered, so that a mail compiled again need not be. */
export function createRegistry(): (store: LinkStore, message: string, mail: ShortMail) => Registration {
  const registered = new Set<string>();
  return (store, message, { set, links, source }) => {
    const name = `${set} ${message}`;
    return {
      isDone: () => links.length === 0 || registered.has(name),
      async register() {
        if (links.length > 0) await store.recordShortLinks(message, set, links, 'library');
        await store.recordLinks(message, source.links);
        registered.delete(name);
        registered.add(name);
        if (registered.size > registeredSetsMax) registered.delete(registered.values().next().value ?? '');
      },
    };
  };
}

/** Self-contained links need no store to work; one that is there is told their names. */
export function selfContained(store: SendStore | undefined, message: string, links: readonly MailLink[]): Registration {
  return {
    isDone: () => true,
    register: async () => void (await store?.recordLinks(message, links)),
  };
}

/** Does something more once a mail's links are registered. */
export function registeredThen(registration: Registration, then: () => void): Registration {
  return {
    ...registration,
    async register() {
      await registration.register();
      then();
    },
  };
}

/** Refuses to render what would not lead anywhere. */
export function notRegistered(message: string): TelltaleError {
  return new TelltaleError(
    'LINKS_NOT_REGISTERED',
    `Message ${quote(message)} has short links that the store does not know yet. Call await mail.register() before the first mail.`,
  );
}
