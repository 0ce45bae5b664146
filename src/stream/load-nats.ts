// NATS' clients, which who names no stream need not have: loaded when the first connection is made.
import type * as JetStream from '@nats-io/jetstream';
import type * as Transport from '@nats-io/transport-node';
import { messageOf, TelltaleError } from '../base/errors.ts';

export type Nats = Pick<typeof Transport, 'connect' | 'credsAuthenticator' | 'headers'> &
  Pick<typeof JetStream, 'jetstream' | 'jetstreamManager'>;

/**
 * Loads them; `load` is for tests.
 *
 * @throws TelltaleError `MISSING_PACKAGE`.
 */
export async function loadNats(load: () => Promise<Nats> = loadPackages): Promise<Nats> {
  try {
    return await load();
  } catch (error) {
    throw new TelltaleError(
      'MISSING_PACKAGE',
      `A stream (--stream) needs NATS’ clients, but ${messageOf(error)}. Run: npm install @nats-io/transport-node @nats-io/jetstream`,
      { cause: error },
    );
  }
}

async function loadPackages(): Promise<Nats> {
  const [transport, jetstream] = await Promise.all([import('@nats-io/transport-node'), import('@nats-io/jetstream')]);
  return { ...transport, ...jetstream };
}
