// Audiences: how many recipients of a message are alike, by what was known of them when it was sent (their cohort, and
// their mail domain) and what was seen of them since. The estimated open rate is made of these few counts. They are what
// a join of sends and states would count, and move with each change of a state, so that neither order nor repetition
// matters.

import { getOrSet } from '../base/get-or-set.ts';
import { maskMessages } from '../base/limits.ts';
import type { AudienceCell } from '../stats/audience.ts';
import { PROVIDERS, providerOf } from '../stats/provider.ts';
import { codeOf, KINDS, wordOf } from './codes.ts';
import type { HotStatements } from './hot-statements.ts';
import type { SendReader } from './send-reader.ts';
import { type LabelCounts, NO_TEXT } from './tables.ts';

/** What was seen, as bits: an open of a person, a click of a person, an open judged `prefetch`. */
const OPENED = 1;
const CLICKED = 2;
const PREFETCHED = 4;

/** A change of what is known of one recipient's opens or clicks of one message. */
export interface StateMove {
  readonly message: number;
  readonly recipient: Buffer;
  readonly kind: 'open' | 'click';
  readonly before: LabelCounts;
  readonly after: LabelCounts;
}

type StateKey = Pick<StateMove, 'message' | 'recipient' | 'kind'>;

/** A send that is new. */
interface EnteredSend {
  readonly message: number;
  readonly recipient: Buffer;
  /** Null when opens may not be counted one by one. */
  readonly cohort: number | null;
  readonly domain: number | null;
  /** Whether anything was seen of the message before. */
  readonly mayBeSeen: boolean;
}

interface DomainCount {
  sent: number;
  opened: number;
  clicked: number;
}

/** Recipients who move from one count to another within a transaction. */
export class AudienceMoves {
  readonly #statements: HotStatements;
  /** By message, cohort and what was seen, a blank between two. */
  readonly #moved = new Map<string, number>();
  readonly #sends: SendReader;
  /** By message and domain, a blank between two. */
  readonly #domains = new Map<string, DomainCount>();

  /** States that were read ahead, by the recipient's key object, then by message and kind. */
  readonly #ahead = new Map<Buffer, Map<string, { readonly state: LabelCounts | undefined }>>();

  constructor(statements: HotStatements, sends: SendReader) {
    this.#statements = statements;
    this.#sends = sends;
  }

  /** Counts recipients where their new states belong. Called once the states of this kind are written. */
  moveAll(moves: readonly StateMove[]): void {
    const moved = moves.filter(({ kind, before, after }) => seenOf(kind, before) !== seenOf(kind, after));
    this.#sends.readAhead(moved);
    // All states are written by now, and each is moved as if those after it were not.
    for (const { before, ...of } of moves) this.#know(of, before);
    this.#readAhead(moved);
    for (const move of moves) {
      this.move(move);
      this.#know(move, move.after);
    }
    this.#ahead.clear();
  }

  /** Counts one. */
  move({ message, recipient, kind, before, after }: StateMove): void {
    const from = seenOf(kind, before);
    const to = seenOf(kind, after);
    if (from === to) return;
    const send = this.#sends.read(message, recipient);
    if (send === undefined) return;
    const { cohort, domain } = send;
    this.#addToDomain(message, domain, {
      sent: 0,
      opened: gained(OPENED, from, to),
      clicked: gained(CLICKED, from, to),
    });
    if (cohort === null) return;
    const other = this.#seen(message, recipient, otherOf(kind));
    this.#add(message, cohort, from | other, -1);
    this.#add(message, cohort, to | other, 1);
  }

  /** Counts a recipient whose send is new, with what was seen before it was recorded. */
  enter({ message, recipient, cohort, domain, mayBeSeen }: EnteredSend): void {
    const seen = mayBeSeen ? this.#seen(message, recipient, 'open') | this.#seen(message, recipient, 'click') : 0;
    this.#addToDomain(message, domain, { sent: 1, opened: gained(OPENED, 0, seen), clicked: gained(CLICKED, 0, seen) });
    if (cohort !== null) this.#add(message, cohort, seen, 1);
  }

  /** Takes a recipient to whom the mail never came out of the cohort: nobody opens what is not there. */
  leave({
    message,
    recipient,
    cohort,
  }: Pick<EnteredSend, 'message' | 'recipient'> & { readonly cohort: number }): void {
    const seen = this.#seen(message, recipient, 'open') | this.#seen(message, recipient, 'click');
    this.#add(message, cohort, seen, -1);
  }

  write(): void {
    for (const [name, recipients] of this.#moved) {
      const [message = 0, cohort = 0, seen = 0] = name.split(' ').map(Number);
      if (recipients !== 0) this.#statements.addAudience.queue(message, cohort, seen, recipients);
    }
    this.#moved.clear();
    for (const [name, { sent, opened, clicked }] of this.#domains) {
      const [message = 0, domain = 0] = name.split(' ').map(Number);
      this.#statements.addDomain.queue(message, domain, sent, opened, clicked);
    }
    this.#domains.clear();
  }

  #seen(message: number, recipient: Buffer, kind: 'open' | 'click'): number {
    const known = this.#known({ message, recipient, kind });
    const state =
      known === undefined ? this.#statements.stateOf.get(message, recipient, codeOf(KINDS, kind)) : known.state;
    return state === undefined ? 0 : seenOf(kind, state);
  }

  /** The other states of recipients whose sends are counted, in one exchange. */
  #readAhead(moved: readonly StateMove[]): void {
    const others = moved
      .map(({ message, recipient, kind }) => ({ message, recipient, kind: otherOf(kind) }))
      .filter((of) => this.#known(of) === undefined && this.#sends.read(of.message, of.recipient)?.cohort != null);
    const states = this.#statements.stateOf.gets(
      others.map(({ message, recipient, kind }) => [message, recipient, codeOf(KINDS, kind)]),
    );
    for (const [at, of] of others.entries()) this.#know(of, states[at]);
  }

  #know({ message, recipient, kind }: StateKey, state: LabelCounts | undefined): void {
    getOrSet(this.#ahead, recipient, () => new Map()).set(`${message} ${kind}`, { state });
  }

  #known({ message, recipient, kind }: StateKey) {
    return this.#ahead.get(recipient)?.get(`${message} ${kind}`);
  }

  /** Counts under a domain, and under all of them. */
  #addToDomain(message: number, domain: number | null, { sent, opened, clicked }: DomainCount): void {
    if (domain === null || (sent === 0 && opened === 0 && clicked === 0)) return;
    for (const key of [domain, NO_TEXT]) {
      const name = `${message} ${key}`;
      const count = this.#domains.get(name) ?? { sent: 0, opened: 0, clicked: 0 };
      count.sent += sent;
      count.opened += opened;
      count.clicked += clicked;
      this.#domains.set(name, count);
    }
  }

  #add(message: number, cohort: number, seen: number, recipients: number): void {
    const name = `${message} ${cohort} ${seen}`;
    this.#moved.set(name, (this.#moved.get(name) ?? 0) + recipients);
  }
}

function otherOf(kind: 'open' | 'click'): 'open' | 'click' {
  return kind === 'open' ? 'click' : 'open';
}

function seenOf(kind: 'open' | 'click', counts: LabelCounts): number {
  const isPerson = counts.human + counts.proxy_human > 0;
  if (kind === 'click') return isPerson ? CLICKED : 0;
  return (isPerson ? OPENED : 0) | (counts.prefetch > 0 ? PREFETCHED : 0);
}

/** 1 when a bit was set, -1 when it was cleared. */
function gained(bit: number, from: number, to: number): number {
  return Math.sign((to & bit) - (from & bit));
}

/** The cohorts of recipients to whom a message is sent, in their order. */
export function findCohorts(
  statements: HotStatements,
  message: number,
  sends: readonly { readonly recipient: Buffer; readonly domain: string | undefined }[],
): readonly number[] {
  const earlier = statements.lastMessages.all(message, maskMessages);
  const messages = Array.from({ length: maskMessages }, (_, at) => earlier[at] ?? NO_MESSAGE);
  const habits =
    earlier.length === 0 ? [] : statements.habitOf.gets(sends.map(({ recipient }) => [recipient, ...messages]));
  return sends.map(({ domain }, at) => {
    const { prefetched = 0, opened = 0 } = habits[at] ?? {};
    const isMasked = prefetched > 0 && prefetched >= opened;
    const provider = codeOf(PROVIDERS, domain === undefined ? 'other' : providerOf(domain));
    return provider * 2 + (isMasked ? 1 : 0);
  });
}

/** Keys of messages begin at 1. */
const NO_MESSAGE = 0;

/** A row of the table as the estimate takes it. */
export function audienceCell(row: { cohort: number; seen: number; recipients: number }): AudienceCell {
  return {
    stratum: wordOf(PROVIDERS, row.cohort >> 1),
    maskedBefore: (row.cohort & 1) === 1,
    opened: (row.seen & OPENED) > 0,
    clicked: (row.seen & CLICKED) > 0,
    prefetched: (row.seen & PREFETCHED) > 0,
    recipients: row.recipients,
  };
}
