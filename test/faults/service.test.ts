import { describe, expect, it } from 'vitest';
import { loseStore } from './away-store.ts';
import { dawdle } from './dawdle.ts';
import { canWatchDisk } from './disk.ts';
import { diskFaults, failDisk } from './failing-disk.ts';
import { canMount, fillDisk } from './full-disk.ts';
import { fillUp } from './full-journal.ts';
import { jumpClock } from './jump-clock.ts';
import { killRepeatedly } from './kill.ts';
import { FLAWLESS } from './oracle.ts';
import { startBehind } from './ready.ts';
import { removeStore } from './removed-store.ts';

const MINUTES_2 = 120_000;
/** For a service to recover: a test says nothing of how fast this machine is. */
const MINUTES_1 = 60_000;

describe.skipIf(!canWatchDisk())('while the disk of the journal fails (needs Linux and gcc)', () => {
  it(
    'everybody is answered, and everything works again as soon as it does; no durable answer was a lie',
    async () => {
      const faults = diskFaults(6, 3);
      const { asked, durable, ...result } = await failDisk(faults, MINUTES_1);
      expect(result).toEqual({ ...FLAWLESS, faults: faults.length, illAnswered: 0, notRecovered: 0 });
      expect(asked).toBeGreaterThan(faults.length * 24);
      // The faults did hit.
      expect(asked - durable).toBeGreaterThan(24);
    },
    MINUTES_2,
  );
});

describe.skipIf(!canMount())('while the whole disk is full (needs the right to mount a tmpfs)', () => {
  it(
    'everybody is answered, what is dropped is counted, and everything works again as soon as there is room',
    async () => {
      const { asked, durable, dropped, ...result } = await fillDisk(2, MINUTES_1);
      const nothing = { neverFull: 0, notRecovered: 0, uncounted: 0, illAnswered: 0 };
      expect(result).toEqual({ ...FLAWLESS, rounds: 2, ...nothing });
      expect(durable).toBeGreaterThan(0);
      expect(dropped).toBeGreaterThan(0);
      expect(asked).toBeGreaterThanOrEqual(durable + dropped);
    },
    MINUTES_2,
  );
});

describe('a server whose journal has hits that wait', () => {
  it(
    'listens and answers, and has all in its account when it is killed',
    async () => {
      const { readyMs, readyEmptyMs, notDurable: _, ...result } = await startBehind({ waiting: 30_000, starts: 1 });
      expect(result).toEqual({ waiting: 30_000, starts: 1, lost: 0, invented: 0 });
      expect(Math.min(readyMs, readyEmptyMs)).toBeGreaterThan(0);
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
      const { asked, durable, p99Ms, heldBack, ...result } = await loseStore({
        forMs: 500,
        atLeast: 100,
        clockOffsetMs: -3_600_000,
      });
      expect(result).toEqual({ ...FLAWLESS, illAnswered: 0 });
      expect(asked).toBeGreaterThanOrEqual(140);
      expect(durable).toBeGreaterThan(0);
      expect(heldBack).toBeGreaterThanOrEqual(100);
      expect(p99Ms).toBeGreaterThan(0);
    },
    MINUTES_2,
  );
});

describe('a store whose file is removed', () => {
  it(
    'is made anew and gets every hit once that was not settled before, also after a restart; the log says so',
    async () => {
      const { durable, ...result } = await removeStore(100);
      expect(result).toEqual({ ...FLAWLESS, asked: 140, illAnswered: 0, readyStatus: 200, isTold: true });
      expect(durable).toBeGreaterThan(0);
    },
    MINUTES_2,
  );
});

describe('a journal that is full', () => {
  it(
    'keeps its oldest hits while all are answered, and the server is ready again when some are settled',
    async () => {
      const { asked, durable, overflow, settled, ...result } = await fillUp(150_000);
      expect(result).toEqual({ ...FLAWLESS, illAnswered: 0, readyWhenFull: 'full', statusWhenSettled: 200 });
      expect(overflow).toBeGreaterThan(0);
      expect(durable).toBeGreaterThan(0);
      expect(settled + overflow).toBe(asked);
    },
    MINUTES_2,
  );
});

describe('five hundred senders that drip, and as many that say nothing', () => {
  it(
    'keep nobody from being answered, and are closed though they never stop',
    async () => {
      const { asked, durable, p99Ms, lastClosedMs, ...result } = await dawdle(500);
      expect(result).toEqual({ ...FLAWLESS, dripping: 500, illAnswered: 0 });
      expect(asked).toBeGreaterThanOrEqual(20);
      expect(durable).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThan(0);
      expect(lastClosedMs).toBeGreaterThan(0);
    },
    MINUTES_2,
  );
});

describe('a clock that jumps by an hour, ahead and back', () => {
  it(
    'gives no two hits one id, makes no age negative, and every hit is settled once',
    async () => {
      const { durable, ...result } = await jumpClock(20);
      expect(result).toEqual({ ...FLAWLESS, asked: 80, illAnswered: 0, negative: 0 });
      expect(durable).toBeGreaterThan(0);
    },
    MINUTES_2,
  );
});
