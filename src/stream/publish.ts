// Publishes a message so that it is in the stream for good once that resolves.
import { randomUUID } from 'node:crypto';
import type { MsgHdrs } from '@nats-io/transport-node';
import type { OpenStream } from './open-stream.ts';

export interface Published {
  readonly stream: string;
  readonly subject: string;
  readonly body: string;
  /** What tells it from all others: it is stored once for each, as long as the stream remembers. */
  readonly id: string;
  readonly headers?: MsgHdrs | undefined;
}

/**
 * Resolves when the stream has it, or had it until it was acknowledged. A leader knows a message as soon as it has proposed
 * it, and answers that it is a duplicate; when the others never took it, and one of them leads then, it is nowhere. So one
 * that is known already and is not there is sent once more under a name of its own: what comes twice is told by its place.
 */
export async function publishSurely({ js, jsm }: Pick<OpenStream, 'js' | 'jsm'>, of: Published): Promise<void> {
  const { stream, subject, body, id, headers } = of;
  const send = (msgID: string) => js.publish(subject, body, { msgID, ...(headers && { headers }) });
  const { duplicate, seq } = await send(id);
  if (!duplicate) return;
  const kept = seq > 0 ? await jsm.streams.getMessage(stream, { seq }) : null;
  if (kept?.header.get(MSG_ID) !== id) await send(`${id} ${randomUUID()}`);
}

const MSG_ID = 'Nats-Msg-Id';
