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
import type { StoredEvent, StoredVerdict } from './hot-statements.ts';
import { LookUps } from './look-ups.ts';
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
  readonly #hits = new Map<string, ContextHit>();
  readonly #events = new Map<ContextHit, EventHit>();
  readonly #linkCounts: LookUps<number | null, number | null>;
  readonly #verdicts: LookUps<StoredVerdict, ReadVerdict>;
  readonly #agents: LookUps<string, string>;

  constructor(writer: Writer) {
    const { linkCountOf, verdictOf, textOf } = writer.statements;
    this.#linkCounts = new LookUps(linkCountOf, (count) => count ?? null);
    this.#verdicts = new LookUps(verdictOf, readVerdict);
    this.#agents = new LookUps(textOf, (text) => readAgent(text ?? '').text);
  }

  /** Looks up what events hold the numbers of, all of a kind in one exchange. */
  readAhead(rows: readonly StoredEvent[]): void {
    this.#linkCounts.readAhead(rows.map((row) => row.message_key));
    this.#verdicts.readAhead(rows.map((row) => row.verdict_key));
    this.#agents.readAhead(rows.map((row) => row.agent_key));
  }

  read(row: StoredEvent): ContextHit {
    const id = row.hit_id.toString('hex');
    const known = this.#hits.get(id);
    if (known !== undefined) return known;
    const verdict = this.#verdicts.of(row.verdict_key);
    const hit: ContextHit = {
      id,
      event: wordOf(KINDS, row.kind),
      message: String(row.message_key),
      recipient: row.recipient_key.toString('latin1'),
      link: row.link_index,
      linkCount: this.#linkCounts.of(row.message_key),
      atMs: timeOf(row.hit_id),
      place: row.peer?.toString('hex') ?? '',
      agent: this.#agents.of(row.agent_key),
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
}

function readVerdict(row: StoredVerdict | undefined, key: number): ReadVerdict {
  if (row === undefined) throw new Error(`there is no verdict ${key}`);
  const reasons = row.reasons.split(' ');
  const kept = { label: wordOf(LABELS, row.label), confidence: row.confidence, reasons };
  return { kept, own: ownJudgement(kept), known: contextOf(reasons), version: row.rules_version };
}
