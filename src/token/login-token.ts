// What a login form brings along: the number of the browser it was given to and until when it counts, sealed. Only the browser
// whose cookie has that number can send the form, and no server keeps which forms it gave out.
import type { KeyRing } from './key-ring.ts';
import { open, paddedBytes, seal } from './sealed-token.ts';

export interface LoginForm {
  /** Random bytes in base64url, in a cookie of the browser. */
  readonly browser: string;
  readonly untilMs: number;
}

/** Another than a session's, whose keys it is sealed under. */
const VERSION = 2;

/** Version, end in milliseconds (6 bytes). */
const HEAD_BYTES = 7;

/** Bytes of a browser's number: nobody guesses one. */
export const BROWSER_BYTES = 16;

const PLAINTEXT_BYTES: number = paddedBytes(HEAD_BYTES + BROWSER_BYTES);

/** Seals it under the key that signs. */
export function sealLoginForm(ring: KeyRing, { browser, untilMs }: LoginForm): string {
  const key = ring.signing();
  const plaintext = Buffer.alloc(PLAINTEXT_BYTES);
  plaintext.writeUInt8(VERSION, 0);
  plaintext.writeUIntBE(untilMs, 1, 6);
  plaintext.write(browser, HEAD_BYTES, BROWSER_BYTES, 'base64url');
  return seal(key.number, key.session, plaintext);
}

/** The form; nothing when it is none of ours, or its key was revoked. Whether its time is over is for the caller to say. */
export function openLoginForm(ring: KeyRing, text: string): LoginForm | undefined {
  const opened = open(ring, 'session', text);
  if (!opened.ok || opened.key.revoked || opened.plaintext[0] !== VERSION) return undefined;
  const { plaintext } = opened;
  const browser = plaintext.toString('base64url', HEAD_BYTES, HEAD_BYTES + BROWSER_BYTES);
  return { browser, untilMs: plaintext.readUIntBE(1, 6) };
}
