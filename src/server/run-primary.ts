// A service of several processes over one data directory: this one keeps the store, settles every journal and answers at
// the admin port; the workers answer the readers of mail. Two writers of one SQLite file would keep each other waiting.
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { isSource } from '../base/package-root.ts';
import { sumJournals } from '../journal/sum-journals.ts';
import { createKeyRing, type KeyRingJson } from '../token/key-ring.ts';
import { allOf, makeClosers } from './closers.ts';
import { makeGuessLimit } from './guess-limit.ts';
import { keepWorker, type WorkerPlace, type WorkerPlaceOptions } from './keep-worker.ts';
import { type Listening, listen } from './listen.ts';
import { type Figures, makeMetrics, textOfAll } from './metrics.ts';
import { policyOf, type Service, type ServiceOptions } from './run-service.ts';
import { type Keeping, startKeeping } from './start-keeping.ts';

export interface PrimaryOptions extends Omit<ServiceOptions, 'keys'> {
  readonly ring: KeyRingJson;
  /** How many processes answer; 2 or more. */
  readonly workers: number;
}

export interface Primary extends Pick<Service, 'url' | 'baseUrl' | 'adminUrl' | 'store' | 'close'> {
  /** Has changed keys in force in every worker. */
  replaceKeys(ring: KeyRingJson): Promise<void>;
}

/**
 * Starts the processes of a service; resolves when all workers listen.
 *
 * @throws TelltaleError like `runService`.
 */
export async function runPrimary(options: PrimaryOptions): Promise<Primary> {
  const { workers, adminPort, apiToken, trustedProxies, onApiRequest, onProblem } = options;
  const journals = Array.from({ length: workers }, (_, at) => `journal-${at + 1}.db`);
  const closers = makeClosers();
  const places: WorkerPlace[] = [];
  let { ring } = options;
  const webhookPolicy = policyOf(options);
  const keys = createKeyRing(ring);
  try {
    const port = await findPort(options);
    const keeping = await startKeeping({ ...options, journals });
    closers.add(keeping.close);
    const { store, isStoreThere, leftovers, retainer, notifier, streamStatus } = keeping;
    const guesses = makeGuessLimit();
    const webhooks = notifier && { list: () => store.listWebhooks(), status: notifier.status };
    const own = makeMetrics({
      journal: sumJournals(leftovers),
      retainer,
      webhooks,
      stream: streamStatus,
      process: true,
    });
    const text = async () => textOfAll([await own.figures(), ...(await figuresOf(places))]);
    const metrics = { ...own, text };
    const answer = answerWorkers({ keeping, guesses, metricsText: text, onApiRequest, onProblem });
    let admin: Listening | undefined;
    closers.add(() => allOf([admin?.close(), keeping.closeLeftovers(), ...places.map((place) => place.close())]));
    forkWorkersWell();
    const settings = (journalName: string) => () => {
      const { dataDirectory, baseUrl, baseUrls, host, hosts, asnDatabase, reverseDns, rules, hooks, attribution } =
        options;
      const asked = { dataDirectory, baseUrl, baseUrls, host, port, adminPort, apiToken, trustedProxies, hosts };
      const followsStore = options.databaseUrl !== null;
      const more = { followsStore, asnDatabase, reverseDns, rules, hooks, webhookPolicy, attribution };
      return { ...asked, ...more, journalName, storeUrl: store.url, isStoreThere, ring };
    };
    const starting = journals.map(async (journalName, at) => {
      const of = { name: String(at + 1), settings: settings(journalName), settle: keeping.settle, answer, onProblem };
      places.push(await keepWorker(of));
    });
    await allOf(starting);
    const [first] = places;
    if (first === undefined) throw new Error('no worker was asked for');
    const { url, baseUrl } = first.started;
    const shownTo = { store, keys, baseUrl, apiToken, trustedProxies, guesses, metrics, webhookPolicy };
    const forAdmin = { ...shownTo, onApiRequest, onProblem };
    if (adminPort !== undefined) admin = await (await import('./add-admin.ts')).listenForAdmin(adminPort, forAdmin);
    return {
      ...{ url, baseUrl, adminUrl: admin?.url, store, close: closers.closeAll },
      async replaceKeys(changed) {
        ring = changed;
        keys.replace(changed);
        await Promise.all(places.map((place) => place.ask({ kind: 'keys', ring: changed })));
      },
    };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** The port for all workers, found before any of them starts. */
async function findPort(at: { readonly host: string; readonly port: number }): Promise<number> {
  const listening = await listen(at, () => (_, response) => void response.writeHead(503).end());
  await listening.close();
  return Number(new URL(listening.url).port);
}

/** Says how workers are made, once for all of them: values of the store (bytes, `undefined`) cross as they are. */
function forkWorkersWell(): void {
  const file = new URL(`./worker-process.${isSource ? 'ts' : 'js'}`, import.meta.url);
  // Workers accept by themselves: one that is killed takes its connections with it, where one that was handed to it by this
  // process would stay open, unanswered, for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: fileURLToPath(file), args: [], serialization: 'advanced' });
}

function answerWorkers(of: {
  readonly keeping: Keeping;
  readonly guesses: ReturnType<typeof makeGuessLimit>;
  readonly metricsText: () => Promise<string>;
  readonly onApiRequest: ServiceOptions['onApiRequest'];
  readonly onProblem: (error: unknown) => void;
}): WorkerPlaceOptions['answer'] {
  const { store } = of.keeping;
  return (request) => {
    switch (request.kind) {
      case 'run':
        return Reflect.apply(store[request.method], store, request.args);
      case 'metrics':
        return of.metricsText();
      case 'guess-wait':
        return of.guesses.secondsLeft(request.address);
      case 'guessed':
        return of.guesses.count(request.address);
      case 'api-request':
        return of.onApiRequest?.(request.request);
      case 'problem':
        return of.onProblem(new Error(request.message));
    }
  };
}

/** The figures of the workers that are there. */
async function figuresOf(places: readonly WorkerPlace[]): Promise<readonly Figures[]> {
  const asked = await Promise.allSettled(places.map((place) => place.ask({ kind: 'figures' })));
  return asked.flatMap((result) => {
    return result.status === 'fulfilled' && result.value !== undefined ? [result.value as Figures] : [];
  });
}
