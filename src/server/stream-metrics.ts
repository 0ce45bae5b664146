// What a process tells of the stream, for Prometheus: of a server that forwards to it, and of a settler, which has no more.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { SettlingFigures, StreamStatus } from '../stream/stream-status.ts';

/** How it is with the stream; nothing where hits go to none. */
export type StreamFigures = () => Promise<StreamStatus | undefined>;

/** The figures of a settler, with those of its process. */
export function makeSettlerMetrics(status: StreamFigures): {
  readonly contentType: string;
  text(): Promise<string>;
} {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  tellStream(status, [registry]);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

export function tellStream(status: StreamFigures, registers: Registry[]): void {
  // The thread that has the stream may just be starting again.
  const quietly = () => status().catch(() => undefined);
  new Gauge({
    name: 'telltale_stream_connected',
    help: 'Whether the stream answers; hits wait in journals while it does not.',
    registers,
    aggregator: 'max',
    async collect() {
      this.set((await quietly())?.isConnected ? 1 : 0);
    },
  });
  new Gauge({
    name: 'telltale_stream_messages',
    help: 'Messages in the stream: of many hits each that wait to be settled, and hits that were parked.',
    labelNames: ['state'],
    registers,
    aggregator: 'max',
    async collect() {
      const { waiting = null, parked = null } = (await quietly()) ?? {};
      // While the stream is away, nothing is said of it.
      this.reset();
      if (waiting !== null) this.set({ state: 'waiting' }, waiting);
      if (parked !== null) this.set({ state: 'parked' }, parked);
    },
  });
  tellSettling(async () => (await status())?.settling, registers);
}

/** Of a process that settles from the stream. */
function tellSettling(figures: () => Promise<SettlingFigures | undefined>, registers: Registry[]): void {
  const tell = (name: string, help: string, read: (of: SettlingFigures) => number) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const now = await figures().catch(() => undefined);
        this.reset();
        if (now !== undefined) this.set(read(now));
      },
    });
  tell('telltale_settle_hits', 'Hits that this process settled from the stream since its start.', (of) => of.settled);
  tell('telltale_settle_refused', 'Hits that can never be settled, parked by this process since its start.', (of) => {
    return of.refused;
  });
  tell('telltale_settle_failures', 'Tries to settle that failed, since the start.', ({ failed }) => failed);
  tell('telltale_settle_failing', 'Whether something stops settling now.', ({ isFailing }) => (isFailing ? 1 : 0));
  tell(
    'telltale_settle_last_commit_timestamp_seconds',
    'When hits of the stream last came into the store, in seconds since 1970; 0 for not since the start.',
    ({ committedAtMs }) => (committedAtMs ?? 0) / 1_000,
  );
}
