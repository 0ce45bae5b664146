import { describe, expect, it } from 'vitest';
import { canWatchDisk } from './disk.ts';
import { cutPower } from './power-cut.ts';

describe.skipIf(!canWatchDisk())('when the power is cut (needs Linux and gcc)', () => {
  it('every acknowledged hit is in the journal, once, and no other', () => {
    const { acknowledged, ...rest } = cutPower({ seed: 1, hits: 1_500, cuts: 40 });
    expect(acknowledged).toBeGreaterThan(10_000);
    expect(rest).toEqual({ cuts: 40, lost: 0, doubled: 0, invented: 0, broken: 0 });
  });

  it('would be seen to lose hits, were commits not synced', () => {
    expect(cutPower({ seed: 1, hits: 1_500, cuts: 10, unsynced: true }).lost).toBeGreaterThan(0);
  });
});
