// The nodemailer plugin for the `compile` step. A mail without `tracking` is not touched; a caller's mistake fails the
// mail; everything else that goes wrong sends the mail as it was and says so. It does not wait for the store, except a
// moment for the first mail of a set of short links.
import type { PluginFunction } from 'nodemailer';
import { FULL_CONSENT } from '../base/nouns.ts';
import { checkChoice, checkFlag, checkOptionNames } from '../base/options.ts';
import type { CompiledMail } from '../track/compiled-mail.ts';
import type { Tracker } from '../track/create-tracker.ts';
import { readConsent } from '../track/read-consent.ts';
import { addHeaders, addresseesOf, contentOf, type Mail, setContent, waysOutOf } from './mail-data.ts';
import { type MailTracking, readTracking } from './read-tracking.ts';
import { createRegistrar } from './register-in-time.ts';

declare module 'nodemailer' {
  interface SendMailOptions {
    /** What Telltale's plugin does with this mail. @default untouched */
    tracking?: MailTracking | false | undefined;
  }
}

export interface TrackingPluginOptions {
  /** Whether the text part's URLs are wrapped too. @default 'leave' */
  readonly text?: 'track' | 'leave';
  /**
   * Whether the store keeps the HTML as it was sent, for the click map. Say yes where all recipients of a message get the
   * same; a mail that is made for one recipient may hold what is theirs alone. @default false
   */
  readonly keepMail?: boolean;
  /** Told why a mail went out untracked. @default the tracker's */
  readonly onProblem?: (error: unknown) => void;
}

/** The plugin, and what it did. */
export interface TrackingPlugin extends PluginFunction {
  /** Mails so far: tracked, not asked to be, sent as they were because of a problem, failed by a caller's mistake. */
  counts(): TrackingCounts;
}

export interface TrackingCounts {
  readonly tracked: number;
  readonly untouched: number;
  readonly problems: number;
  readonly refused: number;
}

/**
 * Makes the plugin: `transporter.use('compile', trackingPlugin(tracker))`. Register it after plugins that make HTML or
 * a text part of it, so that the text part gets no tracking URLs.
 *
 * @throws TelltaleError `UNKNOWN_OPTION`, `INVALID_OPTION`.
 */
export function trackingPlugin(tracker: Tracker, options: TrackingPluginOptions = {}): TrackingPlugin {
  checkOptionNames(options, ['text', 'keepMail', 'onProblem'], 'trackingPlugin');
  const text = checkChoice(options.text ?? 'leave', ['track', 'leave'], 'text');
  const onProblem = options.onProblem ?? tracker.reportProblem;
  const compile = cachedCompile(tracker, checkFlag(options.keepMail, 'keepMail'));
  const register = createRegistrar(onProblem);
  const counts = { tracked: 0, untouched: 0, problems: 0, refused: 0 };

  async function handle(mail: Mail): Promise<Error | undefined> {
    let tracking: MailTracking | undefined;
    try {
      tracking = readTracking(mail.data.tracking, addresseesOf(mail.data));
      if (tracking?.consent !== undefined) readConsent(tracking.consent, 'tracking');
    } catch (error) {
      counts.refused += 1;
      return error instanceof Error ? error : new Error(String(error));
    }
    if (tracking === undefined) {
      counts.untouched += 1;
      return undefined;
    }
    try {
      await track(mail, tracking);
      counts.tracked += 1;
    } catch (error) {
      counts.problems += 1;
      onProblem(error);
    }
    recordSend(mail, tracking);
    return undefined;
  }

  async function track(mail: Mail, tracking: MailTracking): Promise<void> {
    const html = await contentOf(mail, 'html');
    const plain = text === 'track' ? await contentOf(mail, 'text') : undefined;
    const waysOut = waysOutOf(mail.data);
    const content = { html: html ?? '', text: plain, unsubscribe: waysOut };
    const wanted = compile(content, tracking);
    const compiled = (await register(wanted)) ? wanted : compile({ ...content, links: 'self-contained' }, tracking);
    const rendered = compiled.render(tracking.recipient ?? null, tracking.consent && { consent: tracking.consent });
    if (html !== undefined) setContent(mail, 'html', rendered.html);
    if (rendered.text !== undefined) setContent(mail, 'text', rendered.text);
    if (waysOut.length === 0) addHeaders(mail.data, rendered.headers);
    const problem = compiled.notes.find((note) => note.code === 'too-complex');
    if (problem !== undefined) throw new Error(`Message ${tracking.message}: ${problem.message}`);
  }

  function recordSend(mail: Mail, tracking: MailTracking): void {
    if (tracking.recipient === undefined || tracking.test === true) return;
    const domain = addresseesOf(mail.data)[0]?.split('@').at(-1)?.toLowerCase();
    const consent = tracking.consent === undefined ? FULL_CONSENT : readConsent(tracking.consent, 'tracking');
    tracker.recordSend(tracking.message, { recipient: tracking.recipient, atMs: Date.now(), domain, consent });
  }

  function plugin(mail: Mail, callback: (error?: Error | null) => void): void {
    handle(mail).then(
      (error) => callback(error),
      (error: Error) => callback(error),
    );
  }
  return Object.assign(plugin, { counts: () => ({ ...counts }) });
}

/** Mails compiled lately: a mailing's HTML is compiled once, not once a recipient. */
const COMPILED_MAX = 8;
/** Messages whose links have been told to the store. */
const REGISTERED_MAX = 1_000;

interface Content {
  readonly html: string;
  readonly text: string | undefined;
  readonly unsubscribe: readonly string[];
  readonly links?: 'self-contained';
}

function cachedCompile(tracker: Tracker, keepMail: boolean) {
  const compiled = new Map<string, CompiledMail>();
  const registered = new Set<string>();

  return (content: Content, { message, test = false }: MailTracking): CompiledMail => {
    const { html, ...rest } = content;
    const name = JSON.stringify([tracker.keys.signing().id, message, test, rest]) + html;
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const mail = tracker.compile(html, { message, test, ...rest, keepMail });
    compiled.set(name, mail);
    if (compiled.size > COMPILED_MAX) compiled.delete(compiled.keys().next().value ?? '');
    // Short links are registered by who sends them; where they could not be, the store would not take names either.
    const needsNames = mail.isRegistered && content.links === undefined;
    if (needsNames && !registered.has(message) && registered.size < REGISTERED_MAX) {
      registered.add(message);
      mail.register().catch(tracker.reportProblem);
    }
    return mail;
  };
}
