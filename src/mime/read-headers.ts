// Reads the header block of a message or part (RFC 5322, section 2.2) in a text of one character a byte.

export interface Header {
  /** In lower case. */
  readonly name: string;
  /** Unfolded, without blanks round it. */
  readonly value: string;
}

export interface HeaderBlock {
  readonly headers: readonly Header[];
  /** Where a further header goes: the end of the last header's line. */
  readonly end: number;
  /** Where the body begins, after the empty line. */
  readonly bodyStart: number;
}

const FIELD = /^([!-9;-~]+)[ \t]*:([\s\S]*)$/;

/** The headers from `start`; a block that no empty line ends reaches to `end` and has no body. */
export function readHeaders(text: string, start: number, end: number): HeaderBlock {
  const fields: string[] = [];
  let at = start;
  while (at < end) {
    const newline = text.indexOf('\n', at);
    const next = newline === -1 || newline >= end ? end : newline + 1;
    const line = text.slice(at, next).replace(/\r?\n$/, '');
    if (line === '') return { headers: parse(fields), end: at, bodyStart: next };
    const last = fields.length - 1;
    if (/^[ \t]/.test(line) && last >= 0) fields[last] += line;
    else fields.push(line);
    at = next;
  }
  return { headers: parse(fields), end, bodyStart: end };
}

/** Lines without a name (an mbox's "From " line, rubbish) are passed over. */
function parse(fields: readonly string[]): readonly Header[] {
  return fields.flatMap((field) => {
    const [, name, value] = FIELD.exec(field) ?? [];
    return name === undefined || value === undefined ? [] : [{ name: name.toLowerCase(), value: value.trim() }];
  });
}

/** The values of all headers of that name, in order. */
export function valuesOf(headers: readonly Header[], name: string): readonly string[] {
  return headers.flatMap((header) => (header.name === name ? [header.value] : []));
}
