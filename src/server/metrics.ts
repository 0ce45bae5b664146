// What a server tells of itself, for Prometheus. Figures that others keep (the journal's account, the mirror's age) are
// asked for when somebody looks; only what nobody else counts is counted here.
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import type { HitKind } from '../base/nouns.ts';
import type { Mirror } from '../control/open-mirror.ts';
import type { AccountedJournal } from '../journal/sum-journals.ts';
import type { Notifier } from '../notify/start-notifier.ts';
import type { Retainer } from '../retain/start-retainer.ts';
import type { Webhook } from '../store/webhook-rows.ts';
import type { ClickIdOmission } from './click-ids.ts';
import type { NameOutcome } from './resolve-name.ts';
import { type StreamFigures, tellStream } from './stream-metrics.ts';

export interface Metrics {
  /** Counts a request that left no hit. */
  countIgnored(kind: HitKind | 'conversion', reason: string): void;
  /** Counts a redirect whose link asks for a click id and that has none. */
  countNoClickId(reason: ClickIdOmission): void;
  /** Counts a request to the API that came without a valid token, by what became of it. */
  countRefused(reason: 'unauthorized' | 'rate-limited'): void;
  /** Counts an address whose name was asked for, by what became of it. */
  countName(outcome: NameOutcome | 'dropped'): void;
  /** Counts events that a provider told, by what became of them. */
  countTold(provider: string, outcome: string, by: number): void;
  readonly contentType: string;
  /** All figures in the text format of Prometheus. */
  text(): Promise<string>;
  /** All figures, to be added to those of other processes. */
  figures(): Promise<Figures>;
}

/** The figures of one process, which may be sent to another. */
export type Figures = readonly MetricObjectWithValues<MetricValue<string>>[];

/** The figures of several processes as those of one server, in the text format of Prometheus. */
export async function textOfAll(figures: readonly Figures[]): Promise<string> {
  return await AggregatorRegistry.aggregate([...figures]).metrics();
}

/** What is told of webhooks. */
export interface WebhookFigures {
  list(): Promise<readonly Pick<Webhook, 'id' | 'waiting' | 'parked' | 'dropped'>[]>;
  readonly status: Notifier['status'];
}

export interface MetricsOptions {
  readonly journal: AccountedJournal;
  /** The mirror of the control state, if there is one. */
  readonly mirror?: Pick<Mirror, 'status'> | undefined;
  /** What runs retention, if it runs here. */
  readonly retainer?: Pick<Retainer, 'status'> | undefined;
  /** What tells endpoints of events, if it runs here. */
  readonly webhooks?: WebhookFigures | undefined;
  /** The stream that journals are forwarded to. */
  readonly stream?: StreamFigures | undefined;
  /** Tells of the process too: memory, event loop, garbage collection. @default false */
  readonly process?: boolean | undefined;
}

/** Seconds; a commit takes one fsync, and answers wait for at most 0.05. */
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const BATCH_HITS = [1, 4, 16, 64, 256, 1_024];

/** Makes the figures of one server. */
export function makeMetrics({ journal, mirror, retainer, webhooks, stream, process = false }: MetricsOptions): Metrics {
  const registers = [new Registry()];
  const [registry = new Registry()] = registers;
  if (process) collectDefaultMetrics({ register: registry });
  tellAccount(journal, registers);
  tellCommits(journal, registers);
  if (mirror !== undefined) tellMirror(mirror, registers);
  if (retainer !== undefined) tellRetention(retainer, registers);
  if (webhooks !== undefined) tellWebhooks(webhooks, registers);
  if (stream !== undefined) tellStream(stream, registers);
  const ignored = new Counter({
    name: 'telltale_requests_ignored_total',
    help: 'Requests that left no hit, by path and reason. Answers do not tell the reason.',
    labelNames: ['path', 'reason'],
    registers,
  });
  const clickIds = new Counter({
    name: 'telltale_click_ids_total',
    help: 'Redirects to which no click id was added though the link asks for one, by reason.',
    labelNames: ['outcome', 'reason'],
    registers,
  });
  const refused = new Counter({
    name: 'telltale_api_refused_total',
    help: 'Requests to the API without a valid token.',
    labelNames: ['reason'],
    registers,
  });
  const names = new Counter({
    name: 'telltale_reverse_dns_total',
    help: 'Addresses whose names were to be asked for: names that a rule knows, none such, not confirmed, failed, no answer in time, dropped.',
    labelNames: ['outcome'],
    registers,
  });
  const told = new Counter({
    name: 'telltale_hook_events_total',
    help: 'Events that providers told: accepted, duplicate, of no mail of ours (unmatched), about something else (ignored), of an erased recipient; requests that were old, forged or malformed.',
    labelNames: ['provider', 'outcome'],
    registers,
  });
  return {
    countIgnored: (path, reason) => ignored.inc({ path, reason }),
    countNoClickId: (reason) => clickIds.inc({ outcome: 'click-id-omitted', reason }),
    countRefused: (reason) => refused.inc({ reason }),
    countName: (outcome) => names.inc({ outcome }),
    countTold: (provider, outcome, by) => told.inc({ provider, outcome }, by),
    contentType: registry.contentType,
    text: () => registry.metrics(),
    figures: () => registry.getMetricsAsJSON(),
  };
}

/** received = waiting + journalled + forwarded + parked + settled + dropped, also across restarts. */
function tellAccount(journal: MetricsOptions['journal'], registers: Registry[]): void {
  const account = (name: string, help: string, read: () => number, aggregator: 'sum' | 'max' = 'sum') =>
    new Gauge({
      name,
      help,
      registers,
      aggregator,
      collect() {
        this.set(read());
      },
    });
  const counts = () => journal.counts();
  account('telltale_hits_received', 'Hits taken since the journal was made.', () => counts().received);
  account('telltale_hits_waiting', 'Hits in memory that wait for their commit.', () => counts().waiting);
  account(
    'telltale_hits_journalled',
    'Hits on disk that are neither settled nor forwarded yet.',
    () => counts().journalled,
  );
  account(
    'telltale_hits_forwarded',
    'Hits that the stream has acknowledged; others settle them.',
    () => counts().forwarded,
  );
  account('telltale_hits_parked', 'Hits set aside that the store can never take.', () => counts().parked);
  account('telltale_hits_settled', 'Hits in the store.', () => counts().settled);
  new Gauge({
    name: 'telltale_hits_dropped',
    help: 'Hits that were answered and lost, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      for (const [reason, count] of Object.entries(counts().dropped)) this.set({ reason }, count);
    },
  });
  account('telltale_answers_late', 'Answers sent before their hit was on disk, since the start.', () => {
    return journal.status().lateAnswers;
  });
  const oldest = () => (journal.status().oldestAgeMs ?? 0) / 1_000;
  account('telltale_journal_oldest_seconds', 'Age of the oldest hit that is not settled.', oldest, 'max');
}

function tellCommits(journal: MetricsOptions['journal'], registers: Registry[]): void {
  const seconds = new Histogram({
    name: 'telltale_journal_commit_seconds',
    help: 'How long commits of the journal take.',
    buckets: COMMIT_SECONDS,
    registers,
  });
  const hits = new Histogram({
    name: 'telltale_journal_commit_hits',
    help: 'How many hits share a commit.',
    buckets: BATCH_HITS,
    registers,
  });
  journal.onCommit((commit) => {
    seconds.observe(commit.ms / 1_000);
    hits.observe(commit.hits);
  });
}

function tellMirror(mirror: Pick<Mirror, 'status'>, registers: Registry[]): void {
  new Gauge({
    name: 'telltale_control_age_seconds',
    help: 'Since when the store was not heard of: revocations made after that are not known here.',
    registers,
    aggregator: 'max',
    collect() {
      this.set((mirror.status().ageMs ?? Number.POSITIVE_INFINITY) / 1_000);
    },
  });
  new Gauge({
    name: 'telltale_control_place',
    help: 'How far the sequence of control changes is followed.',
    registers,
    aggregator: 'min',
    collect() {
      this.set(mirror.status().seq ?? 0);
    },
  });
}

function tellRetention(retainer: Pick<Retainer, 'status'>, registers: Registry[]): void {
  new Gauge({
    name: 'telltale_retention_removed_rows',
    help: 'What retention removed since the start: raw signals of events, events, texts that no event has any more.',
    labelNames: ['what'],
    registers,
    collect() {
      for (const [what, rows] of Object.entries(retainer.status().removed)) this.set({ what }, rows);
    },
  });
  new Gauge({
    name: 'telltale_retention_last_run_timestamp_seconds',
    help: 'When retention last came to its end, in seconds since 1970; 0 for not since the start.',
    registers,
    collect() {
      this.set((retainer.status().lastRunMs ?? 0) / 1_000);
    },
  });
}

function tellWebhooks({ list, status }: WebhookFigures, registers: Registry[]): void {
  new Gauge({
    name: 'telltale_webhook_events',
    help: 'Events for an endpoint that wait, that were parked after a day, and that found no room since it was added.',
    labelNames: ['webhook', 'state'],
    registers,
    async collect() {
      // While the store is away, nothing is said of it.
      const webhooks = await list().catch(() => []);
      this.reset();
      for (const { id: webhook, waiting, parked, dropped } of webhooks) {
        for (const [state, count] of Object.entries({ waiting, parked, dropped })) this.set({ webhook, state }, count);
      }
    },
  });
  new Gauge({
    name: 'telltale_webhook_requests',
    help: 'Requests to endpoints since the start, by whether they were taken.',
    labelNames: ['outcome'],
    registers,
    collect() {
      for (const [outcome, count] of Object.entries(status())) this.set({ outcome }, count);
    },
  });
}
