// The ids of hits as they are stored: 16 bytes, of which the first six are the time.

/** What comes before the ids of all hits of a time. */
export function hitIdAt(atMs: number): Buffer {
  return Buffer.from(atMs.toString(16).padStart(12, '0'), 'hex');
}

export function timeOf(hitId: Buffer): number {
  return hitId.readUIntBE(0, 6);
}
