// Finds where an attribute's value stands in the source. The parser's START offset of an attribute is trusted, its end
// is not (it is wrong for `href="x"class="y"`), so the value is scanned again by the rules of the HTML tokenizer.

/** A range of UTF-16 offsets in the source. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** The value of the attribute whose name begins at `nameStart`, without its quotes; nothing for a bare name. */
export function scanAttributeValue(source: string, nameStart: number): SourceRange | undefined {
  const nameEnd = skip(source, nameStart + 1, isNameCharacter);
  const equals = skip(source, nameEnd, isBlank);
  if (source[equals] !== '=') return undefined;
  const start = skip(source, equals + 1, isBlank);
  const quote = source[start];
  if (quote === '"' || quote === "'") {
    const end = source.indexOf(quote, start + 1);
    return { start: start + 1, end: end < 0 ? source.length : end };
  }
  if (quote === '>' || quote === undefined) return undefined;
  return { start, end: skip(source, start, isUnquotedCharacter) };
}

/** The attribute whose name begins at `nameStart`, from the blanks before it to the end of its value. */
export function scanAttribute(source: string, nameStart: number): SourceRange {
  let start = nameStart;
  while (start > 0 && isBlank(source.charCodeAt(start - 1))) start -= 1;
  const value = scanAttributeValue(source, nameStart);
  if (value === undefined) return { start, end: skip(source, nameStart + 1, isNameCharacter) };
  const isQuoted = /["']/.test(source.charAt(value.start - 1)) && source[value.end] === source[value.start - 1];
  return { start, end: isQuoted ? value.end + 1 : value.end };
}

/** Offset of the first character at or after `from` that is not accepted. */
function skip(source: string, from: number, accepts: (code: number) => boolean): number {
  let at = from;
  while (at < source.length && accepts(source.charCodeAt(at))) at += 1;
  return at;
}

/** Tab, LF, FF, CR and space: what HTML calls whitespace. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 12 || code === 13;
}

/** Whether an attribute's or tag's name goes on. */
function isNameCharacter(code: number): boolean {
  return !isBlank(code) && code !== 61 && code !== 62 && code !== 47;
}

function isUnquotedCharacter(code: number): boolean {
  return !isBlank(code) && code !== 62;
}
