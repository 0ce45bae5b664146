// Reads what was recorded of sends, each at most once a transaction, and only where it may matter: soon after a send, and
// where a rule asks for the recipient's domain.
import { fastMs } from '../base/limits.ts';
import type { HitKind, NetworkKind } from '../base/nouns.ts';
import type { KnownSend } from '../classify/kept-hit.ts';
import { asksForDomain } from '../classify/rules.ts';
import type { HotStatements, StoredSend } from './hot-statements.ts';

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
}

export class SendReader {
  readonly #statements: HotStatements;
  readonly #messages = new Map<number, SentMessage>();
  /** By message, and by the recipient's key object: within a batch a recipient has one. */
  readonly #sends = new Map<number, Map<Buffer, StoredSend | undefined>>();
  readonly #domains = new Map<number, string>();

  constructor(statements: HotStatements) {
    this.#statements = statements;
  }

  /** Whether the send of a hit may say something of it; `needsDomain` when a rule of the sender's asks for the domain. */
  mayMatter(hit: Sent, needsDomain: boolean): boolean {
    const { sent, lastMs } = this.#messageOf(hit.message);
    if (sent === 0) return false;
    return (lastMs !== null && hit.atMs - lastMs < fastMs) || needsDomain || asksForDomain(hit);
  }

  /** What the send of a hit says of it; nothing where none is recorded, or nothing of it matters. */
  knownOf(hit: Sent, needsDomain: boolean): KnownSend | undefined {
    const send = this.mayMatter(hit, needsDomain) ? this.read(hit.message, hit.recipient) : undefined;
    if (send === undefined) return undefined;
    const isFast = send.timed === 1 && hit.atMs - send.atMs < fastMs;
    if (!isFast && send.domain === null) return undefined;
    // All that is not fast is one to the rules.
    const time = send.timed === 1 ? { sentAtMs: Math.max(send.atMs, hit.atMs - fastMs), atMs: hit.atMs } : {};
    return send.domain === null ? time : { ...time, recipientDomain: this.#domainOf(send.domain) };
  }

  /** The send of a recipient; nothing when none is recorded. */
  read(message: number, recipient: Buffer): StoredSend | undefined {
    if (this.#messageOf(message).sent === 0) return undefined;
    const ofMessage = this.#sends.get(message) ?? new Map<Buffer, StoredSend | undefined>();
    this.#sends.set(message, ofMessage);
    if (ofMessage.has(recipient)) return ofMessage.get(recipient);
    const send = this.#statements.sendOf.get(message, recipient);
    ofMessage.set(recipient, send);
    return send;
  }

  /** Of a message whose sends nobody records, no recipient need be looked for. */
  #messageOf(message: number): SentMessage {
    const known = this.#messages.get(message);
    if (known !== undefined) return known;
    const read = this.#statements.sentOf.get(message) ?? { sent: 0, lastMs: null };
    this.#messages.set(message, read);
    return read;
  }

  #domainOf(key: number): string {
    const known = this.#domains.get(key) ?? this.#statements.textOf.get(key) ?? '';
    this.#domains.set(key, known);
    return known;
  }
}
