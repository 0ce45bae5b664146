// The collector as a Koa middleware: mount it in an app of your own, or let createApp do it.
import type { Context, Middleware } from 'koa';
import { attributionDaysDefault } from '../base/limits.ts';
import type { HitKind } from '../base/nouns.ts';
import { checkOptionNames } from '../base/options.ts';
import type { Journal } from '../journal/open-journal.ts';
import type { Networks } from '../networks/prepare-networks.ts';
import { shippedNetworks } from '../networks/shipped-lists.ts';
import { preparePeers } from '../token/peer.ts';
import type { Tracker } from '../track/create-tracker.ts';
import { emptyAnswer, giveAnswer } from './answer.ts';
import type { ClickIdOmission } from './click-ids.ts';
import { type AddressOf, prepareAddressOf } from './client-address.ts';
import { type Collect, makeCollect } from './collect.ts';
import { type ControlState, NO_CONTROL } from './control-state.ts';
import { type ClientOf, type Consents, headerOf } from './make-hit.ts';
import type { Names } from './open-names.ts';
import { type ClientProblem, type ClientWatch, watchClients } from './watch-clients.ts';

export interface CollectorOptions {
  /** The tracker whose mail comes back here: its keys, its base URL. */
  readonly tracker: Pick<Tracker, 'baseUrl' | 'keys'> & Partial<Pick<Tracker, 'baseUrls'>>;
  /** Where hits are written before they are answered. */
  readonly journal: Pick<Journal, 'append'>;
  /** What is revoked, corrected, withdrawn, and where short links lead. @default nothing; short links answer 404 */
  readonly control?: ControlState | undefined;
  /** Whom the page of a revoked link names. @default abuse@ and the base URL's host (RFC 2142) */
  readonly abuseContact?: string | undefined;
  /**
   * Proxies in front, whose X-Forwarded-For is believed: their number (`1`), or their addresses
   * (`10.0.0.0/8, 2001:db8::1, loopback, private`). @default none
   */
  readonly trustedProxies?: string | undefined;
  /** What is known of networks. @default the lists in the package */
  readonly networks?: Networks | undefined;
  /** Told once of each reason for which readers cannot be told apart: a proxy that is not named, for one. @default nothing */
  readonly onHidden?: ((problem: ClientProblem) => void) | undefined;
  /** Told of the peer of a proxy that was found to hide its readers, so that `store.hidePeer` may judge what came before. @default nothing */
  readonly onHiddenPeer?: ((hidden: { readonly peer: string; readonly atMs: number }) => void) | undefined;
  /** Asks for the names of addresses (`openNames`), after their requests were answered. @default none are asked for */
  readonly names?: Pick<Names, 'note'> | undefined;
  /** Where the preferences page notes that somebody wants no tracking: a store. @default it offers to unsubscribe alone */
  readonly consents?: Consents | undefined;
  /** Told when that could not be noted. @default nothing */
  readonly onProblem?: ((error: unknown) => void) | undefined;
  /** Told of each request that leaves no hit, and why. @default nothing */
  readonly onIgnored?: ((kind: HitKind | 'conversion', reason: string) => void) | undefined;
  /** Told of each redirect whose link asks for a click id and that has none, and why. @default nothing */
  readonly onNoClickId?: ((reason: ClickIdOmission) => void) | undefined;
  /** Days before a conversion in which clicks count; a click id is good for a day more. @default 7 */
  readonly attributionDays?: number | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** Names of the options, for those who take them among their own. */
export const COLLECTOR_OPTIONS: readonly string[] = [
  ...['tracker', 'journal', 'control', 'abuseContact', 'trustedProxies', 'networks', 'onHidden', 'onHiddenPeer'],
  ...['names', 'consents', 'onProblem', 'onIgnored', 'onNoClickId', 'attributionDays', 'now'],
];

/**
 * Makes the middleware for `/o/`, `/c/`, `/u/`, `/p/`, `/v.gif` and `/telltale.js`, under the base URL's path and without it. Everything else is left
 * to the next middleware.
 *
 * @throws TelltaleError `UNKNOWN_OPTION`, `INVALID_OPTION`.
 */
export function collector(options: CollectorOptions): Middleware {
  checkOptionNames(options, COLLECTOR_OPTIONS, 'collector');
  return asMiddleware(prepareCollect(options).collect);
}

/** The core, and what it notices of its readers. */
export interface PreparedCollect {
  readonly collect: Collect;
  readonly watch: ClientWatch;
}

/** The core with its options completed. */
export function prepareCollect(options: CollectorOptions): PreparedCollect {
  const { keys, baseUrl, baseUrls = [baseUrl] } = options.tracker;
  const { trustedProxies = '', networks = shippedNetworks(), onHidden = () => {}, onHiddenPeer = () => {} } = options;
  const { names } = options;
  const hasTrustedProxies = !['', '0'].includes(trustedProxies.trim());
  const peerOf = preparePeers(keys);
  const watch = watchClients({
    hasTrustedProxies,
    onProblem: onHidden,
    onSameAddress: ({ address, atMs }) => onHiddenPeer({ peer: peerOf(address, atMs), atMs }),
  });
  const collect = makeCollect({
    keys,
    baseUrls,
    abuseContact: options.abuseContact ?? `abuse@${new URL(baseUrl).hostname}`,
    append: (hit) => options.journal.append(hit),
    control: options.control ?? NO_CONTROL,
    now: options.now ?? Date.now,
    clientOf: prepareClientOf({ addressOf: prepareAddressOf(trustedProxies), peerOf, networks, watch, names }),
    countIgnored: options.onIgnored ?? (() => {}),
    consents: options.consents,
    onProblem: options.onProblem ?? (() => {}),
    countNoClickId: options.onNoClickId ?? (() => {}),
    attributionMs: (options.attributionDays ?? attributionDaysDefault) * 86_400_000,
  });
  return { collect, watch };
}

/** What a hit keeps of an address: all that needs it is looked up here, and then it is forgotten. */
function prepareClientOf(of: {
  readonly addressOf: AddressOf;
  readonly peerOf: ReturnType<typeof preparePeers>;
  readonly networks: Networks;
  readonly watch: ClientWatch;
  readonly names: CollectorOptions['names'];
}): ClientOf {
  const { addressOf, peerOf, networks, watch, names } = of;
  return (request, { recipient, atMs }) => {
    const { headers } = request;
    const address = addressOf(request);
    const network = watch.look({
      address,
      network: networks.kindOf(address),
      recipient,
      userAgent: headerOf(headers, 'user-agent'),
      isForwarded: FORWARDING.some((name) => headers[name] !== undefined),
      atMs,
    });
    const peer = peerOf(address, atMs);
    // A hit of nobody is counted as it comes, whatever is found later.
    if (recipient !== null) names?.note({ address, peer, network, atMs });
    return { peer, network, networkLists: networks.version };
  };
}

/** Headers by which a proxy says that it passes a request on. */
const FORWARDING = ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'];

/** The core as a middleware. */
export function asMiddleware(collect: Collect): Middleware {
  return async (ctx, next) => {
    const path = pathOf(ctx);
    if (path === undefined) return giveAnswer(ctx, emptyAnswer(400));
    const answering = collect(ctx.req, path);
    if (answering === undefined) return next();
    giveAnswer(ctx, await answering);
  };
}

/** The path of a request; nothing for an absolute form (`GET http://[/o/…`) that is no URL. */
function pathOf(ctx: Context): string | undefined {
  try {
    return ctx.path;
  } catch {
    return undefined;
  }
}
