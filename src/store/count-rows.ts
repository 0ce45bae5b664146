// Counts of a message, kept beside its events: what a batch adds is folded first, so that each row is written once.
import { getOrSet } from '../base/get-or-set.ts';
import { type Hit, type Label, PEOPLE } from '../base/nouns.ts';
import { DEVICES, type Usage, usageOf } from '../classify/mail-clients.ts';
import { isReaderHidden } from '../networks/hidden-reader.ts';
import type { JudgedHit } from '../settle/judge-hits.ts';
import { AudienceMoves } from './audience-rows.ts';
import { COUNT_LABELS, type CountLabel, codeOf, KINDS, NO_DEVICE } from './codes.ts';
import { attributeAnew } from './conversion-rows.ts';
import { Notices } from './notices.ts';
import { SendReader } from './send-reader.ts';
import { NO_TEXT } from './tables.ts';
import type { Writer } from './writer.ts';

const QUARTER_MS = 900_000;

/** A hit with the numbers of its message and its recipient, if it has one, and what was found of its address since. */
export interface KeyedHit extends JudgedHit {
  readonly message: number;
  readonly recipient: Buffer;
  /** How the name of its address ends, where that is known and a rule looks at it; else empty. */
  readonly host: string;
}

/** A hit for which counts change: opens and clicks of real traffic that did not just come again. */
export type CountedHit = KeyedHit & { readonly hit: Hit & { readonly kind: 'open' | 'click' } };

export function countsInReports(keyed: KeyedHit): keyed is CountedHit {
  return !keyed.hit.test && !keyed.hit.repeat && keyed.hit.kind !== 'unsubscribe';
}

/** Of which message, and whether of its opens or its clicks. */
interface Counted {
  readonly message: number;
  readonly kind: 'open' | 'click';
}

interface Count {
  total: number;
  recipients: number;
  anonymous: number;
}

interface LinkCount {
  total: number;
  recipients: number;
  people: number;
  anonymous: number;
}

/** Hits, and those of them that carry no recipient. */
interface Total {
  total: number;
  anonymous: number;
}

/** What a batch adds to the counts of its messages. Names of rows are their numbers, a blank between two. */
export class Changes {
  readonly #writer: Writer;
  readonly #counts = new Map<string, Count>();
  readonly #links = new Map<string, LinkCount>();
  readonly #quarters = new Map<string, Total>();
  readonly #hidden = new Map<number, number>();
  readonly #usages = new Map<string, Total>();
  /** What is known of sends in this transaction. */
  readonly sends: SendReader;
  /** What moves in the audiences of the messages. */
  readonly audiences: AudienceMoves;
  /** What others are told of. */
  readonly notices: Notices;
  /** Recipients with a new click, or one that is judged anew. */
  readonly clickers: Set<Buffer> = new Set();

  constructor(writer: Writer, sends: SendReader = new SendReader(writer.statements)) {
    this.#writer = writer;
    this.sends = sends;
    this.audiences = new AudienceMoves(writer.statements, this.sends);
    this.notices = new Notices(writer);
  }

  addTotal(keyed: CountedHit): void {
    this.#addTotal(keyed, 0);
  }

  #addTotal({ hit, verdict, message }: CountedHit, anonymous: 0 | 1): void {
    for (const label of labelsOf(verdict.label)) this.#count(message, hit.kind, label).total += 1;
    if (isReaderHidden(hit)) this.#hidden.set(message, (this.#hidden.get(message) ?? 0) + 1);
    const codes = `${codeOf(KINDS, hit.kind)} ${codeOf(COUNT_LABELS, verdict.label)}`;
    addTo(this.#quarters, `${message} ${Math.floor(hit.atMs / QUARTER_MS)} ${codes}`, 1, anonymous);
    const usage = usageOf({ userAgent: hit.headers['user-agent'] ?? '', label: verdict.label });
    this.#addUsage({ message, kind: hit.kind }, usage, 1, anonymous);
  }

  addAnonymous(keyed: CountedHit): void {
    this.#addTotal(keyed, 1);
    for (const label of labelsOf(keyed.verdict.label)) {
      this.#count(keyed.message, keyed.hit.kind, label).anonymous += 1;
    }
    this.addLinkRecipient(keyed, 0, 0);
    const { link } = keyed.hit;
    if (link !== null) this.#link(keyed.message, link.index, this.#writer.texts.keyOf(link.destination)).anonymous += 1;
  }

  /** Counts test traffic apart. */
  addTest({ hit, message }: KeyedHit): void {
    if (hit.kind !== 'unsubscribe' && !hit.repeat) this.#count(message, hit.kind, 'test').total += 1;
  }

  addRecipient(message: number, kind: 'open' | 'click', labels: readonly CountLabel[]): void {
    for (const label of labels) this.#count(message, kind, label).recipients += 1;
  }

  addLinkRecipient({ hit, message }: CountedHit, recipients: 0 | 1, people: 0 | 1): void {
    if (hit.link === null) return;
    const count = this.#link(message, hit.link.index, this.#writer.texts.keyOf(hit.link.destination));
    count.total += 1;
    count.recipients += recipients;
    count.people += people;
  }

  /** One of a known recipient turns out to be something else. */
  moveTotal(of: Counted & { readonly atMs: number; readonly agent: string }, from: Label, to: Label): void {
    for (const [label, by] of [[from, -1] as const, [to, 1] as const]) {
      for (const one of labelsOf(label)) this.#count(of.message, of.kind, one).total += by;
      const codes = `${codeOf(KINDS, of.kind)} ${codeOf(COUNT_LABELS, label)}`;
      addTo(this.#quarters, `${of.message} ${Math.floor(of.atMs / QUARTER_MS)} ${codes}`, by, 0);
      this.#addUsage(of, usageOf({ userAgent: of.agent, label }), by, 0);
    }
  }

  moveRecipient(message: number, kind: 'open' | 'click', label: CountLabel, by: number): void {
    this.#count(message, kind, label).recipients += by;
  }

  moveLinkPeople(message: number, index: number, destination: number, by: number): void {
    this.#link(message, index, destination).people += by;
  }

  write(): void {
    const { addCount, addLinkCount, addQuarter, addUsage, countHidden } = this.#writer.statements;
    for (const [name, { total, recipients, anonymous }] of this.#counts) {
      const [message, kind, label] = numbersOf(name);
      addCount.queue(message, kind, label, total, recipients, anonymous);
    }
    for (const [name, { total, recipients, people, anonymous }] of this.#links) {
      const [message, index, destination] = numbersOf(name);
      addLinkCount.queue(message, index, destination, total, recipients, people, anonymous);
    }
    for (const [name, { total, anonymous }] of this.#quarters) {
      const [message, quarter, kind, label] = numbersOf(name);
      addQuarter.queue(message, quarter, kind, label, total, anonymous);
    }
    for (const [name, { total, anonymous }] of this.#usages) {
      const [message, kind, client, device] = numbersOf(name);
      if (total !== 0) addUsage.queue(message, kind, client, device, total, anonymous);
    }
    for (const [message, count] of this.#hidden) countHidden.queue(count, message);
    this.audiences.write();
    this.notices.write(Date.now());
    if (this.clickers.size > 0) attributeAnew(this.#writer, this.clickers);
  }

  #addUsage({ message, kind }: Counted, { client, device }: Usage, by: number, anonymous: 0 | 1): void {
    const clientKey = client === null ? NO_TEXT : this.#writer.texts.keyOf(client);
    const deviceCode = device === null ? NO_DEVICE : codeOf(DEVICES, device) + 1;
    addTo(this.#usages, `${message} ${codeOf(KINDS, kind)} ${clientKey} ${deviceCode}`, by, anonymous);
  }

  #link(message: number, index: number, destination: number): LinkCount {
    const name = `${message} ${index} ${destination}`;
    return getOrSet(this.#links, name, () => ({ total: 0, recipients: 0, people: 0, anonymous: 0 }));
  }

  #count(message: number, kind: 'open' | 'click', label: CountLabel): Count {
    const name = `${message} ${codeOf(KINDS, kind)} ${codeOf(COUNT_LABELS, label)}`;
    return getOrSet(this.#counts, name, () => ({ total: 0, recipients: 0, anonymous: 0 }));
  }
}

function addTo(totals: Map<string, Total>, name: string, by: number, anonymous: 0 | 1): void {
  const total = getOrSet(totals, name, () => ({ total: 0, anonymous: 0 }));
  total.total += by;
  total.anonymous += anonymous;
}

function labelsOf(label: Label): readonly CountLabel[] {
  return PEOPLE.has(label) ? [label, 'all', 'people'] : [label, 'all'];
}

function numbersOf(name: string): [number, number, number, number] {
  const [first = 0, second = 0, third = 0, fourth = 0] = name.split(' ').map(Number);
  return [first, second, third, fourth];
}
