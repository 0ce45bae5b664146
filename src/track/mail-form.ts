// A mail at one level of consent: with the pixel or without, with tracked links or plain ones.
import type { Consent } from '../base/nouns.ts';
import type { MergeSyntax } from '../html/merge-tags.ts';
import type { Sealer } from '../token/addressee.ts';
import { prepareHitToken } from '../token/hit-token.ts';
import type { RingKey } from '../token/key-ring.ts';
import type { Adornment } from './adorn-link.ts';
import type { CompiledSource } from './compile-mail.ts';
import type { Registration } from './short-links.ts';
import { type Edit, type MergedPlace, makeTemplate, type Splice, type Template } from './template.ts';

/** What stands in place of the address of a merged link, which `address` is as the source has it. */
export type MergedLinkText = (link: { readonly index: number; readonly address: string }) => string;

/** What the renderer takes from the tracker. */
export interface RenderContext {
  readonly message: string;
  readonly html: string;
  readonly text: string | undefined;
  readonly baseUrl: string;
  readonly ownUrls: readonly string[];
  readonly key: RingKey;
  readonly consent: Consent;
  readonly test: boolean;
  readonly merge: MergeSyntax | undefined;
  readonly recipientBytes: number;
  readonly registration: Registration;
  readonly adornment: Adornment;
}

/** The mail at one level of consent: without pixel, with plain links, or with both. */
export interface MailForm {
  readonly html: Template;
  readonly text: Template | undefined;
  readonly seal: Sealer;
  readonly needsToken: boolean;
  readonly hasLinks: boolean;
  readonly namesRecipient: boolean;
}

/** Makes a form; without `mergedLink` merged links stay as the source has them. */
export function makeMailForm(
  source: CompiledSource,
  context: RenderContext,
  consent: Consent,
  mergedLink?: MergedLinkText,
): MailForm {
  const pixels = consent.opens === 'none' ? [] : source.pixelSplices;
  const links = consent.clicks === 'none' ? [] : source.linkSplices;
  const textLinks = consent.clicks === 'none' ? [] : source.textSplices;
  const splices = [...pixels, ...links].sort(byStart);
  const { message, test, recipientBytes } = context;
  const isMerged = mergedLink !== undefined && consent.clicks !== 'none';
  const merged = (text: string, places: readonly MergedPlace[]): readonly Edit[] =>
    isMerged ? places.map((place) => replaceMerged(text, place, mergedLink)) : [];
  const cuts = source.cuts.map((cut) => ({ ...cut, text: '' }));
  const { html, text } = context;
  return {
    html: makeTemplate(html, splices, [...cuts, ...merged(html, source.mergedLinks.html)]),
    text: text === undefined ? undefined : makeTemplate(text, textLinks, merged(text, source.mergedLinks.text)),
    seal: prepareHitToken(context.key, { message, consent, test, recipientBytes }),
    needsToken: splices.length + textLinks.length > 0 || (consent.clicks !== 'none' && source.linkCount > 0),
    hasLinks: consent.clicks !== 'none' && source.linkCount > 0,
    namesRecipient: consent.opens === 'individual' || consent.clicks === 'individual',
  };
}

function replaceMerged(text: string, { start, end, index }: MergedPlace, mergedLink: MergedLinkText): Edit {
  return { start, end, text: mergedLink({ index, address: text.slice(start, end) }) };
}

function byStart(a: Splice, b: Splice): number {
  return a.start - b.start;
}
