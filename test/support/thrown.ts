// What a call throws, as the one error class it may throw.
import { TelltaleError } from '../../src/base/errors.ts';

/** Runs `act`, which must throw a TelltaleError, and returns it. */
export function thrownBy(act: () => unknown): TelltaleError {
  try {
    act();
  } catch (error) {
    if (error instanceof TelltaleError) return error;
    throw new Error('Something other than a TelltaleError was thrown.', { cause: error });
  }
  throw new Error('Nothing was thrown.');
}
