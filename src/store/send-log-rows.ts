// The send log: one row for each recipient of a message that was handed over or is about to be, and the run that has the
// message. Ends and beginnings are written together, so that a mail costs half a durable step, however many are under way.
import { hostname } from 'node:os';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { sendLeaseMs } from '../base/limits.ts';
import type { SendBegin, SendEnd, SendEntries, SendLog, SendLogCounts, SendRun } from '../track/send-log.ts';
import { codeOf, wordOf } from './codes.ts';
import { controlNow } from './control-now.ts';
import type { StoredRun } from './send-log-statements.ts';
import { recordSends } from './send-rows.ts';
import type { Writer } from './writer.ts';

/** States of a hand-over; the most frequent first. */
export const STATES: readonly ('begun' | SendEnd)[] = ['sent', 'begun', 'refused', 'deferred', 'doubtful'];

export type SendLogRows = Omit<SendLog, 'sendability'>;

export function makeSendLog(writer: Writer): SendLogRows {
  return {
    startSending: (message, run) => writer.transaction(() => startSending(writer, message, run), 'none'),
    logSends: (message, run, entries) =>
      writer.transaction(() => logSends(writer, message, run, entries), 'judge-again'),
    endSending: (message, run) =>
      writer.transaction(() => {
        const key = writer.statements.findMessage.get(message);
        if (key !== undefined) writer.statements.sendLog.giveBack.run(key, run.id);
      }, 'none'),
  };
}

function startSending(writer: Writer, message: string, run: SendRun): SendLogCounts {
  const { sendLog } = writer.statements;
  const key = writer.messages.keyOf({ id: message, atMs: Date.now() });
  take(writer, { key, id: message }, run);
  sendLog.settleBegun.run(codeOf(STATES, 'doubtful'), key, codeOf(STATES, 'begun'));
  const counts = { sent: 0, refused: 0, deferred: 0, doubtful: 0, begun: 0 };
  for (const { state, count } of sendLog.countStates.all(key)) counts[wordOf(STATES, state)] = count;
  const { begun, ...ended } = counts;
  return ended;
}

/** Within a transaction: the message is the run's for a while, unless another has it. */
function take(writer: Writer, { key, id }: { readonly key: number; readonly id: string }, run: SendRun): void {
  const { sendLog } = writer.statements;
  const nowMs = Date.now();
  const holder = sendLog.runOf.get(key);
  if (holder !== undefined && holder.id !== run.id && isAlive(holder, nowMs)) {
    throw new TelltaleError(
      'SENDING',
      `The message ${quote(id)} is being sent by process ${holder.pid} on ${holder.host}. Wait until it has ended, or stop it.`,
    );
  }
  sendLog.takeMessage.run(key, run.id, run.host, run.pid, nowMs + sendLeaseMs);
}

/** A run of this machine lives as long as its process; of another, as long as it has said. */
function isAlive({ host, pid, until_ms: untilMs }: StoredRun, nowMs: number): boolean {
  if (untilMs <= nowMs) return false;
  if (host !== hostname() || pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function logSends(writer: Writer, message: string, run: SendRun, entries: SendEntries): readonly SendBegin[] {
  const { sendLog } = writer.statements;
  const { ended, begun, again = [] } = entries;
  const key = writer.messages.keyOf({ id: message, atMs: Date.now() });
  take(writer, { key, id: message }, run);
  const { isErased } = controlNow(writer.statements);
  const named = [...ended.map(({ recipient }) => recipient), ...begun];
  const keys = writer.recipientKeys(named.filter((recipient) => !isErased(recipient)));
  for (const { recipient, end, atMs, reply } of ended) {
    const recipientKey = keys.get(recipient);
    if (recipientKey !== undefined) sendLog.keepState.run(key, recipientKey, codeOf(STATES, end), atMs, reply);
  }
  const sends = ended.flatMap(({ send }) => (send === null ? [] : [send]));
  if (sends.length > 0) recordSends(writer, message, sends);
  const nowMs = Date.now();
  return begun.map((recipient) => {
    const recipientKey = keys.get(recipient);
    // Erased since it was asked for: the mail may be on its way, and nothing is written of it.
    if (recipientKey === undefined) return 'begun';
    const state = sendLog.stateOf.get(key, recipientKey);
    const known = state === undefined ? 'deferred' : wordOf(STATES, state);
    if (known !== 'deferred' && !again.some((one) => one === known)) return known;
    sendLog.keepState.run(key, recipientKey, codeOf(STATES, 'begun'), nowMs, null);
    return 'begun';
  });
}
