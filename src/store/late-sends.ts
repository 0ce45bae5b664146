// Sends that are recorded after hits of their mails were settled: what a send says of a hit is the same, whenever it is
// told. Looked for are hits that it may change: soon after it, or for their recipient's domain.
import { fastMs } from '../base/limits.ts';
import { CONSUMER_OUTLOOK } from '../classify/rules.ts';
import type { Send } from '../track/send-queue.ts';
import { codeOf, KINDS } from './codes.ts';
import type { Changes } from './count-rows.ts';
import { hitIdAt } from './hit-ids.ts';
import type { KeptEvent } from './hot-statements.ts';
import { rejudge } from './rejudge-rows.ts';
import type { Writer } from './writer.ts';

/** A send that is new in the store, and the key of its recipient. */
export interface NewSend {
  readonly send: Send;
  readonly recipient: Buffer;
}

/** Within a transaction, once new sends of a message are written: judges the hits that came before them. */
export function judgeLateSends(writer: Writer, message: number, sends: readonly NewSend[], changes: Changes): void {
  if (sends.length === 0 || writer.statements.hasSignals.get(message) === undefined) return;
  const events = findEvents(writer, message, sends, writer.ownRules.needDomain());
  rejudge(writer, events, changes);
}

function findEvents(writer: Writer, message: number, sends: readonly NewSend[], needsDomain: boolean): KeptEvent[] {
  const { keptFollowed } = writer.statements;
  const followed = sends.flatMap(({ recipient }) => keptFollowed.all(message, recipient));
  return [...followed, ...findOpens(writer, message, sends, needsDomain)];
}

/** Opens have no index by recipient; when the first of a recipient came, and the last, is in the recipient's state. */
function findOpens(writer: Writer, message: number, sends: readonly NewSend[], needsDomain: boolean): KeptEvent[] {
  const spans = sends
    .flatMap(({ send, recipient }) => {
      const state = writer.statements.stateOf.get(message, recipient, codeOf(KINDS, 'open'));
      if (state === undefined) return [];
      const lastMs = Math.min(state.first_at_ms + state.span_ms, mayMatterUntil(send, needsDomain));
      return lastMs < state.first_at_ms ? [] : [{ firstMs: state.first_at_ms, lastMs, recipients: [recipient] }];
    })
    .sort((a, b) => a.firstMs - b.firstMs);
  return joinSpans(spans).flatMap(({ firstMs, lastMs, recipients }) => {
    const keys = JSON.stringify(recipients.map((key) => key.toString('hex')));
    return writer.statements.keptOpens.all(message, hitIdAt(firstMs), hitIdAt(lastMs + 1), keys);
  });
}

/** Until when a send may change hits. */
function mayMatterUntil({ atMs, isTimed = true, domain }: Send, needsDomain: boolean): number {
  if (domain !== undefined && (needsDomain || CONSUMER_OUTLOOK.test(domain.toLowerCase())))
    return Number.POSITIVE_INFINITY;
  return isTimed ? atMs + fastMs - 1 : Number.NEGATIVE_INFINITY;
}

interface Span {
  readonly firstMs: number;
  lastMs: number;
  readonly recipients: Buffer[];
}

/** Spans in order, those that overlap as one, so that no event is looked at twice. */
function joinSpans(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = [];
  for (const { firstMs, lastMs, recipients } of spans) {
    const last = joined.at(-1);
    if (last === undefined || firstMs > last.lastMs) {
      joined.push({ firstMs, lastMs, recipients: [...recipients] });
      continue;
    }
    last.lastMs = Math.max(last.lastMs, lastMs);
    last.recipients.push(...recipients);
  }
  return joined;
}
