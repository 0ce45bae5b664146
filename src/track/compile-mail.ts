// compile: one pass over a mail that finds its links and the pixel's place, once for all recipients. Only href values
// and the pixel change; every other byte of the source stays as it was.
import type { ClickIdName } from '../base/click-id.ts';
import type { KeptMail } from '../base/kept-mail.ts';
import { linksMax, trackedUrlCharsMax } from '../base/limits.ts';
import { describeLink, type LinkDescription } from '../html/describe-link.ts';
import { type FoundLink, type FoundLinks, findLinks } from '../html/find-links.ts';
import { findPixelPlaces, type PixelPlacement } from '../html/find-pixel-places.ts';
import { judgeLink, judgeMergedLink, type LinkPolicy } from '../html/judge-link.ts';
import { indexLines, type Place } from '../html/line-index.ts';
import { findMergeTags, findVerbatim, holdsTags, type MergeSyntax, overlapsTag } from '../html/merge-tags.ts';
import { numberLinks } from '../html/number-links.ts';
import { type ParsedMail, parseMail, TooComplex } from '../html/parse-mail.ts';
import type { SourceRange } from '../html/scan-attribute.ts';
import { isMessage } from '../mime/is-message.ts';
import { addHoneypot, NO_HONEYPOT } from './add-honeypot.ts';
import { type AdornedLink, type Adornment, adornLink } from './adorn-link.ts';
import { compileText, type TextLink } from './compile-text.ts';
import { type Fit, makeFit, type SignLink } from './fit-link.ts';
import { keepMail } from './keep-mail.ts';
import {
  cutNote,
  LEFT_TO_MERGE,
  linkWarnings,
  type MailNote,
  type MailNoteCode,
  MERGED,
  mailWarnings,
  placeNotes,
  sizeNotes,
} from './mail-notes.ts';
import { CLICK_ID_ATTRIBUTE } from './read-click-id.ts';
import { linkSplice, type MergedPlaces, type Splice } from './template.ts';

/** A tracked link of a mail. */
export interface MailLink extends Place {
  /** From 0; Outlook's twin of a button shares its index. */
  readonly index: number;
  /** Where a client would go: absolute, in the form a browser requests. Of a merged link the template, tags and all. */
  readonly destination: string;
  /** Its destination is merged for each recipient, so only who merges the mail (`sendAll`) can track it. */
  readonly merged?: true;
  /** The sender's name for it, else its text; empty when it shows nothing. */
  readonly name: string;
  /** The parameter in which a click id is added to its destination, where one is. */
  readonly clickId?: string;
}

/** What compiling finds: pure data, made into templates by the renderer. */
export interface CompiledSource {
  readonly links: readonly MailLink[];
  readonly notes: readonly MailNote[];
  readonly linkSplices: readonly Splice[];
  readonly pixelSplices: readonly Splice[];
  readonly textSplices: readonly Splice[];
  /** Where destinations of merged links stand. */
  readonly mergedLinks: MergedPlaces;
  /** Links that a mail has, whatever becomes of them. */
  readonly linkCount: number;
  /** What is taken out of the HTML, on request. */
  readonly cuts: readonly SourceRange[];
}

/** Of the HTML and of the text. */
/** With what makes the copy that may be kept, which holds the mail's tree; nothing where a mail is left as it was. */
export interface CopiedSource extends CompiledSource {
  readonly copy: (() => KeptMail) | undefined;
}

export interface CompileInput {
  readonly html: string;
  readonly text: string | undefined;
  readonly baseUrl: string;
  /** All addresses of the collector. */
  readonly ownUrls: readonly string[];
  readonly pixel: PixelPlacement;
  /** Characters of R for a recipient id of that many bytes. */
  readonly tokenChars: (recipientBytes: number) => number;
  /** Bytes of the longest recipient id to expect, when the sender says so. */
  readonly recipientBytes: number;
  readonly signLink: SignLink;
  readonly adornment: Adornment;
  readonly policy: LinkPolicy | undefined;
  readonly unsubscribeUrls: ReadonlySet<string>;
  readonly stripOptOutAttributes: boolean;
  readonly honeypot: boolean;
  /** The engine that will merge the mail later, if any. */
  readonly merge: MergeSyntax | undefined;
}

/** Compiles a mail. Never throws for what a mail holds: what cannot be tracked is left as it is, with a note. */
export function compileSource(input: CompileInput): CopiedSource {
  if (isMessage(input.html)) {
    return untracked(
      'left as it was: it is a whole message, headers and all; compileMime takes those',
      'whole-message',
    );
  }
  try {
    return compileParsed(input, parseMail(input.html));
  } catch (error) {
    if (error instanceof TooComplex) return untracked(`left as it was: ${error.message}`);
    throw error;
  }
}

function compileParsed(input: CompileInput, mail: ParsedMail): CopiedSource {
  const placeAt = indexLines(input.html);
  const tags = input.merge === undefined ? [] : findMergeTags(input.html, input.merge);
  const verbatim = input.merge === 'liquid' ? findVerbatim(input.html, tags) : [];
  const found = findLinks(mail);
  if (found.links.length > linksMax) return untracked(`left as it was: it has over ${linksMax} links`);
  const judged = judgeAll(found, input, placeAt, { tags, verbatim });
  const fit = makeFit(input);
  const links = fitAll(judged.links, fit, input.adornment);
  const places = findPixelPlaces(mail, input.pixel).filter((place) => !overlapsTag({ start: place, end: place }, tags));
  const pixelSplices = places.map((place) => pixelSplice(place, input.baseUrl));
  const text = compileText({ ...input, text: input.text ?? '' }, links.kept, fit);
  const cuts = input.stripOptOutAttributes ? trackingAttributes(found, tags) : [];
  const listed = listLinks(links.kept, text.links);
  const honeypot = input.honeypot
    ? addHoneypot(mail, listed, { baseUrl: input.baseUrl, fit, tags, placeAt })
    : NO_HONEYPOT;
  const notes = [
    ...judged.notes,
    ...links.notes,
    ...placeNotes(input, places),
    ...linkWarnings(input, links.kept),
    ...mailWarnings(input, mail, found, placeAt),
    ...cuts.map(({ start }) => cutNote(placeAt(start))),
    ...honeypot.notes,
  ];
  const ofLinks = links.kept
    .filter(({ merged }) => merged === undefined)
    .map((link) => linkSplice(link.found.value, link.token, input.baseUrl));
  const merged = links.kept
    .filter((link) => link.merged === true)
    .map(({ found: { value }, index }) => ({ start: value.start, end: value.end, index }));
  const linkSplices = [...ofLinks, ...honeypot.splices];
  const splices = [...linkSplices, ...pixelSplices];
  const added = bytesAdded(input.html, splices, cuts, input.tokenChars(input.recipientBytes || TYPICAL_ID_BYTES));
  return {
    links: listed,
    notes: [...notes, ...sizeNotes(Buffer.byteLength(input.html) + added)].sort(byPlace),
    linkSplices,
    pixelSplices,
    textSplices: text.splices,
    mergedLinks: { html: merged, text: text.merged },
    linkCount: listed.length,
    cuts,
    copy: () => keepMail({ mail, found, tracked: links.kept, links: listed, context: input }),
  };
}

/** Bytes of the recipient id assumed where the size of a result is told before there is a recipient. */
export const TYPICAL_ID_BYTES = 12;

/** Bytes that an edit adds with a token of that many characters; what splices insert is ASCII. */
function bytesAdded(
  html: string,
  splices: readonly Splice[],
  cuts: readonly SourceRange[],
  tokenChars: number,
): number {
  const inserted = splices.reduce((sum, { before, after }) => sum + before.length + after.length + tokenChars, 0);
  return [...splices, ...cuts].reduce(
    (sum, { start, end }) => sum - Buffer.byteLength(html.slice(start, end)),
    inserted,
  );
}

interface JudgedLink extends Place, LinkDescription {
  readonly found: FoundLink;
  readonly destination: string;
  readonly merged?: true;
}

interface TrackedLink extends JudgedLink, Pick<AdornedLink, 'clickId'> {
  readonly index: number;
  /** The destination as the mail has it. */
  readonly source: string;
  /** L. */
  readonly token: string;
}

function judgeAll(
  found: FoundLinks,
  input: CompileInput,
  placeAt: (offset: number) => Place,
  { tags, verbatim }: { readonly tags: readonly SourceRange[]; readonly verbatim: readonly SourceRange[] },
) {
  const context = { ...input, baseHref: found.baseHref };
  const links: JudgedLink[] = [];
  const notes: MailNote[] = found.others.map(({ element, start }) => ({
    code: 'not-a-link',
    severity: 'info',
    message: `left alone: <${element}> is no link that a reader clicks`,
    ...placeAt(start),
  }));
  for (const link of found.links) {
    const place = placeAt(link.start);
    const isMerged = overlapsTag(link.value, tags);
    if (isMerged && !(input.merge === 'liquid' && holdsTags(link.value, tags) && !overlapsTag(link.value, verbatim))) {
      notes.push({ ...MERGED, ...place });
      continue;
    }
    const shown = describeLink(link.element);
    const judge = isMerged ? judgeMergedLink : judgeLink;
    const judgement = judge({ href: link.href, name: shown.name, element: link.element }, context);
    if (isMerged && judgement.track) notes.push({ ...LEFT_TO_MERGE, ...place });
    if (judgement.track) {
      const { destination } = judgement;
      links.push({ found: link, destination, ...shown, ...place, ...(isMerged && { merged: true as const }) });
    } else notes.push({ code: judgement.code, severity: judgement.severity, message: judgement.message, ...place });
  }
  return { links, notes };
}

/** Numbers the links and makes their L; leaves one alone whose tracked URL would be longer than gateways bear. */
function fitAll(links: readonly JudgedLink[], fit: Fit, adornment: Adornment) {
  const kept: TrackedLink[] = [];
  const notes: MailNote[] = [];
  const indexes = numberLinks(links.map(({ found, destination }) => ({ kind: found.kind, destination })));
  const count = new Set(indexes).size;
  const adorned = adornAll(links, indexes, adornment);
  const noted = new Set<number>();
  for (const [position, link] of links.entries()) {
    const index = indexes[position] ?? position;
    const { destination, clickId, notes: own } = adorned.get(index) ?? { ...link, clickId: undefined, notes: [] };
    if (!noted.has(index)) notes.push(...own.map((note) => ({ ...note, line: link.line, column: link.column })));
    noted.add(index);
    const token = link.merged === true ? '' : fit({ index, count, destination, clickId });
    if (token !== undefined) kept.push({ ...link, destination, source: link.destination, index, token, clickId });
    else
      notes.push({
        code: 'tracked-url-too-long',
        severity: 'warning',
        message: TOO_LONG,
        line: link.line,
        column: link.column,
      });
  }
  return { kept, notes };
}

/** What each link carries, by index: twins carry the same, under the name that other clients show. */
function adornAll(
  links: readonly JudgedLink[],
  indexes: readonly number[],
  adornment: Adornment,
): ReadonlyMap<number, AdornedLink> {
  const leaders = new Map<number, { readonly link: JudgedLink; readonly clickIds: string[] }>();
  for (const [position, link] of links.entries()) {
    const index = indexes[position] ?? position;
    const known = leaders.get(index);
    const said = link.found.element.attribs?.[CLICK_ID_ATTRIBUTE];
    const clickIds = [...(known?.clickIds ?? []), ...(said === undefined ? [] : [said])];
    leaders.set(index, { link: known !== undefined && link.found.kind !== 'html' ? known.link : link, clickIds });
  }
  return new Map(
    [...leaders].map(([index, { link, clickIds }]) => {
      const { destination, name } = link;
      // Where a merged link leads is known when it is merged.
      const of = link.merged === true ? { ...adornment, utm: undefined } : adornment;
      return [index, adornLink({ destination, name, index, clickIds }, of)];
    }),
  );
}

const TOO_LONG = `left alone: its tracked URL could have over ${trackedUrlCharsMax} characters`;

/** The pixel: visible, 1x1, never lazy: clients may skip hidden images and never load a lazy one in a cut mail. */
function pixelSplice(place: number, baseUrl: string): Splice {
  const style = 'display:block;width:1px;height:1px;border:0';
  const after = `.gif" width="1" height="1" alt="" border="0" style="${style}">`;
  return { start: place, end: place, before: `<img src="${baseUrl}/o/`, after };
}

function listLinks(htmlLinks: readonly TrackedLink[], textLinks: readonly TextLink[]): readonly MailLink[] {
  const byIndex = new Map<number, MailLink>();
  for (const { index, destination, name, line, column, found, merged, clickId } of htmlLinks) {
    if (byIndex.has(index) && found.kind !== 'html') continue;
    byIndex.set(index, { index, destination, name, line, column, ...optional(merged, clickId) });
  }
  for (const { index, destination, merged, clickId } of textLinks)
    byIndex.set(index, { index, destination, name: '', line: 0, column: 0, ...optional(merged, clickId) });
  return [...byIndex.values()].sort((a, b) => a.index - b.index);
}

function optional(merged: true | undefined, clickId: ClickIdName): Pick<MailLink, 'merged' | 'clickId'> {
  return { ...(merged && { merged }), ...(clickId !== undefined && { clickId }) };
}

function trackingAttributes(found: FoundLinks, tags: readonly SourceRange[]): readonly SourceRange[] {
  const attributes = found.links.flatMap((link) => link.trackingAttributes);
  return attributes.filter((attribute) => !overlapsTag(attribute, tags));
}

function untracked(message: string, code: MailNoteCode = 'too-complex'): CopiedSource {
  const note: MailNote = { code, severity: 'error', message, line: 1, column: 1 };
  return { ...NOTHING, notes: [note] };
}

const NOTHING: CopiedSource = {
  links: [],
  notes: [],
  linkSplices: [],
  pixelSplices: [],
  textSplices: [],
  mergedLinks: { html: [], text: [] },
  linkCount: 0,
  cuts: [],
  copy: undefined,
};

function byPlace(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}
