// What a link carries to where it leads, besides the reader: UTM parameters, now, and a click id, when it redirects.
import type { ClickIdName } from '../base/click-id.ts';
import { destinationCharsMax } from '../base/limits.ts';
import { hasParameter, signedAs } from '../base/signed-url.ts';
import type { Severity } from '../html/judge-link.ts';
import { INVALID_NAME, readClickIdAttribute } from './read-click-id.ts';
import { type Utm, withUtm } from './read-utm.ts';

/** What a mail asks for all its links. */
export interface Adornment {
  readonly message: string;
  readonly clickId: ClickIdName;
  readonly utm: Utm | undefined;
}

export interface LinkToAdorn {
  readonly destination: string;
  readonly name: string;
  readonly index: number;
  /** What the link, or a twin of it, says of click ids. */
  readonly clickIds?: readonly string[];
}

export interface AdornedLink {
  readonly destination: string;
  readonly clickId: ClickIdName;
  readonly notes: readonly AdornNote[];
}

export type AdornNoteCode = 'signed-url' | 'utm-kept' | 'utm-too-long' | 'click-id-name' | 'click-id-taken';

export interface AdornNote {
  readonly code: AdornNoteCode;
  readonly severity: Severity;
  readonly message: string;
}

/** Adorns a link. Nothing is ever added to a signed URL. */
export function adornLink(link: LinkToAdorn, { message, clickId: ofMail, utm }: Adornment): AdornedLink {
  const { destination, name, index, clickIds = [] } = link;
  const notes: AdornNote[] = [];
  const clickId = clickIdOf(clickIds, ofMail, notes);
  if (clickId === undefined && utm === undefined) return { destination, clickId, notes };
  const signed = signedAs(destination);
  if (signed !== undefined) {
    const text = `nothing is added to its query: it is a signed URL (${signed}), which would not work any more`;
    return {
      destination,
      clickId: undefined,
      notes: [...notes, { code: 'signed-url', severity: 'info', message: text }],
    };
  }
  const adorned = utm === undefined ? { destination, kept: [] } : withUtm(destination, utm, { message, name, index });
  if (adorned === undefined) {
    const text = `no UTM parameters were added: its destination would have over ${destinationCharsMax} characters`;
    notes.push({ code: 'utm-too-long', severity: 'warning', message: text });
  } else if (adorned.kept.length > 0) {
    const text = `its destination has ${adorned.kept.join(', ')} already, which stays`;
    notes.push({ code: 'utm-kept', severity: 'info', message: text });
  }
  if (clickId !== undefined && hasParameter(destination, clickId)) {
    const text = `no click id is added: its destination has a parameter ${clickId} already`;
    notes.push({ code: 'click-id-taken', severity: 'warning', message: text });
    return { destination: adorned?.destination ?? destination, clickId: undefined, notes };
  }
  return { destination: adorned?.destination ?? destination, clickId, notes };
}

/** `off` on any twin holds for the link. */
function clickIdOf(values: readonly string[], ofMail: ClickIdName, notes: AdornNote[]): ClickIdName {
  const said = values.map((value) => readClickIdAttribute(value, ofMail));
  if (said.includes(INVALID_NAME)) {
    const text = 'data-telltale-click-id must be off, on or a name of letters, digits, _ and -; the mail’s own holds';
    notes.push({ code: 'click-id-name', severity: 'warning', message: text });
  }
  if (said.includes(null)) return undefined;
  return said.find((one) => one !== undefined && one !== INVALID_NAME) ?? ofMail;
}
