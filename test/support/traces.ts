// Looks for a recipient in every file of a directory: the id as it is, as bytes of a UUID, in base64, base32 and hexadecimal
// at any alignment, and in every sealed token that the keys open.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeBase32 } from '../../src/token/base32.ts';
import { openHitToken } from '../../src/token/hit-token.ts';
import type { KeyRing } from '../../src/token/key-ring.ts';
import { openUnsubscribeToken } from '../../src/token/unsubscribe-token.ts';

/** What was found, as the file and the form. */
export function tracesOf(directory: string, recipient: string, keys: KeyRing): readonly string[] {
  const forms = formsOf(recipient);
  const files = readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return files.flatMap(({ parentPath, name }) => {
    const bytes = readFileSync(join(parentPath, name));
    const found = Object.entries(forms).filter(([, texts]) => texts.some((text) => bytes.includes(text)));
    return [
      ...found.map(([form]) => `${name}: ${form}`),
      ...tokensIn(bytes, recipient, keys).map((kind) => `${name}: ${kind}`),
    ];
  });
}

/** The bytes that stand for an id whatever comes before it. */
function formsOf(recipient: string): Readonly<Record<string, readonly (string | Buffer)[]>> {
  const bytes = Buffer.from(recipient);
  const shifted = (by: number) => Buffer.concat([Buffer.alloc(by), bytes]);
  const inner = (text: string, before: number) => text.replace(/=+$/, '').slice(before, -2);
  const base64 = [0, 1, 2].map((by) => inner(shifted(by).toString('base64'), Math.ceil((by * 8) / 6) + 1));
  const base32 = [0, 1, 2, 3, 4].map((by) => inner(encodeBase32(shifted(by)), Math.ceil((by * 8) / 5) + 1));
  return {
    raw: [recipient, ...(/^[0-9a-f-]{36}$/.test(recipient) ? [Buffer.from(recipient.replaceAll('-', ''), 'hex')] : [])],
    escaped: [JSON.stringify(recipient), encodeURIComponent(recipient)],
    base64: [...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))],
    base32: [...base32, ...base32.map((text) => text.toUpperCase())],
    hexadecimal: [bytes.toString('hex')],
  };
}

/** Every token has as many characters, or more. */
const TOKEN_MIN = 24;

function tokensIn(bytes: Buffer, recipient: string, keys: KeyRing): readonly string[] {
  const texts = bytes.toString('latin1').split(/[^a-z2-7]/i);
  const runs = texts.filter(({ length }) => length >= TOKEN_MIN);
  return runs.flatMap((text) => {
    const opened = [openHitToken(keys, text), openUnsubscribeToken(keys, text)];
    return opened.some((one) => one.ok && one.token.recipient === recipient) ? ['a token'] : [];
  });
}
