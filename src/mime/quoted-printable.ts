// Quoted-printable (RFC 2045, section 6.7) that is changed in place: lines without a change keep their bytes, and in the
// others every byte that stays keeps the way it was written. No written line is longer than 76 characters.
import type { ByteEdit } from './byte-edit.ts';

const LINE_CHARS = 76;

/** Reads a quoted-printable body. Never fails: what is no escape stands for itself. */
export function quotedPrintableBody(raw: Buffer): {
  readonly bytes: Buffer;
  encode(edits: readonly ByteEdit[]): Buffer;
} {
  const text = raw.toString('latin1');
  const { lines, bytes } = readLines(text);
  const eol = /\r?\n/.exec(text)?.[0] ?? '\r\n';

  function encode(edits: readonly ByteEdit[]): Buffer {
    let result = '';
    let at = 0;
    for (const group of groupByLines(edits, lines)) {
      const first = lines[group.first];
      const last = lines[group.last];
      if (first === undefined || last === undefined) continue;
      const units = lines.slice(group.first, group.last + 1).flatMap(unitsOf);
      result += text.slice(at, first.start) + layOut(editUnits(units, group.edits, first.from), last, eol);
      at = last.end;
    }
    return Buffer.from(result + text.slice(at), 'latin1');
  }
  return { bytes, encode };
}

/** A line as it is written. */
interface Line {
  /** In the written text; the line break is included. */
  readonly start: number;
  readonly end: number;
  /** In the content. */
  readonly from: number;
  /** Without padding, the `=` of a soft break and the line break. */
  readonly written: string;
  readonly eol: string;
  readonly isSoft: boolean;
}

/** One byte of the content. */
interface Unit {
  readonly byte: number;
  /** How it is written. */
  readonly written: string;
  /** The hard line break it is a byte of; empty when of none. */
  readonly breaks: string;
}

function readLines(text: string): { lines: readonly Line[]; bytes: Buffer } {
  const lines: Line[] = [];
  const bytes = Buffer.alloc(text.length);
  let from = 0;
  let start = 0;
  while (start <= text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline + 1;
    const whole = text.slice(start, end);
    const eol = /\r?\n$/.exec(whole)?.[0] ?? '';
    const padded = whole.slice(0, whole.length - eol.length);
    const content = trimBlanks(padded);
    const isSoft = content.endsWith('=');
    const line = { start, end, from, written: isSoft ? content.slice(0, -1) : content, eol, isSoft };
    lines.push(line);
    for (const { byte } of unitsOf(line)) {
      bytes[from] = byte;
      from += 1;
    }
    if (newline === -1) break;
    start = end;
  }
  return { lines, bytes: bytes.subarray(0, from) };
}

/** Blanks at the end of a line were added on the way (rule 3). */
function trimBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line.slice(0, end);
}

function unitsOf({ written, eol, isSoft }: Line): readonly Unit[] {
  const units: Unit[] = [];
  for (let at = 0; at < written.length; at += 1) {
    const escaped = written[at] === '=' ? /^=[0-9A-Fa-f]{2}/.exec(written.slice(at, at + 3))?.[0] : undefined;
    if (escaped !== undefined) {
      units.push({ byte: Number.parseInt(escaped.slice(1), 16), written: escaped, breaks: '' });
      at += 2;
      continue;
    }
    const byte = written.charCodeAt(at);
    const mustEscape = byte === EQUALS || byte === CR;
    units.push({ byte, written: mustEscape ? escapeOf(byte) : written.charAt(at), breaks: '' });
  }
  if (isSoft) return units;
  for (const character of eol) units.push({ byte: character.charCodeAt(0), written: character, breaks: eol });
  return units;
}

const EQUALS = 0x3d;
const CR = 0x0d;

function escapeOf(byte: number): string {
  return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

interface Group {
  readonly first: number;
  readonly last: number;
  readonly edits: readonly ByteEdit[];
}

/** Edits that touch the same lines belong together. */
function groupByLines(edits: readonly ByteEdit[], lines: readonly Line[]): readonly Group[] {
  const groups: Group[] = [];
  for (const edit of edits) {
    const first = lineAt(lines, edit.start);
    const last = edit.end > edit.start ? lineAt(lines, edit.end - 1) : first;
    const before = groups.at(-1);
    if (before !== undefined && first <= before.last) {
      groups[groups.length - 1] = {
        first: before.first,
        last: Math.max(before.last, last),
        edits: [...before.edits, edit],
      };
    } else groups.push({ first, last, edits: [edit] });
  }
  return groups;
}

/** The last line that begins at or before that byte of the content. */
function lineAt(lines: readonly Line[], offset: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle]?.from ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function editUnits(units: readonly Unit[], edits: readonly ByteEdit[], from: number): readonly Unit[] {
  const result: Unit[] = [];
  let at = 0;
  for (const { start, end, text } of edits) {
    for (; at < start - from; at += 1) pushUnit(result, units[at]);
    for (const character of text) result.push(unitFor(character));
    at = Math.max(at, end - from);
  }
  for (; at < units.length; at += 1) pushUnit(result, units[at]);
  return result;
}

function pushUnit(units: Unit[], unit: Unit | undefined): void {
  if (unit !== undefined) units.push(unit);
}

function unitFor(character: string): Unit {
  const byte = character.charCodeAt(0);
  const isPlain = byte >= 0x20 && byte < 0x7f && byte !== EQUALS;
  return { byte, written: isPlain ? character : escapeOf(byte), breaks: '' };
}

/** Writes units as lines that end like `last`, the last line they replace. */
function layOut(units: readonly Unit[], last: Line, eol: string): string {
  let text = '';
  let line: string[] = [];
  for (let at = 0; at < units.length; at += 1) {
    const unit = units[at];
    if (unit === undefined) continue;
    if (unit.breaks === '') {
      line.push(unit.written);
      continue;
    }
    const next = units[at + 1];
    const isWhole = unit.breaks === '\n' || (unit.byte === CR && next?.breaks === unit.breaks && next.byte !== CR);
    if (!isWhole) {
      line.push(escapeOf(unit.byte)); // Half of a line break: the other half was taken out.
      continue;
    }
    text += wrap(line, false, eol) + unit.breaks;
    line = [];
    at += unit.breaks.length - 1;
  }
  if (line.length === 0 && !last.isSoft) return text;
  // Where an edit took a hard line break out, a soft one keeps the next line as it is.
  const endsSoft = last.isSoft || last.eol !== '';
  return text + wrap(line, endsSoft, eol) + (endsSoft ? last.eol : '');
}

/** One line of the content as written lines, joined by soft breaks. */
function wrap(line: readonly string[], endsSoft: boolean, eol: string): string {
  let text = '';
  let current = '';
  for (const [at, written] of line.entries()) {
    const isEnd = at === line.length - 1 && !endsSoft;
    const isBlank = written === ' ' || written === '\t';
    let next = isEnd && isBlank ? escapeOf(written.charCodeAt(0)) : written;
    if (current.length + next.length > (isEnd ? LINE_CHARS : LINE_CHARS - 1)) {
      text += `${current}=${eol}`;
      current = '';
      // A line that begins anew must look neither like a boundary nor like the end of the mail.
      if (next === '-' || next === '.') next = escapeOf(next.charCodeAt(0));
    }
    current += next;
  }
  return text + current + (endsSoft ? '=' : '');
}
