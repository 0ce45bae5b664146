// A compiled mail: what was found in it, and the renderer that makes it one recipient's. Rendering is pure and
// synchronous: it seals R, and U where there is a recipient, and joins.
import { parseDestination, stripUrl } from '../base/destination.ts';
import { TelltaleError } from '../base/errors.ts';
import { checkId, quote } from '../base/ids.ts';
import { trackedUrlCharsMax } from '../base/limits.ts';
import { type Consent, lowestConsent } from '../base/nouns.ts';
import { checkOptionNames } from '../base/options.ts';
import type { MergeSyntax } from '../html/merge-tags.ts';
import type { Sealer } from '../token/addressee.ts';
import { sealMergedLink } from '../token/merged-link-token.ts';
import { prepareUnsubscribeToken } from '../token/unsubscribe-token.ts';
import { adornLink } from './adorn-link.ts';
import { type CompiledSource, type MailLink, TYPICAL_ID_BYTES } from './compile-mail.ts';
import { type MailForm, type MergedLinkText, makeMailForm, type RenderContext } from './mail-form.ts';
import type { MailNote } from './mail-notes.ts';
import { readConsent } from './read-consent.ts';
import { notRegistered } from './short-links.ts';
import type { Edit } from './template.ts';

export interface RenderOptions {
  /** What this recipient agreed to; the lowest of message and recipient holds. @default the message's consent */
  readonly consent?: Partial<Consent>;
}

export interface RenderedMail {
  readonly html: string;
  /** The text part, when the mail was compiled with one. */
  readonly text: string | undefined;
  /** `List-Unsubscribe` and `List-Unsubscribe-Post` (RFC 2369, RFC 8058); empty without a recipient. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface CompiledMail {
  readonly message: string;
  /** The engine that merges the mail later; nothing when it is finished. */
  readonly merge: MergeSyntax | undefined;
  /** Whether its hits are test traffic, which reports leave out. */
  readonly isTest: boolean;
  /** The tracked links, one for each index. */
  readonly links: readonly MailLink[];
  /** What the sender should know, in source order. */
  readonly notes: readonly MailNote[];
  /** Bytes a render adds to the HTML for a recipient id of 12 bytes, or of `recipientBytes`. */
  readonly bytesAdded: number;
  /** Bytes of UTF-8 the HTML had before. */
  readonly sourceBytes: number;
  /**
   * Tells the store of the mail's links: of their names, so that reports can show them, and where short ones lead. To
   * do it again changes nothing. Without a store it does nothing.
   *
   * @throws TelltaleError `LINKS_NOT_REGISTERED` when other links of the message have the same short name.
   */
  register(): Promise<void>;
  /** Whether the mail can be rendered: its short links are registered, or it has none. */
  readonly isRegistered: boolean;
  /**
   * Makes the mail one recipient's, or with `null` the message's alone.
   *
   * @throws TelltaleError `INVALID_ID`; `LINKS_NOT_REGISTERED`, as do all that follow but `draft`, `token`, `htmlBytes`.
   */
  render(recipient: string | null, options?: RenderOptions): RenderedMail;
  /** What `render` and `edits` will give, to measure and to check: sent before `register`, short links lead nowhere. */
  draft(recipient: string | null, options?: RenderOptions): RenderedMail & { readonly edits: MailEdits };
  /**
   * Writes the HTML as UTF-8 into `target` at `offset` and returns the number of bytes: no string, no allocation.
   *
   * @throws RangeError when `target` has no room; `htmlBytes` says how much is needed.
   */
  renderInto(target: Buffer, offset: number, recipient: string | null, options?: RenderOptions): number;
  /** What `render` changes in the HTML and in the text, for a caller that splices another form of the mail. */
  edits(recipient: string | null, options?: RenderOptions): MailEdits;
  /**
   * The mail with `placeholder` where R goes, for an engine or provider that fills in {@link CompiledMail.token} for
   * each recipient.
   *
   * @throws TelltaleError `INVALID_OPTION` for a placeholder that would break an attribute.
   */
  template(
    placeholder: string,
    options?: TemplateOptions,
  ): { readonly html: string; readonly text: string | undefined };
  /** R of a recipient: what the placeholder of {@link CompiledMail.template} stands for. */
  token(recipient: string | null, options?: RenderOptions): string;
  /**
   * The tracked URL of a merged link, for one recipient: it is sealed, and leads nowhere beside another's R.
   *
   * @param destination what its template was merged into.
   * @returns nothing when that cannot be tracked: it is no web address, too long, or the collector's own.
   */
  mergedUrl(recipient: string | null, index: number, destination: string, options?: RenderOptions): string | undefined;
  /** `List-Unsubscribe` and `List-Unsubscribe-Post` for a recipient, as `render` gives them. */
  headersFor(recipient: string): Readonly<Record<string, string>>;
  /** Where a recipient unsubscribes: a page with one button, and the address of List-Unsubscribe. */
  unsubscribeUrl(recipient: string): string;
  /** Where a recipient unsubscribes, or only stops the tracking. */
  preferencesUrl(recipient: string): string;
  /** Bytes of UTF-8 the HTML of that recipient has. */
  htmlBytes(recipient: string | null, options?: RenderOptions): number;
}

export interface TemplateOptions extends RenderOptions {
  /**
   * What stands in place of the address of a merged link; tags and all, it is what the source has there (`href="…"`
   * still encoded).
   *
   * @default the address, untracked
   */
  readonly mergedLink?: MergedLinkText | undefined;
}

export interface MailEdits {
  readonly html: readonly Edit[];
  readonly text: readonly Edit[];
}

/** Joins what was found with what makes it a recipient's. */
export function makeCompiledMail(source: CompiledSource, context: RenderContext): CompiledMail {
  const forms = new Map<string, MailForm>();
  const sealWayOut = prepareUnsubscribeToken(context.key, context.message);

  function isOwn(url: string): boolean {
    return context.ownUrls.some((own) => url.startsWith(`${own}/`));
  }

  function formFor(consent: Consent): MailForm {
    const name = `${consent.opens} ${consent.clicks}`;
    const known = forms.get(name);
    if (known !== undefined) return known;
    const made = makeMailForm(source, context, consent);
    forms.set(name, made);
    return made;
  }

  function prepare(recipient: string | null, options: RenderOptions | undefined): Prepared {
    if (recipient !== null) checkRecipient(recipient, context.recipientBytes);
    const form = formFor(effectiveConsent(context.consent, options));
    return { form, token: form.needsToken ? form.seal(form.namesRecipient ? recipient : null) : '' };
  }

  /** Refuses a form whose short links would lead nowhere. */
  function readyToSend(form: MailForm): MailForm {
    if (form.hasLinks && !context.registration.isDone()) throw notRegistered(context.message);
    return form;
  }

  function prepareToSend(recipient: string | null, options: RenderOptions | undefined): Prepared {
    const prepared = prepare(recipient, options);
    readyToSend(prepared.form);
    return prepared;
  }

  function renderAs({ form, token }: Prepared, recipient: string | null): RenderedMail {
    return {
      html: form.html.join(token),
      text: form.text?.join(token),
      headers: headersFor(context.baseUrl, sealWayOut, recipient),
    };
  }

  function htmlBytes(recipient: string | null, options?: RenderOptions): number {
    const { form, token } = prepare(recipient, options);
    return form.html.byteLength(token.length);
  }

  const sourceBytes = Buffer.byteLength(context.html);
  return {
    message: context.message,
    merge: context.merge,
    isTest: context.test,
    links: source.links,
    notes: source.notes,
    get bytesAdded() {
      return htmlBytes('x'.repeat(context.recipientBytes || TYPICAL_ID_BYTES)) - sourceBytes;
    },
    sourceBytes,
    register: () => context.registration.register(),
    get isRegistered() {
      return context.registration.isDone();
    },
    render: (recipient, options) => renderAs(prepareToSend(recipient, options), recipient),
    draft(recipient, options) {
      const prepared = prepare(recipient, options);
      return { ...renderAs(prepared, recipient), edits: editsOf(prepared) };
    },
    renderInto(target, offset, recipient, options) {
      const { form, token } = prepareToSend(recipient, options);
      const needed = form.html.byteLength(token.length);
      if (target.length - offset < needed) {
        throw new RangeError(
          `The buffer must have room for ${needed} bytes from offset ${offset}, but has ${target.length}.`,
        );
      }
      return form.html.write(token, target, offset);
    },
    edits: (recipient, options) => editsOf(prepareToSend(recipient, options)),
    template(placeholder, { mergedLink, ...options } = {}) {
      checkPlaceholder(placeholder);
      const consent = effectiveConsent(context.consent, options);
      const form = readyToSend(
        mergedLink === undefined ? formFor(consent) : makeMailForm(source, context, consent, mergedLink),
      );
      return { html: form.html.join(placeholder), text: form.text?.join(placeholder) };
    },
    mergedUrl(recipient, index, address, options) {
      const destination = parseDestination(stripUrl(address));
      const { form, token } = prepare(recipient, options);
      if (!destination.ok || !form.hasLinks || isOwn(destination.url)) return undefined;
      const to = { message: context.message, recipient: form.namesRecipient ? recipient : null };
      const known = source.links.find((one) => one.index === index);
      // What the link's attributes say was read when the mail was compiled.
      const adornment = { ...context.adornment, clickId: known?.clickId };
      const adorned = adornLink({ destination: destination.url, name: known?.name ?? '', index }, adornment);
      const link = { index, count: source.linkCount, destination: adorned.destination };
      const url = `${context.baseUrl}/c/${token}/${sealMergedLink(context.key, to, link, adorned.clickId)}`;
      return url.length <= trackedUrlCharsMax ? url : undefined;
    },
    headersFor: (recipient) => {
      checkRecipient(recipient, context.recipientBytes);
      return headersFor(context.baseUrl, sealWayOut, recipient);
    },
    unsubscribeUrl: (recipient) => {
      checkRecipient(recipient, context.recipientBytes);
      return wayOut(context.baseUrl, sealWayOut, recipient);
    },
    preferencesUrl: (recipient) => {
      checkRecipient(recipient, context.recipientBytes);
      return `${context.baseUrl}/p/${sealWayOut(recipient)}`;
    },
    token: (recipient, options) => prepare(recipient, options).token,
    htmlBytes,
  };
}

function checkPlaceholder(placeholder: string): void {
  if (placeholder !== '' && !/[<>"'\r\n]/.test(placeholder)) return;
  throw new TelltaleError(
    'INVALID_OPTION',
    `A placeholder stands in an address, so it must hold no quotes, angle brackets or line breaks, like {{ telltale }}, but ${quote(placeholder)} came.`,
  );
}

/** A form, and R for it. */
interface Prepared {
  readonly form: MailForm;
  readonly token: string;
}

function editsOf({ form, token }: Prepared): MailEdits {
  return { html: form.html.edits(token), text: form.text?.edits(token) ?? [] };
}

function effectiveConsent(message: Consent, options: RenderOptions | undefined): Consent {
  if (options === undefined) return message;
  checkOptionNames(options, ['consent'], 'render');
  return options.consent === undefined ? message : lowestConsent(message, readConsent(options.consent, 'render'));
}

function checkRecipient(recipient: string, recipientBytes: number): void {
  checkId(recipient, 'recipient');
  if (recipientBytes === 0 || Buffer.byteLength(recipient) <= recipientBytes) return;
  throw new TelltaleError(
    'INVALID_ID',
    `The mail was compiled for recipient ids of at most ${recipientBytes} bytes, but one of ${Buffer.byteLength(recipient)} came. Raise recipientBytes.`,
  );
}

function headersFor(baseUrl: string, sealWayOut: Sealer, recipient: string | null): Readonly<Record<string, string>> {
  if (recipient === null) return {};
  return {
    'List-Unsubscribe': `<${wayOut(baseUrl, sealWayOut, recipient)}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  };
}

function wayOut(baseUrl: string, sealWayOut: Sealer, recipient: string): string {
  return `${baseUrl}/u/${sealWayOut(recipient)}`;
}
