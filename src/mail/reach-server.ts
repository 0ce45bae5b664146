// Knocks at the mail server before anything of a mailing is on record: one that lets nobody in, or is not there, leaves no
// trace of a message that nobody got.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transporter } from 'nodemailer';
import { endOf, type HandedOver } from './hand-over.ts';
import type { Patience } from './patience.ts';

/**
 * Waits until the server lets us in, or it cannot be known: other transports cannot be asked.
 *
 * @returns why nobody can be mailed; nothing when somebody can, or the signal has ended the waiting.
 */
export async function reachServer(
  transporter: Transporter,
  { patience, signal }: { readonly patience: Patience; readonly signal: AbortSignal | undefined },
): Promise<string | undefined> {
  for (;;) {
    const answer = await Promise.race([knock(transporter), ended(signal)]);
    if (answer === undefined || (answer.end !== 'locked-out' && answer.end !== 'unreachable')) return undefined;
    const untilMs = answer.end === 'unreachable' ? patience.fail(Date.now(), answer.message) : undefined;
    if (untilMs === undefined) return answer.message;
    await sleep(Math.max(0, untilMs - Date.now()), undefined, signal && { signal }).catch(() => undefined);
    if (signal?.aborted === true) return undefined;
  }
}

async function knock(transporter: Transporter): Promise<Exclude<HandedOver, { readonly end: 'sent' }> | undefined> {
  try {
    await transporter.verify();
    return undefined;
  } catch (error) {
    return endOf(error, false);
  }
}

function ended(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve(undefined);
    else signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
