// A session of the pages, as its cookie holds it: the API token that was shown and until when it counts, sealed. So it ends
// with the token it was opened with, needs no place on a server, and is good at every process that has the keys.
import type { KeyRing } from './key-ring.ts';
import { open, paddedBytes, seal } from './sealed-token.ts';

export interface Session {
  readonly apiToken: string;
  readonly untilMs: number;
}

const VERSION = 1;

/** Version, end in milliseconds (6 bytes), bytes of padding. */
const HEAD_BYTES = 8;

/** Seals a session under the key that signs. */
export function sealSession(ring: KeyRing, { apiToken, untilMs }: Session): string {
  const key = ring.signing();
  const token = Buffer.from(apiToken);
  const bytes = paddedBytes(HEAD_BYTES + token.length);
  const plaintext = Buffer.alloc(bytes);
  plaintext.writeUInt8(VERSION, 0);
  plaintext.writeUIntBE(untilMs, 1, 6);
  plaintext.writeUInt8(bytes - HEAD_BYTES - token.length, 7);
  token.copy(plaintext, HEAD_BYTES);
  return seal(key.number, key.session, plaintext);
}

/** The session; nothing when it is none, or its key was revoked. Whether it has ended is for the caller to say. */
export function openSession(ring: KeyRing, text: string): Session | undefined {
  const opened = open(ring, 'session', text);
  if (!opened.ok || opened.key.revoked || opened.plaintext[0] !== VERSION) return undefined;
  const { plaintext } = opened;
  const end = plaintext.length - plaintext.readUInt8(7);
  return { untilMs: plaintext.readUIntBE(1, 6), apiToken: plaintext.toString('utf8', HEAD_BYTES, end) };
}
