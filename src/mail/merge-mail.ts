// Merges a compiled mail with one recipient's fields: Liquid, parsed once a level of consent and rendered once a recipient.
// In HTML every value is escaped; nothing in a mail can name a file, and a field that is not there is an error.
import { randomBytes } from 'node:crypto';
import { type Context, type Emitter, Liquid, type TagToken, type Template, type TopLevelToken } from 'liquidjs';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { type Consent, FULL_CONSENT } from '../base/nouns.ts';
import { findMergeTags } from '../html/merge-tags.ts';
import type { CompiledMail } from '../track/compiled-mail.ts';

/** What is merged besides the body, each a template. */
export interface MergedParts {
  readonly subject: string;
  /** The name before the sender's address. */
  readonly fromName: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Merge fields of one recipient, by name. */
export type Fields = Readonly<Record<string, unknown>>;

export interface MergedMail extends MergedParts {
  readonly html: string;
  readonly text: string | undefined;
}

export interface MailMerger {
  /** The names of fields that the mail needs and that are not there. */
  lacking(recipient: string, fields: Fields): readonly string[];
  /**
   * Makes the mail one recipient's.
   *
   * @throws TelltaleError `MISSING_FIELDS`; `INVALID_OPTION` for a line break in what becomes a header.
   */
  merge(recipient: string, fields: Fields, consent: Consent): MergedMail;
}

/**
 * Parses what is merged.
 *
 * @throws TelltaleError `INVALID_OPTION` when it is no Liquid, or the mail was not compiled to be merged by it.
 */
export function makeMerger(mail: CompiledMail, parts: MergedParts): MailMerger {
  if (mail.merge !== undefined && mail.merge !== 'liquid') {
    throw new TelltaleError(
      'INVALID_OPTION',
      "sendAll merges with Liquid, but the mail was compiled for another engine. Compile it with merge: 'liquid', or without merge when it is finished.",
    );
  }
  if (mail.merge === undefined && mail.notes.some(({ code }) => code === 'merge-tags-left')) {
    throw new TelltaleError(
      'INVALID_OPTION',
      "The mail holds merge tags, but was compiled as a finished one. Compile it with merge: 'liquid'.",
    );
  }
  const place = `r${randomBytes(12).toString('hex')}r`;
  const { plain, html } = makeEngines();
  // Whose mail is being rendered, for the links in it: rendering is synchronous.
  let current: { readonly recipient: string; readonly consent: Consent } | undefined;
  const linkTemplates = mail.links.map((link) =>
    link.merged === true ? parse(plain, link.destination, 'a link') : undefined,
  );
  const trackedUrl = (index: number, address: string) =>
    current && mail.mergedUrl(current.recipient, index, address.trim(), { consent: current.consent });
  for (const engine of [plain, html]) addLinkTag(engine, linkTemplates, trackedUrl);

  const forms = new Map<string, Form>();
  function formFor(consent: Consent): Form {
    const name = `${consent.opens} ${consent.clicks}`;
    const known = forms.get(name);
    if (known !== undefined) return known;
    const form = mail.template(place, { consent, mergedLink: linkTag });
    const made = {
      html: parse(html, form.html, 'the HTML'),
      text: form.text === undefined ? undefined : parse(plain, form.text, 'the text'),
    };
    forms.set(name, made);
    return made;
  }

  const subject = parse(plain, parts.subject, 'the subject');
  const fromName = parse(plain, parts.fromName, "the sender's name");
  const headers = Object.entries(parts.headers).map(
    ([name, text]) => [name, parse(plain, text, `the header ${name}`)] as const,
  );
  // What Liquid cannot read is found before the first mail.
  if (mail.merge !== undefined) formFor(FULL_CONSENT);
  const body = mail.merge === undefined ? { html: [], text: [] } : checkedParts(mail, place, { plain, html });
  const checked = [subject, fromName, ...headers.map(([, template]) => template), body.html, body.text];
  const scopeOf = (recipient: string, fields: Fields) => ({
    ...fields,
    recipient,
    unsubscribe_url: mail.unsubscribeUrl(recipient),
    preferences_url: mail.preferencesUrl(recipient),
  });

  function bodyOf(recipient: string, consent: Consent, scope: object): Pick<MergedMail, 'html' | 'text'> {
    if (mail.merge === undefined) return mail.render(recipient, { consent });
    const form = formFor(consent);
    const token = mail.token(recipient, { consent });
    current = { recipient, consent };
    const filled = (engine: Liquid, template: Template[]) => render(engine, template, scope).replaceAll(place, token);
    return { html: filled(html, form.html), text: form.text && filled(plain, form.text) };
  }

  return {
    lacking(recipient, fields) {
      const scope = scopeOf(recipient, fields);
      return [...new Set(checked.flatMap((template) => missingIn(plain, template, scope)))];
    },
    merge(recipient, fields, consent) {
      const scope = scopeOf(recipient, fields);
      const line = (name: string, template: Template[]) => oneLine(name, render(plain, template, scope));
      return {
        subject: line('The subject', subject),
        fromName: line("The sender's name", fromName),
        headers: Object.fromEntries(headers.map(([name, template]) => [name, line(`The header ${name}`, template)])),
        ...bodyOf(recipient, consent, scope),
      };
    },
  };
}

interface Form {
  readonly html: Template[];
  readonly text: Template[] | undefined;
}

function makeEngines(): { readonly plain: Liquid; readonly html: Liquid } {
  const options = {
    ...{ strictVariables: true, strictFilters: true, lenientIf: true, catchAllErrors: true },
    // No file is ever read: a mail may come from anywhere.
    templates: {},
  };
  const engines = { plain: new Liquid(options), html: new Liquid({ ...options, outputEscape: 'escape' }) };
  for (const engine of Object.values(engines)) for (const name of FILE_TAGS) refuseTag(engine, name);
  return engines;
}

/** Tags by which a mail would name another file. */
const FILE_TAGS = ['include', 'render', 'layout'];

function refuseTag(engine: Liquid, name: string): void {
  engine.registerTag(name, {
    parse() {
      throw new Error(`a mail is one file and can name no other, so {% ${name} %} cannot be used`);
    },
    *render() {},
  });
}

function parse(engine: Liquid, text: string, what: string): Template[] {
  try {
    return engine.parse(text);
  } catch (error) {
    throw new TelltaleError('INVALID_OPTION', `Liquid cannot read ${what}: ${problemsIn(error)}.`, { cause: error });
  }
}

const LINK_TAG = 'telltale_link';

/** Stands in place of a merged link's address, round the address itself. */
function linkTag({ index, address }: { readonly index: number; readonly address: string }): string {
  return `{% ${LINK_TAG} ${index} %}${address}{% end${LINK_TAG} %}`;
}

/** Writes the tracked URL of what a link's template is merged into, or the address as it stands when that has none. */
function addLinkTag(
  engine: Liquid,
  links: readonly (Template[] | undefined)[],
  trackedUrl: (index: number, address: string) => string | undefined,
): void {
  engine.registerTag(LINK_TAG, {
    parse(token: TagToken, remaining: TopLevelToken[]) {
      this.index = Number(token.args);
      const address: Template[] = [];
      this.address = address;
      engine.parser
        .parseStream(remaining)
        .on(`tag:end${LINK_TAG}`, function end(this: { stop(): void }) {
          this.stop();
        })
        .on('template', (template: Template) => void address.push(template))
        .start();
    },
    *render(context: Context, emitter: Emitter): Generator<unknown, void, string> {
      const index: number = this.index;
      const destination = yield engine.renderer.renderTemplates(links[index] ?? [], context);
      const url = trackedUrl(index, destination);
      if (url !== undefined) emitter.write(url);
      else yield engine.renderer.renderTemplates(this.address, context, emitter);
    },
  });
}

/** The tags of a mail's parts, without what stands between them: to find what is missing costs no more than they do. */
function checkedParts(mail: CompiledMail, place: string, engines: ReturnType<typeof makeEngines>) {
  const { html, text = '' } = mail.template(place);
  const tagsOf = (engine: Liquid, part: string, what: string) =>
    parse(
      engine,
      findMergeTags(part, 'liquid')
        .map(({ start, end }) => part.slice(start, end))
        .join(''),
      what,
    );
  return { html: tagsOf(engines.html, html, 'the HTML'), text: tagsOf(engines.plain, text, 'the text') };
}

function missingIn(engine: Liquid, template: Template[], scope: object): readonly string[] {
  try {
    engine.renderSync(template, scope);
    return [];
  } catch (error) {
    return namesIn(error);
  }
}

/** The names of variables that Liquid did not find. */
function namesIn(error: unknown): readonly string[] {
  return errorsIn(error).flatMap((text) => /undefined variable: ([^\s,]+)/.exec(text)?.[1] ?? []);
}

/** What Liquid complains of; where is in the mail as it is tracked, so it would mislead. */
function problemsIn(error: unknown): string {
  return errorsIn(error)
    .map((text) => text.replace(/, (?:file:[^,]*, )?line:\d+, col:\d+$/, ''))
    .join('; ');
}

/** Liquid gathers its errors in one, and those within a tag in one of them. */
function errorsIn(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [messageOf(error)];
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.flatMap(errorsIn);
  const inner = 'originalError' in error ? error.originalError : undefined;
  return inner instanceof Error && 'errors' in inner ? errorsIn(inner) : [error.message];
}

function render(engine: Liquid, template: Template[], scope: object): string {
  try {
    return engine.renderSync(template, scope);
  } catch (error) {
    const names = namesIn(error);
    if (names.length === 0)
      throw new TelltaleError('INVALID_OPTION', `Liquid: ${problemsIn(error)}.`, { cause: error });
    throw new TelltaleError('MISSING_FIELDS', lacks(names));
  }
}

/** A sentence for a recipient who lacks fields. */
function lacks(names: readonly string[]): string {
  return `It has no ${[...new Set(names)].join(', ')}.`;
}

/** What becomes a header must not become two. */
function oneLine(name: string, text: string): string {
  if (!CONTROL.test(text)) return text;
  throw new TelltaleError('INVALID_OPTION', `${name} must be one line of text, but it holds a control character.`);
}

const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/;
