// Stored events as the rules see them: what a hit was by itself, and what others were found to say of it, are in the
// reasons of its verdict.
import { LABELS } from '../base/nouns.ts';
import type { ContextRuleId } from '../classify/context-rules.ts';
import type { ContextHit } from '../classify/evidence.ts';
import type { Judgement } from '../classify/judge-hit.ts';
import { contextOf, ownJudgement } from '../classify/judgement-of.ts';
import { readAgent } from '../classify/read-agent.ts';
import { KINDS, wordOf } from './codes.ts';
import { timeOf } from './hit-ids.ts';
import type { StoredEvent } from './hot-statements.ts';
import type { Writer } from './writer.ts';

/** A stored event, with what its verdict says. */
export interface EventHit {
  readonly row: StoredEvent;
  /** The verdict that is stored. */
  readonly kept: Judgement;
  readonly version: string;
}

interface ReadVerdict {
  readonly kept: Judgement;
  readonly own: Judgement;
  readonly known: ReadonlySet<ContextRuleId>;
  readonly version: string;
}

/** Reads the events of one batch; the same event is the same hit. */
export class EventReader {
  readonly #writer: Writer;
  readonly #linkCounts = new Map<number, number | null>();
  readonly #hits = new Map<string, ContextHit>();
  readonly #events = new Map<ContextHit, EventHit>();
  readonly #verdicts = new Map<number, ReadVerdict>();
  readonly #agents = new Map<number, string>();

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  read(row: StoredEvent): ContextHit {
    const id = row.hit_id.toString('hex');
    const known = this.#hits.get(id);
    if (known !== undefined) return known;
    const verdict = this.#verdictOf(row.verdict_key);
    const hit: ContextHit = {
      id,
      event: wordOf(KINDS, row.kind),
      message: String(row.message_key),
      recipient: row.recipient_key.toString('latin1'),
      link: row.link_index,
      linkCount: this.#linkCountOf(row.message_key),
      atMs: timeOf(row.hit_id),
      place: row.peer?.toString('hex') ?? '',
      agent: this.#agentOf(row.agent_key),
      own: verdict.own,
      known: verdict.known,
    };
    this.#hits.set(id, hit);
    this.#events.set(hit, { row, kept: verdict.kept, version: verdict.version });
    return hit;
  }

  eventOf(hit: ContextHit): EventHit {
    const event = this.#events.get(hit);
    if (event === undefined) throw new Error('a hit was weighed that was not read');
    return event;
  }

  #verdictOf(key: number): ReadVerdict {
    const read = this.#verdicts.get(key);
    if (read !== undefined) return read;
    const row = this.#writer.statements.verdictOf.get(key);
    if (row === undefined) throw new Error(`there is no verdict ${key}`);
    const reasons = row.reasons.split(' ');
    const kept = { label: wordOf(LABELS, row.label), confidence: row.confidence, reasons };
    const verdict = {
      kept,
      own: ownJudgement(kept),
      known: contextOf(reasons),
      version: row.rules_version,
    };
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  #linkCountOf(message: number): number | null {
    const known = this.#linkCounts.get(message);
    if (known !== undefined) return known;
    const count = this.#writer.statements.linkCountOf.get(message) ?? null;
    this.#linkCounts.set(message, count);
    return count;
  }

  #agentOf(key: number): string {
    const read = this.#agents.get(key) ?? readAgent(this.#writer.statements.textOf.get(key) ?? '').text;
    this.#agents.set(key, read);
    return read;
  }
}
