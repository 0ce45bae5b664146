// Reads what was recorded of sends and deliveries, each at most once a transaction, and only where it may matter: soon after
// one, and where a rule asks for the recipient's domain. A mail that is known to have arrived is as old as its delivery.

import { getOrSet } from '../base/get-or-set.ts';
import { fastMs } from '../base/limits.ts';
import type { HitKind, NetworkKind } from '../base/nouns.ts';
import type { KnownSend } from '../classify/kept-hit.ts';
import { asksForDomain } from '../classify/rules.ts';
import type { HotStatements, StoredSend } from './hot-statements.ts';
import { LookUps } from './look-ups.ts';
import type { Statement } from './sql.ts';

/** A hit, as far as it says whether its send matters. */
export interface Sent {
  readonly event: HitKind;
  readonly network: NetworkKind;
  readonly message: number;
  readonly recipient: Buffer;
  readonly atMs: number;
}

interface SentMessage {
  readonly sent: number;
  readonly lastMs: number | null;
  readonly lastDeliveredMs: number | null;
}

const NEVER_SENT: SentMessage = { sent: 0, lastMs: null, lastDeliveredMs: null };

export class SendReader {
  readonly #statements: HotStatements;
  readonly #messages: LookUps<SentMessage, SentMessage>;
  /** By message, and by the recipient's key object: within a batch a recipient has one. */
  readonly #sends = new Map<number, Map<Buffer, StoredSend | undefined>>();
  readonly #deliveries = new Map<number, Map<Buffer, number | undefined>>();
  readonly #domains = new Map<number, string>();

  constructor(statements: HotStatements) {
    this.#statements = statements;
    this.#messages = new LookUps(statements.sentOf, (row) => row ?? NEVER_SENT);
  }

  /** Whether the send of a hit may say something of it; `needsDomain` when a rule of the sender's asks for the domain. */
  mayMatter(hit: Sent, needsDomain: boolean): boolean {
    const { sent, lastMs, lastDeliveredMs } = this.#messages.of(hit.message);
    if (sent === 0 && lastDeliveredMs === null) return false;
    const isSoon = (afterMs: number | null) => afterMs !== null && hit.atMs - afterMs < fastMs;
    return isSoon(lastMs) || isSoon(lastDeliveredMs) || (sent > 0 && (needsDomain || asksForDomain(hit)));
  }

  /** What the send and the delivery of a hit's mail say of it; nothing where none is recorded, or nothing of it matters. */
  knownOf(hit: Sent, needsDomain: boolean): KnownSend | undefined {
    if (!this.mayMatter(hit, needsDomain)) return undefined;
    const send = this.read(hit.message, hit.recipient);
    const deliveredMs = this.#deliveredMs(hit.message, hit.recipient);
    const fromMs = deliveredMs ?? (send?.timed === 1 ? send.atMs : undefined);
    const domain = send?.domain ?? null;
    const isFast = fromMs !== undefined && hit.atMs - fromMs < fastMs;
    // What a send said before, a delivery takes back.
    if (!isFast && domain === null && deliveredMs === undefined) return undefined;
    // All that is not fast is one to the rules.
    const time = fromMs === undefined ? {} : { sentAtMs: Math.max(fromMs, hit.atMs - fastMs), atMs: hit.atMs };
    return domain === null ? time : { ...time, recipientDomain: this.#domainOf(domain) };
  }

  /** Reads the sends and deliveries of many recipients, each in one exchange, so that they are known when asked for. */
  readAhead(asked: readonly Pick<Sent, 'message' | 'recipient'>[]): void {
    const sent = asked.filter(({ message }) => this.#messages.of(message).sent > 0);
    readUnread(sent, this.#sends, this.#statements.sendOf);
    const delivered = asked.filter(({ message }) => this.#messages.of(message).lastDeliveredMs !== null);
    readUnread(delivered, this.#deliveries, this.#statements.deliveries.deliveredAt);
  }

  /** The send of a recipient; nothing when none is recorded. */
  read(message: number, recipient: Buffer): StoredSend | undefined {
    if (this.#messages.of(message).sent === 0) return undefined;
    const ofMessage = this.#sends.get(message) ?? new Map<Buffer, StoredSend | undefined>();
    this.#sends.set(message, ofMessage);
    if (ofMessage.has(recipient)) return ofMessage.get(recipient);
    const send = this.#statements.sendOf.get(message, recipient);
    ofMessage.set(recipient, send);
    return send;
  }

  /** When the mail of a recipient arrived, where that was told. */
  #deliveredMs(message: number, recipient: Buffer): number | undefined {
    if (this.#messages.of(message).lastDeliveredMs === null) return undefined;
    const ofMessage = this.#deliveries.get(message) ?? new Map<Buffer, number | undefined>();
    this.#deliveries.set(message, ofMessage);
    if (ofMessage.has(recipient)) return ofMessage.get(recipient);
    const atMs = this.#statements.deliveries.deliveredAt.get(message, recipient);
    ofMessage.set(recipient, atMs);
    return atMs;
  }

  /** Looks up in one exchange what messages keep of their sends: where nobody records them, nothing more is asked. */
  readMessages(messages: Iterable<number>): void {
    this.#messages.readAhead(messages);
  }

  #domainOf(key: number): string {
    const known = this.#domains.get(key) ?? this.#statements.textOf.get(key) ?? '';
    this.#domains.set(key, known);
    return known;
  }
}

type ByRecipient<Value> = Map<number, Map<Buffer, Value | undefined>>;

function readUnread<Value>(
  asked: readonly Pick<Sent, 'message' | 'recipient'>[],
  known: ByRecipient<Value>,
  statement: Statement<[message: number, recipient: Buffer], Value>,
): void {
  const unread = asked.filter(({ message, recipient }) => known.get(message)?.has(recipient) !== true);
  const found = statement.gets(unread.map(({ message, recipient }) => [message, recipient]));
  for (const [at, { message, recipient }] of unread.entries()) {
    getOrSet(known, message, () => new Map()).set(recipient, found[at]);
  }
}
