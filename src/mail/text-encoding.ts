// The transfer encoding that nodemailer finds for a mail by reading each character of it, twice. The mails of a mailing are
// alike, so one of them tells it for all: a fifth of the time that a mail takes.
import type { SendMailOptions } from 'nodemailer';

type TextEncoding = NonNullable<SendMailOptions['textEncoding']>;

/** Letters of ASCII, and what quoted-printable writes as three characters. */
const LATIN = /[A-Za-z]/g;
const ENCODED = /[\0-\x08\x0b\x0c\x0e-\x1f\x80-\uffff]/g;

/** The encoding that nodemailer would choose for a text. */
function textEncodingOf(text: string): TextEncoding {
  return count(text, ENCODED) < count(text, LATIN) ? 'quoted-printable' : 'base64';
}

function count(text: string, of: RegExp): number {
  return text.match(of)?.length ?? 0;
}

/** Makes what says the encoding of a mail's bodies and headers; undefined where nodemailer should look at each of them. */
export function makeTextEncoding(): (
  bodies: readonly (string | undefined)[],
  headers: readonly (string | undefined)[],
) => TextEncoding | undefined {
  let ofBodies: TextEncoding | undefined;
  let isKnown = false;
  return (bodies, headers) => {
    if (!isKnown) {
      const [first, ...others] = bodies.flatMap((body) => (body ? textEncodingOf(body) : []));
      ofBodies = others.every((encoding) => encoding === first) ? first : undefined;
      isKnown = true;
    }
    const isSame = headers.every((text = '') => /^[\x20-\x7e]*$/.test(text) || textEncodingOf(text) === ofBodies);
    return isSame ? ofBodies : undefined;
  };
}
