// Reads an IP address into four words of 32 bits, IPv4 as IPv6 (::ffff:a.b.c.d). It runs once a hit, before the answer,
// where ipaddr.js takes over a microsecond; a property holds that both read the same.

/** Where an address is put: 128 bits, the highest word first. */
export type AddressWords = Uint32Array;

/**
 * Puts `text` into `words`. A zone (`fe80::1%eth0`) is left out, IPv4 comes with four decimal parts alone.
 *
 * @returns whether it is an address.
 */
export function readAddress(text: string, words: AddressWords): boolean {
  const zone = text.indexOf('%');
  const end = zone < 0 ? text.length : zone;
  if (end === 0 || end > ADDRESS_CHARS_MAX) return false;
  const ipv4 = readIpv4(text, 0, end);
  if (ipv4 < 0) return readIpv6(text, end, words);
  if (zone >= 0) return false;
  words[0] = 0;
  words[1] = 0;
  words[2] = 0xffff;
  words[3] = ipv4;
  return true;
}

/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255` */
const ADDRESS_CHARS_MAX = 45;

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

/** The number of `a.b.c.d`; -1 when it is none. A part that begins with 0 may be octal to some: it is none to us. */
function readIpv4(text: string, start: number, end: number): number {
  let address = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || dots === 3) return -1;
      address = address * 256 + part;
      part = 0;
      digits = 0;
      dots += 1;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && part === 0)) return -1;
    part = part * 10 + digit;
    digits += 1;
    if (part > 255) return -1;
  }
  return dots === 3 && digits > 0 ? address * 256 + part : -1;
}

const groups = new Uint16Array(8);

function readIpv6(text: string, end: number, words: AddressWords): boolean {
  let count = 0;
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON || end < 2) return false;
    gap = 0;
    at = 2;
  }
  while (at < end) {
    if (count === 8) return false;
    const start = at;
    let value = 0;
    for (; at < end; at += 1) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (at < end && text.charCodeAt(at) === DOT) {
      const ipv4 = count > 6 ? -1 : readIpv4(text, start, end);
      if (ipv4 < 0) return false;
      groups[count] = ipv4 >>> 16;
      groups[count + 1] = ipv4 & 0xffff;
      count += 2;
      break;
    }
    if (at === start || at - start > 4) return false;
    groups[count] = value;
    count += 1;
    if (at === end) break;
    if (text.charCodeAt(at) !== COLON || at + 1 === end) return false;
    at += 1;
    if (text.charCodeAt(at) !== COLON) continue;
    if (gap >= 0) return false;
    gap = count;
    at += 1;
  }
  if (gap < 0 ? count !== 8 : count > 7) return false;
  for (let word = 0; word < 4; word += 1) {
    words[word] = (groupAt(word * 2, count, gap) * 0x10000 + groupAt(word * 2 + 1, count, gap)) >>> 0;
  }
  return true;
}

/** A group of the whole address, where the two colons stand for as many zeros as are missing. */
function groupAt(place: number, count: number, gap: number): number {
  if (gap < 0 || place < gap) return groups[place] ?? 0;
  const missing = 8 - count;
  return place < gap + missing ? 0 : (groups[place - missing] ?? 0);
}

/** The value of a hexadecimal digit; -1 for anything else. */
function hexDigit(code: number): number {
  if (code >= ZERO && code <= 0x39) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
