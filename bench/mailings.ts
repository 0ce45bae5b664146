// Mailings of which the truth is known, for the bench of the estimate: who reads, who can be seen reading, who clicks,
// and what machines fetch besides. Drawn as counts of recipients who are alike, which gives what drawing each would.
import { type AudienceCell, type Strata, strataOf } from '../src/stats/audience.ts';
import { type Chance, drawBinomial, drawNormal } from '../src/stats/random.ts';

/** Recipients of one provider and what they are like. Shares from 0 to 1. */
export interface Segment {
  readonly name: string;
  readonly share: number;
  /** On Apple's privacy mail: their images are fetched whether or not they look. */
  readonly masked: number;
  /** Of those who are not masked: their clients load images. */
  readonly visible: number;
  readonly readRate: number;
  /** Of readers. */
  readonly clickRate: number;
}

/** What a sender and its mailings are like. */
export interface Scenario {
  readonly name: string;
  /** Whether what the estimate assumes holds. */
  readonly holds: boolean;
  readonly recipients: number;
  readonly segments: readonly Segment[];
  /** Earlier mailings, and recipients of each. */
  readonly history: number;
  readonly historyRecipients: number;
  /** Masked people read so much more or less often than others; so did they before. */
  readonly maskedReads: number;
  readonly maskedReadBefore: number;
  /** A masked device fetches a mail at all. */
  readonly fetches: number;
  /** Behind a gateway that fetches all, and what of it passes for a person. */
  readonly scanned: number;
  readonly passes: number;
  /** Readers whose pixel is seen click so much more often than other measurable ones, and masked ones. */
  readonly seenClicks: number;
  readonly maskedClicks: number;
  /** Masked people who read on another device as well, where it is seen. */
  readonly mixed: number;
  /** How far mailings of this sender differ, as deviations of log odds. */
  readonly spread: { readonly visible: number; readonly masked: number; readonly read: number };
}

export interface Mailing {
  readonly cells: readonly AudienceCell[];
  readonly recipients: number;
  readonly readers: number;
  /** Recipients with any fetch of the pixel. */
  readonly fetched: number;
}

/** The sender's earlier mailings and the one that is judged. */
export function makeMailings(scenario: Scenario, chance: Chance) {
  const earlier: Strata[] = [];
  for (let number = 0; number < scenario.history; number += 1) {
    const { cells } = makeMailing({ ...scenario, recipients: scenario.historyRecipients }, number, chance, true);
    earlier.push(strataOf(cells));
  }
  return { history: earlier, mailing: makeMailing(scenario, scenario.history, chance, false) };
}

function makeMailing(scenario: Scenario, mailingsBefore: number, chance: Chance, isHistory: boolean): Mailing {
  const { spread } = scenario;
  const moved = {
    visible: spread.visible * drawNormal(chance),
    masked: spread.masked * drawNormal(chance),
    read: spread.read * drawNormal(chance),
  };
  const tally = new Tally(chance);
  for (const segment of scenario.segments) {
    const recipients = Math.round(scenario.recipients * segment.share);
    const maskedCount = drawBinomial(recipients, segment.masked, chance);
    const readRate = shiftOdds(segment.readRate, moved.read);
    const maskedReads = (isHistory ? scenario.maskedReadBefore : scenario.maskedReads) * Math.exp(moved.masked);
    // One who was masked before is known by an earlier fetch.
    const knownRate = 1 - (1 - scenario.fetches) ** Math.min(6, mailingsBefore);
    const known = drawBinomial(maskedCount, knownRate, chance);
    for (const [count, maskedBefore] of [
      [known, true],
      [maskedCount - known, false],
    ] as const) {
      const reads = Math.min(1, readRate * maskedReads);
      tally.addMasked({ segment, scenario, count, maskedBefore, reads });
    }
    const open = recipients - maskedCount;
    const on = drawBinomial(open, shiftOdds(segment.visible, moved.visible), chance);
    tally.addOpen({ segment, scenario, count: on, isSeen: true, readRate });
    tally.addOpen({ segment, scenario, count: open - on, isSeen: false, readRate });
  }
  return tally.mailing();
}

class Tally {
  readonly #chance: Chance;
  readonly #cells: AudienceCell[] = [];
  #readers = 0;
  #fetched = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  addMasked(of: { segment: Segment; scenario: Scenario; count: number; maskedBefore: boolean; reads: number }): void {
    const { segment, scenario, count, maskedBefore, reads } = of;
    const read = this.#draw(count, reads);
    const mixedRead = this.#draw(read, scenario.mixed);
    this.#readers += read;
    const clickRate = Math.min(1, segment.clickRate * scenario.maskedClicks);
    for (const [people, opened, clicks] of [
      [mixedRead, true, clickRate],
      [read - mixedRead, false, clickRate],
      [count - read, false, 0],
    ] as const) {
      const fetching = this.#draw(people, scenario.fetches);
      this.#fetched += opened ? people : fetching;
      for (const [some, prefetched] of [
        [fetching, true],
        [people - fetching, false],
      ] as const) {
        this.#add(segment.name, { maskedBefore, prefetched, opened }, some, clicks);
      }
    }
  }

  addOpen(of: { segment: Segment; scenario: Scenario; count: number; isSeen: boolean; readRate: number }): void {
    const { segment, scenario, count, isSeen, readRate } = of;
    const scanned = this.#draw(count, scenario.scanned);
    const passing = this.#draw(scanned, scenario.passes);
    this.#readers += this.#draw(passing, readRate);
    // What a gateway fetches passes for an open and a click of its person, read or not.
    this.#add(segment.name, { maskedBefore: false, prefetched: false, opened: true }, passing, 1);
    const read = this.#draw(count - passing, readRate);
    this.#readers += read;
    this.#fetched += isSeen ? scanned + this.#draw(read, 1 - scenario.scanned) : scanned;
    const clickRate = Math.min(1, segment.clickRate * (isSeen ? scenario.seenClicks : 1));
    this.#add(segment.name, { maskedBefore: false, prefetched: false, opened: isSeen }, read, clickRate);
    this.#add(segment.name, { maskedBefore: false, prefetched: false, opened: false }, count - passing - read, 0);
  }

  mailing(): Mailing {
    const recipients = this.#cells.reduce((sum, cell) => sum + cell.recipients, 0);
    return { cells: this.#cells, recipients, readers: this.#readers, fetched: this.#fetched };
  }

  #add(
    stratum: string,
    of: Pick<AudienceCell, 'maskedBefore' | 'prefetched' | 'opened'>,
    people: number,
    clickRate: number,
  ): void {
    const clickers = this.#draw(people, clickRate);
    this.#cells.push({ ...of, stratum, clicked: true, recipients: clickers });
    this.#cells.push({ ...of, stratum, clicked: false, recipients: people - clickers });
  }

  #draw(count: number, share: number): number {
    return drawBinomial(count, share, this.#chance);
  }
}

function shiftOdds(share: number, by: number): number {
  const odds = (share / (1 - share)) * Math.exp(by);
  return odds / (1 + odds);
}
