// Parses a header value with parameters: Content-Type and Content-Disposition (RFC 2045, section 5.1; RFC 2231 for
// parameters in several pieces).

export interface ParameterValue {
  /** The first word, in lower case: `text/html`, `attachment`. */
  readonly value: string;
  /** By name in lower case; the first of a name counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s;]*))/g;

/** Parses the value; never fails: what is no parameter is passed over. */
export function parseParameters(header: string): ParameterValue {
  const text = withoutComments(header);
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain = ''] of text.matchAll(PARAMETER)) {
    const written = quoted === undefined ? plain : quoted.replace(/\\([\s\S])/g, '$1');
    const [base = '', piece] = name.toLowerCase().split(/\*(\d+)?/);
    const isExtended = name.endsWith('*');
    const value = isExtended ? decodeExtended(written) : written;
    const known = parameters.get(base);
    if (known === undefined) parameters.set(base, value);
    else if (piece !== undefined && piece !== '0') parameters.set(base, known + value);
  }
  return { value: (/^[^\s;]*/.exec(text.trim())?.[0] ?? '').toLowerCase(), parameters };
}

/** `us-ascii'en'a%20b` is `a b`. */
function decodeExtended(written: string): string {
  return written
    .replace(/^[^']*'[^']*'/, '')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Comments in brackets, outside quoted strings, become a blank. */
function withoutComments(header: string): string {
  let text = '';
  let depth = 0;
  for (const [piece] of header.matchAll(/"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[\s\S]/g)) {
    if (piece === '(') depth += 1;
    if (depth === 0) text += piece;
    if (piece === ')' && depth > 0) {
      depth -= 1;
      if (depth === 0) text += ' ';
    }
  }
  return text;
}
