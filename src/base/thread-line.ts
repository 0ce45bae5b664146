// A line between two threads: each side asks, the other answers with a value or an error. An error of ours arrives as
// one of ours, with its code.
import { ERROR_CODES, type ErrorCode, messageOf, TelltaleError } from './errors.ts';

/** What a line needs of a Worker or a MessagePort. */
export interface LinePort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

export interface Line<Ask> {
  /** Asks the other side. Rejects with its error, or with that of {@link hangUp}. */
  ask(request: Ask): Promise<unknown>;
  /** Fails what waits for an answer and all that is asked later: the other side is gone. */
  hangUp(error: Error): void;
}

type Letter =
  | { readonly kind: 'ask'; readonly number: number; readonly request: unknown }
  | { readonly kind: 'answer'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly number: number; readonly error: PlainError };

/** An error as it crosses: classes do not. */
interface PlainError {
  readonly message: string;
  readonly code: string | undefined;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Opens this side of a line; `answer` gives the value, or throws, for each request of the other side. */
export function openLine<Ask, Asked>(port: LinePort, answer: (request: Asked) => unknown): Line<Ask> {
  const pending = new Map<number, Pending>();
  let asked = 0;
  let gone: Error | undefined;

  async function reply(number: number, request: Asked): Promise<void> {
    try {
      const value = await answer(request);
      port.postMessage({ kind: 'answer', number, value } satisfies Letter);
    } catch (error) {
      port.postMessage({ kind: 'failure', number, error: toPlain(error) } satisfies Letter);
    }
  }

  port.on('message', (message) => {
    const letter = message as Letter;
    if (letter.kind === 'ask') return void reply(letter.number, letter.request as Asked);
    const waiting = pending.get(letter.number);
    pending.delete(letter.number);
    if (letter.kind === 'answer') waiting?.resolve(letter.value);
    else waiting?.reject(fromPlain(letter.error));
  });

  return {
    ask(request) {
      if (gone !== undefined) return Promise.reject(gone);
      asked += 1;
      const number = asked;
      port.postMessage({ kind: 'ask', number, request } satisfies Letter);
      return new Promise((resolve, reject) => pending.set(number, { resolve, reject }));
    },
    hangUp(error) {
      gone ??= error;
      for (const { reject } of pending.values()) reject(gone);
      pending.clear();
    },
  };
}

function toPlain(error: unknown): PlainError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return { message: messageOf(error), code };
}

function fromPlain({ message, code }: PlainError): Error {
  if (code !== undefined && code in ERROR_CODES) return new TelltaleError(code as ErrorCode, message);
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
