// What a transaction has to tell: hits that are new, with the verdicts that they have at its end, and hits that turned out to
// be something else. Nothing is gathered where nobody is told.
import { randomUUID } from 'node:crypto';
import type { Hit, Label, Verdict } from '../base/nouns.ts';
import type { SettleControl } from '../settle/keep-hit.ts';
import { KINDS, wordOf } from './codes.ts';
import { controlNow } from './control-now.ts';
import type { EventHit } from './event-hits.ts';
import { timeOf } from './hit-ids.ts';
import { enqueue, isAnybodyTold, type KeyedNotice } from './outbox-rows.ts';
import { unpackId } from './recipient-keys.ts';
import { NO_TEXT } from './tables.ts';
import type { Writer } from './writer.ts';

/** A hit of a known recipient, with the numbers of both. */
interface ToldHit {
  readonly hit: Hit;
  readonly verdict: Verdict;
  readonly message: number;
  readonly recipient: Buffer;
}

/** A stored hit that has another label than was told. */
interface Relabelled {
  readonly event: EventHit;
  readonly from: Label;
  to: Verdict;
}

export class Notices {
  readonly #writer: Writer;
  #isAnybodyTold: boolean | undefined;
  #controlNow: SettleControl | undefined;
  /** By the hit's id. */
  readonly #hits = new Map<string, { readonly keyed: ToldHit; verdict: Verdict }>();
  readonly #relabelled = new Map<string, Relabelled>();
  readonly #others: KeyedNotice[] = [];

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  get isAnybodyTold(): boolean {
    this.#isAnybodyTold ??= isAnybodyTold(this.#writer);
    return this.#isAnybodyTold;
  }

  /** Hits that are new; those of nobody, and what is in no figure, are not told. */
  addHits(hits: readonly ToldHit[]): void {
    if (!this.isAnybodyTold) return;
    for (const keyed of hits) this.#hits.set(keyed.hit.id, { keyed, verdict: keyed.verdict });
  }

  addUnsubscribe({ hit, message, recipient }: ToldHit): void {
    if (!this.isAnybodyTold) return;
    const data = { message: hit.message, recipient: hit.recipient };
    this.#add({ id: `evt_${hit.id}`, type: 'unsubscribe', atMs: hit.atMs, message, recipient, label: null, data });
  }

  /** Another verdict of an event that is no test. */
  relabel(event: EventHit, verdict: Verdict): void {
    if (!this.isAnybodyTold || event.row.repeat === 1) return;
    const id = event.row.hit_id.toString('hex');
    const fresh = this.#hits.get(id);
    const known = this.#relabelled.get(id);
    if (fresh !== undefined) fresh.verdict = verdict;
    else if (known !== undefined) known.to = verdict;
    else this.#relabelled.set(id, { event, from: event.kept.label, to: verdict });
  }

  /** An event of another kind. */
  add(of: Omit<KeyedNotice, 'timestamp'> & { readonly atMs: number }): void {
    if (this.isAnybodyTold) this.#add(of);
  }

  /** Writes what is to be told. */
  write(nowMs: number): void {
    if (this.#hits.size + this.#relabelled.size + this.#others.length === 0) return;
    const hits = [...this.#hits.values()].map(({ keyed, verdict }) => hitNotice(keyed, verdict));
    const relabelled = [...this.#relabelled.values()].flatMap((one) => this.#relabelNotice(one) ?? []);
    enqueue(this.#writer, [...hits, ...relabelled, ...this.#others], nowMs);
    this.#hits.clear();
    this.#relabelled.clear();
    this.#others.length = 0;
  }

  #add({ atMs, ...notice }: Omit<KeyedNotice, 'timestamp'> & { readonly atMs: number }): void {
    this.#others.push({ ...notice, timestamp: new Date(atMs).toISOString() });
  }

  #control(): SettleControl {
    this.#controlNow ??= controlNow(this.#writer.statements);
    return this.#controlNow;
  }

  #relabelNotice({ event: { row }, from, to }: Relabelled): KeyedNotice | undefined {
    const { statements } = this.#writer;
    const kind = wordOf(KINDS, row.kind);
    if (from === to.label || kind === 'unsubscribe') return undefined;
    const stored = statements.recipients.idOf.get(row.recipient_key);
    const recipient = stored === undefined ? null : unpackId(stored);
    // What is learnt of somebody after a withdrawal is told to nobody.
    const held = recipient === null ? undefined : this.#control().consentOf(recipient);
    if ((held?.[kind === 'open' ? 'opens' : 'clicks'] ?? 'individual') !== 'individual') return undefined;
    const destination = row.destination_key ?? NO_TEXT;
    const hit = row.hit_id.toString('hex');
    const data = {
      ...{ event: kind, message: statements.webhooks.messageId.get(row.message_key) ?? null },
      recipient,
      ...{ link: row.link_index, destination: destination === NO_TEXT ? null : statements.textOf.get(destination) },
      ...{ from, ...verdictData(to), hit },
    };
    return {
      ...{ id: `evt_${hit}_${randomUUID()}`, type: 'relabel', timestamp: new Date(timeOf(row.hit_id)).toISOString() },
      ...{ message: row.message_key, recipient: row.recipient_key, label: to.label, data },
    };
  }
}

function hitNotice({ hit, message, recipient }: ToldHit, verdict: Verdict): KeyedNotice {
  const data = {
    ...{ message: hit.message, recipient: hit.recipient, link: hit.link?.index ?? null },
    ...{ destination: hit.link === null || hit.link.destination === '' ? null : hit.link.destination },
    ...{ ...verdictData(verdict), hit: hit.id },
  };
  return {
    ...{ id: `evt_${hit.id}`, type: hit.kind, timestamp: new Date(hit.atMs).toISOString() },
    ...{ message, recipient, label: verdict.label, data },
  };
}

function verdictData({ label, confidence, reasons, rulesVersion }: Verdict) {
  return { label, confidence, reasons, rulesVersion };
}
