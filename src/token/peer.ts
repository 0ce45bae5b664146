// A peer: what is kept of a client's address. Eight bytes of HMAC-SHA-256(day key, address): enough to see that two
// requests of one day came from one place, and nothing else. The day key comes from the signing key and is kept nowhere.
import { peersRememberedMax } from '../base/limits.ts';
import { type Remembered, remember } from '../base/remember.ts';
import type { KeyRing, RingKey } from './key-ring.ts';
import { prepareMac } from './mac.ts';

const DAY_MS = 86_400_000;
const PEER_BYTES = 8;

/** Returns the peer of an address at a time (UTC days), as 16 hexadecimal digits. */
export type PeerOf = (address: string, atMs: number) => string;

/** Prepares peers under the ring's signing key; collectors that share a ring agree. */
export function preparePeers(ring: Pick<KeyRing, 'signing'>): PeerOf {
  let madeFor: { readonly key: RingKey; readonly day: number; readonly peers: Remembered<string> } | undefined;
  return (address, atMs) => {
    const key = ring.signing();
    const day = Math.floor(atMs / DAY_MS);
    if (madeFor?.key !== key || madeFor.day !== day) {
      const mac = prepareMac(key.peerMac(Buffer.from(String(day))));
      // Image proxies and offices ask from few addresses.
      const peers = remember(peersRememberedMax, (of) => mac(Buffer.from(of)).toString('hex', 0, PEER_BYTES));
      madeFor = { key, day, peers };
    }
    return madeFor.peers.get(address);
  };
}
