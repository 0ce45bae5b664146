// A key ring that is the same in every run: one key made of a secret that depends on the seed alone.
import { addKey, type KeyRingJson } from '../../src/token/key-ring.ts';

/** A ring of one key; another seed gives another secret. */
export function testRing(seed = 1): KeyRingJson {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => (seed * 101 + i * 7) & 255);
  return addKey(undefined, { secret, atMs: Date.UTC(2026, 0, 1), sign: true });
}
