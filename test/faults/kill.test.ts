// Services that are killed in the middle of their work, by what they do; and each guarantee with a deliberate defect.
import { describe, expect, it } from 'vitest';
import { killMigration, MIGRATES_PIECEMEAL } from './kill-migration.ts';
import { killRetention, NOTES_FIRST } from './kill-retention.ts';
import { killSettling, SETTLES_PIECEMEAL } from './kill-settling.ts';
import { FLAWLESS } from './oracle.ts';

const MINUTES_4 = 240_000;
const some = expect.toSatisfy((count) => count > 0);
const SOUND = { ...FLAWLESS, asked: some, durable: some, illAnswered: 0 };

describe('services that are killed while they settle', () => {
  it('leave every durable answer to be settled once', { timeout: MINUTES_4 }, async () => {
    expect(await killSettling({ seed: 1, runs: 3 })).toEqual({ ...SOUND, runs: 3 });
  });

  it('would be seen to miscount, were a batch no transaction', { timeout: MINUTES_4 }, async () => {
    const found = await killSettling({ seed: 1, runs: 4, table: 'counts', alterations: [SETTLES_PIECEMEAL] });
    expect(found).toEqual({ ...SOUND, runs: 4, miscounted: some });
  });
});

describe('services that are killed while they remove what is old', () => {
  it('remove what is due and nothing else, and change no count', { timeout: MINUTES_4 }, async () => {
    expect(await killRetention({ seed: 1, runs: 2 })).toEqual({ ...SOUND, runs: 2, overdue: 0, premature: 0 });
  });

  it('would be seen to forget some, were a step noted before it is made', { timeout: MINUTES_4 }, async () => {
    const found = await killRetention({ seed: 23, runs: 3, alterations: NOTES_FIRST });
    expect(found).toEqual({ ...SOUND, runs: 3, overdue: some, premature: 0 });
  });
});

describe('services of which one is killed while it makes their store, or brings it up to date', () => {
  it('all open it and collect, and lose nothing', { timeout: MINUTES_4 }, async () => {
    expect(await killMigration({ seed: 1, runs: 2 })).toEqual({ ...SOUND, runs: 2, killed: 2, notStarted: 0 });
  });

  it('would be seen to fail, were the steps no transaction', { timeout: MINUTES_4 }, async () => {
    const { notStarted } = await killMigration({ seed: 3, runs: 1, alterations: MIGRATES_PIECEMEAL });
    expect(notStarted).toBeGreaterThan(0);
  });
});
