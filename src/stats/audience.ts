// The recipients of a message as the estimate sees them: who can be seen reading, who is hidden behind a machine that
// fetches whether or not anyone looks, and what was seen of both.

/** Recipients of a message of whom the same is known. */
export interface AudienceCell {
  /** What tells recipients apart that may differ: their mailbox's provider. */
  readonly stratum: string;
  /** When the message was sent, most of what had been seen of them was fetched unread. */
  readonly maskedBefore: boolean;
  /** Opens of this message judged `prefetch`. */
  readonly prefetched: boolean;
  /** Opens, and clicks, judged `human` or `proxy-human`. */
  readonly opened: boolean;
  readonly clicked: boolean;
  readonly recipients: number;
}

/** A group of recipients by what people among them did. */
export interface Group {
  readonly recipients: number;
  readonly openers: number;
  readonly clickers: number;
  /** Who did both. */
  readonly both: number;
}

/** The recipients of one stratum, by whether reading can be seen of them. */
export interface Audience {
  readonly measurable: Group;
  readonly masked: Group;
}

const NO_GROUP: Group = { recipients: 0, openers: 0, clickers: 0, both: 0 };
const NO_AUDIENCE: Audience = { measurable: NO_GROUP, masked: NO_GROUP };

/** Recipients of one message by stratum. */
export type Strata = ReadonlyMap<string, Audience>;

/** Tells recipients by stratum. Masked is whom history says so, and of whom this message shows a prefetch and no open. */
export function strataOf(cells: readonly AudienceCell[]): Strata {
  const strata = new Map<string, Audience>();
  for (const cell of cells) {
    const before = strata.get(cell.stratum) ?? NO_AUDIENCE;
    const isMasked = cell.maskedBefore || (cell.prefetched && !cell.opened);
    strata.set(cell.stratum, {
      measurable: isMasked ? before.measurable : addGroups(before.measurable, groupOf(cell)),
      masked: isMasked ? addGroups(before.masked, groupOf(cell)) : before.masked,
    });
  }
  return strata;
}

function groupOf({ recipients, opened, clicked }: AudienceCell): Group {
  return {
    recipients,
    openers: opened ? recipients : 0,
    clickers: clicked ? recipients : 0,
    both: opened && clicked ? recipients : 0,
  };
}

/** The strata of these names, or all, as one. */
export function sumStrata(strata: Strata, names: Iterable<string> = strata.keys()): Audience {
  let sum = NO_AUDIENCE;
  for (const name of names) {
    const { measurable, masked } = strata.get(name) ?? NO_AUDIENCE;
    sum = { measurable: addGroups(sum.measurable, measurable), masked: addGroups(sum.masked, masked) };
  }
  return sum;
}

function addGroups(a: Group, b: Group): Group {
  return {
    recipients: a.recipients + b.recipients,
    openers: a.openers + b.openers,
    clickers: a.clickers + b.clickers,
    both: a.both + b.both,
  };
}

/** Who was seen reading: by an open or a click. */
export function seenIn({ openers, clickers, both }: Group): number {
  return openers + clickers - both;
}
