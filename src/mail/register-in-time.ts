// Registers a mail's short links before it goes out. A mail waits for the store once a set, never long, and not at all
// for a store that failed a moment ago: it then goes out with self-contained links, which need no store.
import { registerDeadlineMs, registerRetryMs } from '../base/limits.ts';
import type { CompiledMail } from '../track/compiled-mail.ts';

/** Makes the function that says whether a mail's short links lead somewhere now. */
export function createRegistrar(
  onProblem: (error: unknown) => void,
  now: () => number = Date.now,
): (mail: CompiledMail) => Promise<boolean> {
  const underWay = new WeakMap<CompiledMail, Promise<boolean>>();
  let pausedUntilMs = 0;

  function pause(error: unknown): false {
    // Told once, however many mails wait for the same registration.
    if (now() >= pausedUntilMs) onProblem(error);
    pausedUntilMs = now() + registerRetryMs;
    return false;
  }

  function start(mail: CompiledMail): Promise<boolean> {
    const registering = mail.register().then(
      () => true,
      (error) => pause(error),
    );
    underWay.set(mail, registering);
    void registering.then(() => underWay.delete(mail));
    return registering;
  }

  return async (mail) => {
    if (mail.isRegistered) return true;
    if (now() < pausedUntilMs) return false;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, registerDeadlineMs, 'late');
    });
    const outcome = await Promise.race([underWay.get(mail) ?? start(mail), deadline]);
    clearTimeout(timer);
    return outcome === 'late' ? pause(new Error(LATE)) : outcome;
  };
}

const LATE = `the store did not register short links within ${registerDeadlineMs} ms; mails go out with self-contained links meanwhile`;
