// createTracker: what a sender holds. It compiles mails, makes them a recipient's, and opens what comes back.
import { type BaseUrls, chooseBaseUrl, parseBaseUrls } from '../base/base-url.ts';
import { parseDestination, stripUrl } from '../base/destination.ts';
import { TelltaleError } from '../base/errors.ts';
import { checkId } from '../base/ids.ts';
import { idBytesMax, mailQueueMax } from '../base/limits.ts';
import { type Consent, lowestConsent } from '../base/nouns.ts';
import { checkChoice, checkFlag, checkOptionNames, kindOf } from '../base/options.ts';
import type { PixelPlacement } from '../html/find-pixel-places.ts';
import { MERGE_ENGINES, type MergeSyntax } from '../html/merge-tags.ts';
import { addresseeChars } from '../token/addressee.ts';
import { createKeyRing, isKeyRing, type KeyRing, type KeyRingJson } from '../token/key-ring.ts';
import { signLinkToken } from '../token/link-token.ts';
import { type CopiedSource, compileSource } from './compile-mail.ts';
import { type CompiledMail, makeCompiledMail, type RenderedMail } from './compiled-mail.ts';
import type { SignLink } from './fit-link.ts';
import { createMailQueue, keepsMails, type MailStore } from './mail-queue.ts';
import { type ClickIdOption, readClickIdOption } from './read-click-id.ts';
import { readConsent } from './read-consent.ts';
import { checkPolicy, joinPolicies, type Policy } from './read-policy.ts';
import { readUtm, type UtmOptions } from './read-utm.ts';
import { createSendQueue, type Send, type SendStore } from './send-queue.ts';
import {
  createRegistry,
  type LinkStore,
  nameLinks,
  type Registration,
  registeredThen,
  selfContained,
  shortSigner,
  takesShortLinks,
} from './short-links.ts';

export interface TrackerOptions {
  /** The https address where the collector answers; a path is allowed. */
  readonly baseUrl: string;
  /** More addresses of that collector, of which a mail may take one: `compile(html, { baseUrl })`. @default none */
  readonly baseUrls?: readonly string[] | undefined;
  /** The key ring: the JSON of keys.json, its text, or a ring made by `createKeyRing`. */
  readonly keys: KeyRing | KeyRingJson | string;
  /** Where sends and link names are recorded; without one, tracking works and reports know no denominator. @default none */
  readonly store?: SendStore | LinkStore | (SendStore & MailStore);
  /**
   * How links find their destination: it travels in the link and outlives every database, or (`short`) it stands in the
   * store, which must be told before the first mail: `await mail.register()`. @default 'self-contained'
   */
  readonly links?: LinkForm;
  /** Where the pixel goes. Gmail cuts the end of long mail. @default 'top' */
  readonly pixel?: PixelPlacement;
  /** The highest level of tracking of any mail of this tracker. @default individual for both */
  readonly consent?: Partial<Consent>;
  /** Which links are tracked, by rules or a function; a mail's own policy comes before it. @default all that can be */
  readonly policy?: Policy;
  /**
   * Whether the store keeps each compiled mail as it was sent, for the click map. Nothing of a mail for one recipient
   * (`rewrite`, the plugin) is kept, unless that call says so. @default true
   */
  readonly keepMail?: boolean;
  /** Adds a click id to where links lead, for mails that do not say. @default false */
  readonly clickId?: ClickIdOption;
  /** UTM parameters of mails that do not say. @default none */
  readonly utm?: UtmOptions;
  /** Told of what went wrong beside the sending: a store that is down. @default a process warning */
  readonly onProblem?: (error: unknown) => void;
}

/** The destination in the link itself, or in the store. */
export type LinkForm = 'self-contained' | 'short';

export interface CompileOptions {
  /** The sender's own id of the mailing, 1-128 bytes. */
  readonly message: string;
  /** Where the links of this mail lead: one of the tracker's addresses, say of a brand. @default the tracker's base URL */
  readonly baseUrl?: string | undefined;
  /** The text part; its http(s) URLs are wrapped too. @default none */
  readonly text?: string | undefined;
  /** How links find their destination. @default the tracker's */
  readonly links?: LinkForm | undefined;
  /** Where the pixel goes. @default the tracker's */
  readonly pixel?: PixelPlacement | undefined;
  /** The highest level of tracking of this mail. @default the tracker's */
  readonly consent?: Partial<Consent> | undefined;
  /** Which links are tracked; overrides opt-out attributes and the rules of caution, both ways. @default the tracker's */
  readonly policy?: Policy | undefined;
  /**
   * Adds a click id to where links lead when they redirect, by which a shop can say what was bought: true for the
   * parameter `tt_click`, or a name. A link says otherwise by `data-telltale-click-id`: off, on or a name.
   * @default the tracker's
   */
  readonly clickId?: ClickIdOption | undefined;
  /** UTM parameters, added to where tracked links lead. @default the tracker's */
  readonly utm?: UtmOptions | undefined;
  /** The mail's own ways to unsubscribe, which stay untouched: URLs, or the value of its List-Unsubscribe. @default none */
  readonly unsubscribe?: string | readonly string[] | undefined;
  /** Takes attributes that speak of tracking out of links. @default false */
  readonly stripOptOutAttributes?: boolean | undefined;
  /** Puts in a link that no person sees, so that who follows it is known as a program. @default false */
  readonly honeypot?: boolean | undefined;
  /**
   * The engine that merges the mail later: `liquid`, `handlebars`, `mailchimp`, or delimiters `{ open, close }`. Its
   * tags stay as they are; links that overlap one are left alone. @default none: the mail is finished
   */
  readonly merge?: MergeSyntax | undefined;
  /** Marks the hits of this mail as test traffic, which reports leave out. @default false */
  readonly test?: boolean | undefined;
  /** Pads every R of the mail to the length for an id of that many bytes; longer ids are refused. @default no padding */
  readonly recipientBytes?: number | undefined;
  /**
   * Whether the store keeps the HTML as it was sent, for the click map: say no where it holds what is one recipient's own.
   * `registered` keeps it when the mail's links are registered, which `sendAll` does right before the first mail.
   * @default the tracker's for `compile`, false for `rewrite`; never for test traffic
   */
  readonly keepMail?: boolean | 'registered' | undefined;
}

export interface Tracker {
  readonly baseUrl: string;
  /** All addresses that a mail may take, the base URL first. */
  readonly baseUrls: readonly string[];
  readonly keys: KeyRing;
  /**
   * Compiles a mail once for all its recipients.
   *
   * @param html the finished HTML, after templates, MJML and CSS inlining.
   * @throws TelltaleError `INVALID_ID`, `INVALID_OPTION`, `UNKNOWN_OPTION`; never for what the HTML holds.
   */
  compile(html: string, options: CompileOptions): CompiledMail;
  /** Compiles and renders a mail for one recipient. */
  rewrite(html: string, options: CompileOptions & { readonly recipient: string | null }): RenderedMail;
  /** Records a send in the store, beside the sending. Returns false when there is no store or the queue is full. */
  recordSend(message: string, send: Send): boolean;
  /** Tells of a problem that must not stop a mail. */
  reportProblem(error: unknown): void;
  /** Waits until all sends are recorded and all mails are kept. */
  close(): Promise<void>;
}

const TRACKER_OPTIONS = [
  ...['baseUrl', 'baseUrls', 'keys', 'store', 'links', 'pixel', 'consent', 'policy', 'keepMail'],
  ...['clickId', 'utm', 'onProblem'],
];
const COMPILE_OPTIONS = [
  ...['message', 'baseUrl', 'text', 'pixel', 'consent', 'test', 'recipientBytes'],
  ...['policy', 'unsubscribe', 'stripOptOutAttributes', 'honeypot', 'merge', 'links', 'keepMail', 'clickId', 'utm'],
];
const LINK_FORMS = ['self-contained', 'short'] as const;
const PIXEL_PLACEMENTS = ['top', 'bottom', 'both', 'placeholder', 'none'] as const;

/**
 * Makes a tracker.
 *
 * @throws TelltaleError `INVALID_BASE_URL`, `INVALID_KEYS`, `INVALID_OPTION`, `UNKNOWN_OPTION`.
 */
export function createTracker(options: TrackerOptions): Tracker {
  checkOptionNames(options, TRACKER_OPTIONS, 'createTracker');
  const baseUrls = parseBaseUrls(options.baseUrl, options.baseUrls);
  const keys = isKeyRing(options.keys) ? options.keys : createKeyRing(options.keys);
  const pixel = checkChoice(options.pixel ?? 'top', PIXEL_PLACEMENTS, 'pixel');
  const links = checkChoice(options.links ?? 'self-contained', LINK_FORMS, 'links');
  const consent = readConsent(options.consent, 'createTracker');
  if (options.policy !== undefined) checkPolicy(options.policy, 'createTracker');
  const keepMail = options.keepMail === undefined || checkFlag(options.keepMail, 'keepMail');
  const clickId = readClickIdOption(options.clickId) ?? undefined;
  const utm = readUtm(options.utm);
  const reportProblem = options.onProblem ?? warn;
  const store = options.store;
  if (links === 'short' && !takesShortLinks(store)) throw noLinkStore('createTracker');
  const registrationOf = createRegistry();
  const queue = store && createSendQueue(store, reportProblem);
  const mails = keepsMails(store) ? createMailQueue(store, reportProblem) : undefined;

  function keep(mail: ReturnType<typeof readCompileOptions>, copy: CopiedSource['copy']): void {
    if (mail.keepMail === false || mail.test || copy === undefined) return;
    if (mails?.push(mail.message, copy) === false) reportProblem(new Error(TOO_MANY_MAILS));
  }

  function compile(html: string, given: CompileOptions): CompiledMail {
    const mail = readCompileOptions(html, given, { pixel, consent, links, keepMail, baseUrls });
    const key = keys.signing();
    const { message, recipientBytes } = mail;
    const signLink: SignLink = (link, id) => signLinkToken(key, message, link, id);
    const ownClickId = readClickIdOption(given.clickId);
    const adornment = {
      message,
      clickId: ownClickId === undefined ? clickId : (ownClickId ?? undefined),
      utm: readUtm(given.utm) ?? utm,
    };
    const isShort = mail.links === 'short';
    const merge = readMerge(given.merge);
    const { copy, ...found } = compileSource({
      html,
      text: mail.text,
      baseUrl: mail.baseUrl,
      ownUrls: baseUrls,
      pixel: mail.pixel,
      recipientBytes,
      tokenChars: (bytes) => addresseeChars(message, bytes),
      signLink: isShort ? shortSigner(signLink) : signLink,
      adornment,
      policy: joinPolicies(message, [given.policy, options.policy]),
      unsubscribeUrls: readWaysOut(given.unsubscribe),
      stripOptOutAttributes: checkFlag(given.stripOptOutAttributes, 'stripOptOutAttributes'),
      honeypot: checkFlag(given.honeypot, 'honeypot'),
      merge,
    });
    const isKeptLater = mail.keepMail === 'registered';
    if (!isKeptLater) keep(mail, copy);
    const afterwards = (registration: Registration) =>
      isKeptLater ? registeredThen(registration, () => keep(mail, copy)) : registration;
    const forMail = { ...mail, html, ownUrls: baseUrls, key, merge, adornment };
    if (!isShort) {
      const registration = afterwards(selfContained(store, message, found.links));
      return makeCompiledMail(found, { ...forMail, registration });
    }
    if (!takesShortLinks(store)) throw noLinkStore('compile');
    const short = nameLinks(found);
    const registration = afterwards(registrationOf(store, message, short));
    return makeCompiledMail(short.source, { ...forMail, registration });
  }

  return {
    baseUrl: baseUrls[0],
    baseUrls,
    keys,
    compile,
    rewrite(html, { recipient, ...rest }) {
      return compile(html, { ...rest, keepMail: rest.keepMail ?? false }).render(recipient);
    },
    recordSend: (message, send) => queue?.push(message, send) ?? false,
    reportProblem,
    async close() {
      await queue?.drain();
      await mails?.drain();
    },
  };
}

const TOO_MANY_MAILS = `Over ${mailQueueMax} mails were compiled at once, so this one is not kept for the click map. Compile a mail once for all its recipients, or say keepMail: false.`;

function noLinkStore(of: string): TelltaleError {
  return new TelltaleError(
    'INVALID_OPTION',
    `${of}: links: 'short' needs a store that knows where they lead: store: await openStore('sqlite:telltale.db').`,
  );
}

interface CompileDefaults {
  readonly links: LinkForm;
  readonly pixel: PixelPlacement;
  readonly consent: Consent;
  readonly keepMail: boolean;
  readonly baseUrls: BaseUrls;
}

function readCompileOptions(html: unknown, options: CompileOptions, defaults: CompileDefaults) {
  if (typeof html !== 'string') {
    throw new TelltaleError('INVALID_OPTION', `compile expects the HTML as a string, but ${kindOf(html)} came.`);
  }
  checkOptionNames(options, COMPILE_OPTIONS, 'compile');
  const recipientBytes = options.recipientBytes ?? 0;
  if (!Number.isInteger(recipientBytes) || recipientBytes < 0 || recipientBytes > idBytesMax) {
    throw new TelltaleError(
      'INVALID_OPTION',
      `recipientBytes must be a whole number from 0 to ${idBytesMax}, but ${recipientBytes} came.`,
    );
  }
  if (options.text !== undefined && typeof options.text !== 'string') {
    throw new TelltaleError(
      'INVALID_OPTION',
      `compile expects the text as a string, but ${kindOf(options.text)} came.`,
    );
  }
  if (options.policy !== undefined) checkPolicy(options.policy, 'compile');
  return {
    message: checkId(options.message, 'message'),
    baseUrl: chooseBaseUrl(defaults.baseUrls, options.baseUrl),
    text: options.text,
    pixel: checkChoice(options.pixel ?? defaults.pixel, PIXEL_PLACEMENTS, 'pixel'),
    links: checkChoice(options.links ?? defaults.links, LINK_FORMS, 'links'),
    consent: options.consent === undefined ? defaults.consent : lowest(defaults.consent, options.consent),
    test: checkFlag(options.test, 'test'),
    keepMail: readKeepMail(options.keepMail ?? defaults.keepMail),
    recipientBytes,
  };
}

function readKeepMail(keepMail: unknown): boolean | 'registered' {
  return keepMail === 'registered' ? keepMail : checkFlag(keepMail, 'keepMail');
}

function readMerge(merge: unknown): MergeSyntax | undefined {
  if (merge === undefined) return undefined;
  if (typeof merge === 'string') return checkChoice(merge, MERGE_ENGINES, 'merge');
  checkOptionNames(merge, ['open', 'close'], 'merge');
  const { open, close } = merge as Partial<Record<'open' | 'close', unknown>>;
  if (typeof open === 'string' && typeof close === 'string' && open !== '' && close !== '') return { open, close };
  throw new TelltaleError(
    'INVALID_OPTION',
    'merge must name an engine or its delimiters, like { open: "[[", close: "]]" }.',
  );
}

/** Destinations in URLs or in the value of a List-Unsubscribe header (RFC 2369: `<URL>, <URL>`). */
function readWaysOut(given: string | readonly string[] | undefined): ReadonlySet<string> {
  const texts = [given ?? []].flat().flatMap((text: unknown) => {
    if (typeof text === 'string') return [text, ...[...text.matchAll(/<([^<>]+)>/g)].map((match) => match[1] ?? '')];
    throw new TelltaleError('INVALID_OPTION', `unsubscribe must be URLs as text, but ${kindOf(text)} came.`);
  });
  const destinations = texts.map((text) => parseDestination(stripUrl(text)));
  return new Set(destinations.flatMap((destination) => (destination.ok ? destination.url : [])));
}

function lowest(tracker: Consent, mail: Partial<Consent>): Consent {
  return lowestConsent(tracker, readConsent(mail, 'compile'));
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), { type: 'TelltaleWarning' });
}
