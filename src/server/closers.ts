// What was opened, to be closed the other way round.

export interface Closers {
  add(close: () => void | Promise<void>): void;
  /** Closes what was opened, the last first; nothing when it is called again. */
  closeAll(): Promise<void>;
}

export function makeClosers(): Closers {
  const closers: (() => void | Promise<void>)[] = [];
  return {
    add: (close) => void closers.push(close),
    async closeAll() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

/** Resolves when all have ended; rejects with the first failure, but not before. */
export async function allOf(closing: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  const failed = (await Promise.allSettled(closing)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
