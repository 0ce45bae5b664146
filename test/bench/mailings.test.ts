// The generator that proves the estimate must itself make what it says.
import { describe, expect, it } from 'vitest';
import { makeMailings, type Scenario } from '../../bench/mailings.ts';
import type { AudienceCell } from '../../src/stats/audience.ts';
import { seededChance } from '../../src/stats/random.ts';

const SCENARIO: Scenario = {
  name: 'plain',
  holds: true,
  recipients: 1_000_000,
  segments: [{ name: 'all', share: 1, masked: 0.4, visible: 0.8, readRate: 0.3, clickRate: 0.1 }],
  history: 0,
  historyRecipients: 1_000,
  maskedReads: 1,
  maskedReadBefore: 1,
  fetches: 0.9,
  scanned: 0,
  passes: 0,
  seenClicks: 1,
  maskedClicks: 1,
  mixed: 0,
  spread: { visible: 0, masked: 0, read: 0 },
};

function countOf(cells: readonly AudienceCell[], isMeant: (cell: AudienceCell) => boolean): number {
  return cells.filter(isMeant).reduce((sum, { recipients }) => sum + recipients, 0);
}

const mailingOf = (of: Partial<Scenario>) => makeMailings({ ...SCENARIO, ...of }, seededChance(5)).mailing;

describe('mailings of known truth', () => {
  it('have the shares they were asked for', () => {
    const { cells, recipients, readers, fetched } = mailingOf({});
    const share = (isMeant: (cell: AudienceCell) => boolean) => countOf(cells, isMeant) / recipients;
    expect(recipients).toBe(1_000_000);
    expect(readers / recipients).toBeCloseTo(0.3, 2);
    expect(share(({ prefetched }) => prefetched)).toBeCloseTo(0.4 * 0.9, 2);
    expect(share(({ opened }) => opened)).toBeCloseTo(0.6 * 0.3 * 0.8, 2);
    expect(share(({ clicked }) => clicked)).toBeCloseTo(0.3 * 0.1, 2);
    expect(share(({ opened, clicked }) => opened && clicked)).toBeCloseTo(0.6 * 0.3 * 0.8 * 0.1, 2);
    expect(fetched / recipients).toBeCloseTo(0.4 * 0.9 + 0.6 * 0.3 * 0.8, 2);
  });

  it('know masked recipients by earlier mailings only where there were any', () => {
    const known = ({ maskedBefore }: AudienceCell) => maskedBefore;
    expect(countOf(mailingOf({}).cells, known)).toBe(0);
    expect(countOf(mailingOf({ history: 2 }).cells, known) / 1_000_000).toBeCloseTo(0.4 * 0.99, 2);
    expect(makeMailings({ ...SCENARIO, history: 3 }, seededChance(5)).history).toHaveLength(3);
  });

  it('violate what they are told to violate', () => {
    const { cells, readers } = mailingOf({ seenClicks: 2, maskedReads: 0.5, passes: 1, scanned: 0.1 });
    const scanned = 0.06;
    expect(readers / 1_000_000).toBeCloseTo(0.6 * 0.3 + 0.4 * 0.15, 2);
    expect(countOf(cells, ({ opened, clicked }) => opened && clicked) / 1_000_000).toBeCloseTo(
      scanned + 0.54 * 0.3 * 0.8 * 0.2,
      2,
    );
  });
});
