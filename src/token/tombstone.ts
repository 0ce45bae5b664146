// What stands for an erased recipient wherever the control state is known: half of a keyed hash of the id, so that the id
// can be recognized, and not be found again.
import { prepareMac } from './mac.ts';

/** Bytes of a tombstone. */
const TOMBSTONE_BYTES = 16;

/** Returns the function from a recipient's id to what stands for it under one log's key. */
export function tombstoneMaker(key: Uint8Array): (recipient: string) => Buffer {
  const mac = prepareMac(key);
  return (recipient) => mac(Buffer.from(recipient)).subarray(0, TOMBSTONE_BYTES);
}
