// What became of mails after they were handed over: one row a recipient of a message, with the first end that was told. What
// was told counts once, however often. When a mail arrived says something of its hits, as its send does; a complaint and a
// hard bounce let the recipient get no more mail.
import { createHash, randomUUID } from 'node:crypto';
import { getOrSet } from '../base/get-or-set.ts';
import { deliveryIdKeptMs, deliveryIdsAtOnce } from '../base/limits.ts';
import type { Delivery, DeliveryOutcome, DeliveryStore } from '../deliveries/delivery.ts';
import { codeOf, DELIVERY_STATES, wordOf } from './codes.ts';
import { controlNow } from './control-now.ts';
import { Changes } from './count-rows.ts';
import { judgeLateSends, type NewSend } from './late-sends.ts';
import type { Notices } from './notices.ts';
import { suppressNow } from './suppression-rows.ts';
import type { Writer } from './writer.ts';

export function makeDeliveryStore(writer: Writer): DeliveryStore {
  return {
    recordDeliveries: (deliveries) =>
      writer.transaction(() => recordDeliveries(writer, deliveries, Date.now()), 'judge-again'),
  };
}

/** Within a transaction: for each of many recipients, whether a mail never came to them. */
export function haveBounced(
  { statements }: Writer,
  message: number,
  recipients: readonly Buffer[],
): readonly boolean[] {
  return statements.deliveries.deliveryOf
    .gets(recipients.map((recipient) => [message, recipient]))
    .map((delivery) => delivery?.state === codeOf(DELIVERY_STATES, 'bounced'));
}

/** What is added to one message. */
interface Added {
  delivered: number;
  bounces: number;
  complaints: number;
  lastMs: number | null;
  readonly arrived: NewSend[];
}

function recordDeliveries(writer: Writer, deliveries: readonly Delivery[], nowMs: number): readonly DeliveryOutcome[] {
  const { isErased } = controlNow(writer.statements);
  writer.statements.deliveries.dropSeen.run(nowMs, deliveryIdsAtOnce);
  const changes = new Changes(writer);
  const added = new Map<number, Added>();
  const outcomes = deliveries.map((delivery): DeliveryOutcome => {
    if (isErased(delivery.recipient)) return 'erased';
    const name = nameOf(delivery);
    const { noteSeen } = writer.statements.deliveries;
    if (name !== undefined && noteSeen.run(name, nowMs + deliveryIdKeptMs).changes === 0) return 'duplicate';
    const isNews = keep(writer, delivery, { added, changes });
    if (!isNews && name === undefined) return 'duplicate';
    suppressAfter(writer, delivery);
    tell(writer, delivery, name, changes.notices);
    return 'accepted';
  });
  for (const [message, { delivered, bounces, complaints, lastMs }] of added) {
    writer.statements.deliveries.countDeliveries.run(delivered, bounces, complaints, lastMs, lastMs, message);
  }
  for (const [message, { arrived }] of added) judgeLateSends(writer, message, arrived, changes);
  changes.write();
  return outcomes;
}

/** What an event is known by: its name, or without one what it says, if that has a time. */
function nameOf({ id, message, recipient, event, atMs, isTimed }: Delivery): Buffer | undefined {
  if (id === null && !isTimed) return undefined;
  const name = id === null ? ['', message, recipient, event, atMs] : [id];
  return createHash('sha256').update(JSON.stringify(name)).digest().subarray(0, 16);
}

interface Recording {
  readonly added: Map<number, Added>;
  readonly changes: Changes;
}

/** Keeps an event that was not told before; whether it says anything new. */
function keep(writer: Writer, delivery: Delivery, { added, changes }: Recording): boolean {
  const { message: id, recipient: recipientId, event, atMs, isTimed } = delivery;
  const { deliveries: statements } = writer.statements;
  const message = writer.messages.keyOf({ id, atMs });
  const recipient = writer.recipientKeys([recipientId]).get(recipientId);
  if (recipient === undefined) throw new Error('a recipient has no key');
  const stored = statements.deliveryOf.get(message, recipient);
  const state = stored === undefined ? 'unknown' : wordOf(DELIVERY_STATES, stored.state);
  const count = getOrSet(added, message, () => ({
    ...{ delivered: 0, bounces: 0, complaints: 0, lastMs: null, arrived: [] },
  }));
  if (event === 'complained') {
    if ((stored?.complainedAtMs ?? null) !== null) return false;
    statements.keepComplaint.run(message, recipient, atMs, atMs);
    count.complaints += 1;
    return true;
  }
  const isNews = event === 'deferred' ? state === 'unknown' : state === 'unknown' || state === 'deferred';
  if (!isNews) return false;
  statements.keepState.run(message, recipient, codeOf(DELIVERY_STATES, event), atMs, isTimed ? 1 : 0);
  if (event === 'bounced') {
    count.bounces += 1;
    leaveAudience(writer, message, recipient, changes);
  }
  if (event === 'delivered') {
    count.delivered += 1;
    if (isTimed) noteArrival(writer, count, { message, recipient, recipientId, atMs });
  }
  return true;
}

/** Told again, it changes nothing: whoever was allowed mail since stays so. */
function suppressAfter(writer: Writer, { recipient, event, isHard, atMs }: Delivery): void {
  const reason = event === 'complained' ? 'complaint' : event === 'bounced' && isHard ? 'bounce' : undefined;
  const key = reason === undefined ? undefined : writer.recipientKey(recipient);
  if (reason !== undefined && key !== undefined) suppressNow(writer, key, { reason, atMs });
}

function tell(writer: Writer, delivery: Delivery, name: Buffer | undefined, notices: Notices): void {
  if (!notices.isAnybodyTold) return;
  const { message: id, recipient: recipientId, event, atMs, isTimed, isHard } = delivery;
  const bounce = event === 'bounced' ? { bounce: isHard ? 'hard' : 'soft' } : {};
  notices.add({
    ...{ id: `evt_${name?.toString('hex') ?? randomUUID()}`, type: event, atMs, label: null },
    ...{ message: writer.messages.keyOf({ id, atMs }), recipient: writer.recipientKey(recipientId) ?? null },
    data: { message: id, recipient: recipientId, at: isTimed ? new Date(atMs).toISOString() : null, ...bounce },
  });
}

function leaveAudience(writer: Writer, message: number, recipient: Buffer, changes: Changes): void {
  const cohort = writer.statements.sendOf.get(message, recipient)?.cohort ?? null;
  if (cohort === null) return;
  changes.audiences.leave({ message, recipient, cohort });
  writer.statements.deliveries.dropCohort.run(message, recipient);
}

/** Hits that the delivery, or the send that it stands for now, may say something of are judged anew. */
function noteArrival(
  { statements }: Writer,
  count: Added,
  of: { readonly message: number; readonly recipient: Buffer; readonly recipientId: string; readonly atMs: number },
): void {
  const { message, recipient, recipientId, atMs } = of;
  const sentMs = statements.sendOf.get(message, recipient)?.atMs ?? atMs;
  count.lastMs = Math.max(count.lastMs ?? atMs, atMs);
  count.arrived.push({ send: { recipient: recipientId, atMs: Math.max(sentMs, atMs) }, recipient });
}
