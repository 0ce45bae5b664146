import { describe, expect, it } from 'vitest';
import { lockStore, loseStore } from './away-store.ts';
import { canWatchDisk } from './disk.ts';
import { diskFaults, failDisk } from './failing-disk.ts';
import { killRepeatedly } from './kill.ts';
import { FLAWLESS } from './oracle.ts';

const MINUTES_2 = 120_000;

describe.skipIf(!canWatchDisk())('while the disk of the journal fails (needs Linux and gcc)', () => {
  it(
    'everybody is answered, and everything works again as soon as it does; no durable answer was a lie',
    async () => {
      const faults = diskFaults(6, 3);
      const { asked, durable, notDurable, ...result } = await failDisk(faults);
      expect(result).toEqual({ ...FLAWLESS, faults: faults.length, illAnswered: 0, notRecovered: 0 });
      expect(asked).toBeGreaterThan(faults.length * 24);
      expect(durable + notDurable).toBe(asked);
      // The faults did hit.
      expect(notDurable).toBeGreaterThan(24);
    },
    MINUTES_2,
  );
});

describe('a service that is killed at random moments', () => {
  it(
    'has every durable answer in its store, once',
    async () => {
      const { asked, durable, ...result } = await killRepeatedly({ seed: 7, runs: 3, withinMs: 400 });
      expect(result).toEqual({ ...FLAWLESS, runs: 3, illAnswered: 0 });
      expect(durable).toBeGreaterThan(0);
      expect(asked).toBeGreaterThan(durable);
    },
    MINUTES_2,
  );
});

describe('a store that another process has locked', () => {
  it(
    'stops no answer, and gets every hit once afterwards, whatever the clock says',
    async () => {
      const { asked, p99Ms, heldBack, ...result } = await loseStore(lockStore, {
        forMs: 500,
        atLeast: 100,
        clockOffsetMs: -3_600_000,
      });
      expect(result).toEqual({ ...FLAWLESS, illAnswered: 0 });
      expect(asked).toBeGreaterThanOrEqual(140);
      expect(heldBack).toBeGreaterThanOrEqual(100);
      expect(p99Ms).toBeGreaterThan(0);
    },
    MINUTES_2,
  );
});
