// A port for who watches a settler: `/metrics`, `/healthz` and `/readyz`, as a server has them, and nothing else.
import type { Context } from 'koa';
import type { Engine } from '../engine/start-engine.ts';
import { authorise } from './api-auth.ts';
import { prepareAddressOf } from './client-address.ts';
import { makeFront } from './front.ts';
import { makeGuessLimit } from './guess-limit.ts';
import { type Listening, listen } from './listen.ts';
import { answerNothingHere, makeKoa } from './make-koa.ts';
import { answerMetrics, answerProbes, type Readiness } from './probes.ts';
import { makeSettlerMetrics } from './stream-metrics.ts';

export interface MetricsPort {
  readonly host: string;
  /** 0 picks one. */
  readonly port: number;
  /** More names under which it answers. */
  readonly hosts: readonly string[];
  readonly apiToken: string | undefined;
  readonly engine: Pick<Engine, 'store' | 'streamStatus'>;
  readonly onProblem: (error: unknown) => void;
}

/**
 * Listens. Figures are for this machine, and for who has an API token that reads.
 *
 * @throws TelltaleError `PORT_IN_USE`.
 */
export async function listenForMetrics(of: MetricsPort): Promise<Listening> {
  const { host, port, hosts, engine, onProblem } = of;
  const addressOf = prepareAddressOf('');
  const auth = {
    ...{ store: engine.store, extraToken: of.apiToken, addressOf, guesses: makeGuessLimit() },
    countRefused: () => undefined,
  };
  const mayRead = async (ctx: Context) => (await authorise(ctx, 'read', auth)) !== undefined;
  return await listen({ host, port, setBy: '--metrics-port or --host' }, () => {
    const app = makeKoa(makeFront(hosts), onProblem);
    app.use(answerProbes(() => readinessOf(engine)));
    app.use(answerMetrics(makeSettlerMetrics(engine.streamStatus), mayRead, addressOf));
    app.use(answerNothingHere);
    return app.callback();
  });
}

/** It is ready while the stream answers and nothing stops it. */
async function readinessOf({ streamStatus }: Pick<Engine, 'streamStatus'>): Promise<Readiness> {
  const status = await streamStatus().catch(() => undefined);
  return status?.isConnected === true && status.settling?.isFailing === false ? 'ready' : 'failing';
}
