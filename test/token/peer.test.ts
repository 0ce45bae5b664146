import { describe, expect, it } from 'vitest';
import { addKey, createKeyRing } from '../../src/token/key-ring.ts';
import { preparePeers } from '../../src/token/peer.ts';

const DAY_MS = 86_400_000;
const one = addKey(undefined, { secret: Buffer.alloc(32, 1), atMs: 0, sign: true });
const two = addKey(one, { secret: Buffer.alloc(32, 2), atMs: 0, sign: true });

describe('a peer', () => {
  const peerOf = preparePeers(createKeyRing(one));

  it('is 8 bytes, the same all through a day, at every collector of one ring', () => {
    expect(peerOf('203.0.113.9', 0)).toMatch(/^[0-9a-f]{16}$/);
    expect(peerOf('203.0.113.9', DAY_MS - 1)).toBe(peerOf('203.0.113.9', 0));
    expect(preparePeers(createKeyRing(one))('203.0.113.9', 0)).toBe(peerOf('203.0.113.9', 0));
  });

  it('differs by address, by day and by key, and does not show the address', () => {
    const peers = [
      peerOf('203.0.113.9', 0),
      peerOf('203.0.113.8', 0),
      peerOf('203.0.113.9', DAY_MS),
      preparePeers(createKeyRing(two))('203.0.113.9', 0),
    ];
    expect(new Set(peers).size).toBe(4);
    expect(peers.join()).not.toContain(Buffer.from('203.0.113.9').toString('hex'));
  });

  it('follows a ring whose signing key changes', () => {
    const ring = createKeyRing(one);
    const peers = preparePeers(ring);
    const before = peers('203.0.113.9', 0);
    ring.replace(two);
    expect(peers('203.0.113.9', 0)).not.toBe(before);
  });
});
