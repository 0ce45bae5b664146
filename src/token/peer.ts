// A peer: what is kept of a client's address. Eight bytes of HMAC-SHA-256(day key, address): enough to see that two
// requests of one day came from one place, and nothing else. The day key comes from the signing key and is kept nowhere.
import type { KeyRing, RingKey } from './key-ring.ts';
import { type Mac, prepareMac } from './mac.ts';

const DAY_MS = 86_400_000;
const PEER_BYTES = 8;

/** Returns the peer of an address at a time (UTC days), as 16 hexadecimal digits. */
export type PeerOf = (address: string, atMs: number) => string;

/** Prepares peers under the ring's signing key; collectors that share a ring agree. */
export function preparePeers(ring: Pick<KeyRing, 'signing'>): PeerOf {
  let madeFor: { readonly key: RingKey; readonly day: number; readonly mac: Mac } | undefined;
  return (address, atMs) => {
    const key = ring.signing();
    const day = Math.floor(atMs / DAY_MS);
    if (madeFor?.key !== key || madeFor.day !== day) {
      madeFor = { key, day, mac: prepareMac(key.peerMac(Buffer.from(String(day)))) };
    }
    return madeFor.mac(Buffer.from(address)).toString('hex', 0, PEER_BYTES);
  };
}
