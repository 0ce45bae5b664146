// Base32 in lower case without padding (RFC 4648, section 6). It survives clients and filters that fold case, and it
// never ends in punctuation. One spelling per value: the decoder folds case and refuses everything else.

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const CODES = Buffer.from(ALPHABET, 'latin1');
const VALUES = valuesByCode();

/** Encodes bytes; five become eight characters. */
export function encodeBase32(bytes: Uint8Array): string {
  const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / 5));
  writeBase32(bytes, out);
  return out.toString('latin1');
}

/** Encodes bytes into `out`, which must have room, as ASCII. */
export function writeBase32(bytes: Uint8Array, out: Uint8Array): void {
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    bits = ((bits << 8) | (bytes[i] ?? 0)) & 0xfff;
    bitCount += 8;
    while (bitCount >= 5) {
      bitCount -= 5;
      out[at++] = CODES[(bits >> bitCount) & 31] ?? 0;
    }
  }
  if (bitCount > 0) out[at] = CODES[(bits << (5 - bitCount)) & 31] ?? 0;
}

/** Decodes, or returns nothing for any text but the canonical one (in either case). */
export function decodeBase32(text: string): Buffer | undefined {
  const spareBits = (text.length * 5) % 8;
  if (spareBits >= 5) return undefined;
  const out = Buffer.allocUnsafe(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    const value = VALUES[text.charCodeAt(i)];
    if (value === undefined || value === 255) return undefined;
    bits = ((bits << 5) | value) & 0xfff;
    bitCount += 5;
    if (bitCount >= 8) {
      bitCount -= 8;
      out[at++] = (bits >> bitCount) & 255;
    }
  }
  return (bits & ((1 << bitCount) - 1)) === 0 ? out : undefined;
}

function valuesByCode(): Uint8Array {
  const values = new Uint8Array(128).fill(255);
  for (let value = 0; value < ALPHABET.length; value += 1) {
    const character = ALPHABET.charAt(value);
    values[character.charCodeAt(0)] = value;
    values[character.toUpperCase().charCodeAt(0)] = value;
  }
  return values;
}
