// Chooses the parts of a message that a reader reads as its text, and says why it leaves others alone: what is signed or
// encrypted, attached, or made for another kind of client.
import type { Severity } from '../html/judge-link.ts';
import type { MimePart, PartProblem } from '../mime/find-parts.ts';
import { valuesOf } from '../mime/read-headers.ts';
import type { MailNote, MailNoteCode } from './mail-notes.ts';

/** Something the sender should know of a message or of one of its parts. */
export interface MimeNote extends Omit<MailNote, 'code'> {
  readonly code: MailNoteCode | MimeNoteCode;
  /** As IMAP counts: `1.2` is the second part in the first; empty for the message. Lines count in its decoded text. */
  readonly part: string;
}

export type MimeNoteCode =
  | 'signed-part'
  | 'encrypted-part'
  | 'dkim-will-break'
  | 'charset-not-supported'
  | 'charset-not-as-declared'
  | 'encoding-not-supported'
  | 'line-too-long'
  | 'attachment'
  | 'attached-message'
  | 'related-part'
  | 'amp-part'
  | 'malformed-part'
  | 'boundary-not-closed'
  | 'no-html-part';

/** A part to track. */
export interface Body {
  readonly part: MimePart;
  readonly kind: 'html' | 'text';
  /** One reader sees one pixel: the first HTML part of what is shown together. */
  readonly hasPixel: boolean;
}

/** Chooses among the parts of a message, in their order. */
export function chooseBodies(root: MimePart): { bodies: readonly Body[]; notes: readonly MimeNote[] } {
  const bodies: Body[] = [];
  const notes: MimeNote[] = [];

  /** Returns whether what is shown has a pixel now. */
  function visit(part: MimePart, hasPixel: boolean): boolean {
    const sealed = sealedNote(part);
    if (sealed !== undefined) {
      notes.push(sealed);
      return hasPixel;
    }
    if (part.problem !== undefined) notes.push(problemNote(part, part.problem));
    if (part.problem === 'said-twice') return hasPixel;
    if (part.type === 'multipart/alternative') {
      return part.children.map((child) => visit(child, hasPixel)).some((has) => has);
    }
    if (part.type === 'multipart/related') return visitRelated(part, hasPixel);
    if (part.type.startsWith('multipart/')) return part.children.reduce((has, child) => visit(child, has), hasPixel);
    if (part.bodyStart === part.bodyEnd) return hasPixel; // What was put here could become a header.
    if (part.type !== 'text/html' && part.type !== 'text/plain') {
      notes.push(...otherNotes(part));
      return hasPixel;
    }
    if (part.disposition === 'attachment' || part.hasFileName) {
      if (part.type === 'text/html') notes.push(leave(part, 'attachment', 'info', 'it is an attachment'));
      return hasPixel;
    }
    const kind = part.type === 'text/html' ? 'html' : 'text';
    bodies.push({ part, kind, hasPixel: kind === 'html' && !hasPixel });
    return hasPixel || kind === 'html';
  }

  /** Only the root of related parts is read; the others are what it shows (RFC 2387). */
  function visitRelated(part: MimePart, hasPixel: boolean): boolean {
    const start = part.parameters.get('start');
    const named = part.children.find(
      (child) => start !== undefined && valuesOf(child.headers, 'content-id')[0] === start,
    );
    const shown = named ?? part.children[0];
    for (const child of part.children) {
      if (child === shown || child.type !== 'text/html') continue;
      notes.push(leave(child, 'related-part', 'info', 'another part shows it'));
    }
    return shown === undefined ? hasPixel : visit(shown, hasPixel);
  }

  visit(root, false);
  if (!bodies.some(({ kind }) => kind === 'html')) {
    notes.push(noteOf(root, 'no-html-part', 'warning', 'opens are not measured: it has no HTML part to rewrite'));
  }
  return { bodies, notes };
}

/** Types that show something else in the HTML part's place. */
const OTHER_HTML: ReadonlySet<string> = new Set(['text/x-amp-html', 'text/watch-html']);

function otherNotes(part: MimePart): readonly MimeNote[] {
  if (part.type.startsWith('message/')) {
    return [leave(part, 'attached-message', 'info', 'it is a message of its own')];
  }
  if (!OTHER_HTML.has(part.type)) return [];
  return [leave(part, 'amp-part', 'warning', `clients that show ${part.type} will load no pixel and track no link`)];
}

/** A signature would no longer hold, and what is encrypted cannot be read (RFC 1847, RFC 8551, RFC 3156). */
function sealedNote(part: MimePart): MimeNote | undefined {
  const isSmime = /^application\/(?:x-)?pkcs7-mime$/.test(part.type);
  const isOpaqueSignature = isSmime && part.parameters.get('smime-type')?.toLowerCase() === 'signed-data';
  if (part.type === 'multipart/signed' || isOpaqueSignature) return signedNote(part);
  return part.type === 'multipart/encrypted' || isSmime ? encryptedNote(part) : undefined;
}

const PGP_BLOCK = /(?:^|[\r\n>])-----BEGIN PGP (SIGNED )?MESSAGE-----/;

/** The note of a text that is signed or encrypted in itself. */
export function inlinePgpNote(part: MimePart, text: string): MimeNote | undefined {
  const block = PGP_BLOCK.exec(text);
  if (block === null) return undefined;
  return block[1] === undefined ? encryptedNote(part) : signedNote(part);
}

function signedNote(part: MimePart): MimeNote {
  return leave(part, 'signed-part', 'warning', 'it is signed, and a change would break the signature');
}

function encryptedNote(part: MimePart): MimeNote {
  return leave(part, 'encrypted-part', 'warning', 'it is encrypted');
}

function problemNote(part: MimePart, problem: PartProblem): MimeNote {
  switch (problem) {
    case 'no-boundary':
      return leave(part, 'malformed-part', 'error', 'the boundary between its parts is not named or does not occur');
    case 'said-twice':
      return leave(
        part,
        'malformed-part',
        'error',
        'it says its type or encoding twice, and clients differ in which counts',
      );
    case 'too-complex':
      return leave(part, 'too-complex', 'error', 'it has too many parts, or they are nested too deep');
    case 'not-closed':
      return noteOf(part, 'boundary-not-closed', 'info', 'its last boundary is missing; it was read to its end');
  }
}

export function leave(part: MimePart, code: MimeNote['code'], severity: Severity, why: string): MimeNote {
  return noteOf(part, code, severity, `left alone: ${why}`);
}

export function noteOf(part: MimePart, code: MimeNote['code'], severity: Severity, message: string): MimeNote {
  return { code, severity, message, line: 1, column: 1, part: part.number };
}
