// The back of a service, once for all its processes: the engine that writes the store and settles journals, what follows
// the store's control state into its mirror, the journals that earlier runs left behind, and what removes what is old.

import { join } from 'node:path';
import type { AttributionRules } from '../base/conversion.ts';
import { messageOf } from '../base/errors.ts';
import { attributionDaysDefault } from '../base/limits.ts';
import type { VerdictRule } from '../classify/own-rules.ts';
import { type Follower, follow } from '../control/follow.ts';
import { settleLeftovers } from '../engine/settle-leftovers.ts';
import { type Engine, type EngineStream, type SettledJournal, startEngine } from '../engine/start-engine.ts';
import { type Eraser, startEraser } from '../engine/start-eraser.ts';
import type { AccountedJournal } from '../journal/sum-journals.ts';
import { type Notifier, startNotifier } from '../notify/start-notifier.ts';
import type { WebhookSettings } from '../notify/webhook-settings.ts';
import { DEFAULT_RETENTION, type RetentionPolicy } from '../retain/age.ts';
import { type Retainer, startRetainer } from '../retain/start-retainer.ts';
import type { Settler } from '../settle/settler.ts';
import type { Store } from '../store/open-store.ts';
import { makeClosers } from './closers.ts';

export interface KeepingOptions {
  /** Holds the journals and the mirror of the control state; must exist. */
  readonly dataDirectory: string;
  /** Null for none: hits are only forwarded. */
  readonly databaseUrl: string | null;
  /** The stream through which hits go to the store. @default they are settled here */
  readonly stream?: EngineStream | undefined;
  /** The names of the journals that this service collects into. */
  readonly journals: readonly string[];
  /** Milliseconds in which the same request of the same place counts once, at most 900,000. @default 0, each counts */
  readonly repeatWindowMs?: number | undefined;
  /** The sender's own rules for verdicts; see docs/opens.md. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
  /** How long things are kept. @default raw signals 30 days, events 13 months */
  readonly retention?: RetentionPolicy | undefined;
  /** Who is told of events, besides those that the API adds, and where webhooks may go. @default nobody else */
  readonly webhooks?: WebhookSettings | undefined;
  /** Which clicks conversions are attributed to. @default those of people within 7 days */
  readonly attribution?: AttributionRules | undefined;
  /** Told after each time the mirror has come as far as the store. */
  readonly onCaughtUp?: () => void;
  readonly onProblem: (error: unknown) => void;
}

export interface Keeping {
  readonly store: Store;
  /** Whether the store was there at the start. */
  readonly isStoreThere: boolean;
  readonly follower: Follower;
  /** Nothing without a store. */
  readonly retainer: Retainer | undefined;
  readonly notifier: Notifier | undefined;
  /** Journals of earlier runs. */
  readonly leftovers: readonly AccountedJournal[];
  /** How it is with the stream; nothing without one. */
  readonly streamStatus: Engine['streamStatus'] | undefined;
  /** Settles a journal from now on; stop the settler before the journal closes. */
  settle(journal: SettledJournal): Promise<Settler>;
  /** Settles what earlier runs left for a while longer, and no more. */
  closeLeftovers(): Promise<void>;
  close(): Promise<void>;
}

/** The file in a data directory that mirrors the control state. */
export const MIRROR_NAME = 'control.db';

const DEFAULT_ATTRIBUTION: AttributionRules = { windowMs: attributionDaysDefault * 86_400_000, clicks: 'human' };

/**
 * Starts the back of a service.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `INVALID_MIRROR`, `JOURNAL_IN_USE`.
 */
export async function startKeeping(options: KeepingOptions): Promise<Keeping> {
  const { dataDirectory: directory, databaseUrl, stream, repeatWindowMs, rules, onCaughtUp, onProblem } = options;
  const closers = makeClosers();
  try {
    const engine = await startEngine({ databaseUrl, stream, repeatWindowMs, rules, onProblem });
    closers.add(() => engine.close());
    const { store, isStoreThere, streamStatus } = engine;
    if (databaseUrl === null) return await keepWithoutStore(options, engine, closers);
    const configure = prepareConfiguring(options, store);
    const eraser = startEraser({ store, directory, inUse: options.journals, onProblem });
    const onErased = () => eraser.wake();
    const follower = follow({
      ...{ source: store, path: join(directory, MIRROR_NAME), onProblem, onErased },
      onCaughtUp() {
        configure.quietly();
        onCaughtUp?.();
      },
    });
    closers.add(() => follower.stop());
    closers.add(() => eraser.stop());
    const { retention: policy = DEFAULT_RETENTION } = options;
    const retainer = startRetainer({ store, policy, onProblem });
    closers.add(() => retainer.stop());
    const settle = (journal: SettledJournal) => settleWatched(engine, eraser, journal);
    const leftovers = await settleLeftovers({ engine: { settle }, directory, inUse: options.journals, onProblem });
    if (isStoreThere) await configure.now();
    const { endpoints: _, ...webhookPolicy } = options.webhooks ?? { allowPrivate: false, ports: [] };
    const notifier = startNotifier({ store, policy: webhookPolicy, onProblem });
    closers.add(() => notifier.stop());
    closers.add(() => leftovers.close());
    const { journals, close: closeLeftovers } = leftovers;
    return {
      store,
      isStoreThere,
      follower,
      retainer,
      notifier,
      leftovers: journals,
      streamStatus: stream && streamStatus,
      settle,
      closeLeftovers,
      close: closers.closeAll,
    };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** What the options say of the store is set in it once: at the start, or when it is there. */
function prepareConfiguring(
  { attribution = DEFAULT_ATTRIBUTION, webhooks, onProblem }: KeepingOptions,
  store: Pick<Store, 'setAttributionRules' | 'setConfiguredWebhooks'>,
) {
  let configured: Promise<unknown> | undefined;
  let told: string | undefined;
  async function now(): Promise<void> {
    configured ??= Promise.all([
      store.setAttributionRules(attribution),
      store.setConfiguredWebhooks(webhooks?.endpoints ?? []),
    ]);
    try {
      await configured;
    } catch (error) {
      configured = undefined;
      throw error;
    }
  }
  return {
    now,
    /** Tells once of what fails, and is to be called again. */
    quietly() {
      now().catch((error: unknown) => {
        if (messageOf(error) !== told) onProblem(error);
        told = messageOf(error);
      });
    },
  };
}

/** Journals are forwarded, and nothing else is done: what would follow a store, or work on one, has none. */
async function keepWithoutStore(
  { dataDirectory: directory, journals: inUse, onProblem }: KeepingOptions,
  engine: Engine,
  closers: ReturnType<typeof makeClosers>,
): Promise<Keeping> {
  const leftovers = await settleLeftovers({ engine, directory, inUse, onProblem });
  closers.add(() => leftovers.close());
  const done = async () => undefined;
  return {
    ...{ store: engine.store, isStoreThere: false, settle: engine.settle, streamStatus: engine.streamStatus },
    follower: { followNow: done, stop: done },
    retainer: undefined,
    notifier: undefined,
    leftovers: leftovers.journals,
    closeLeftovers: leftovers.close,
    close: closers.closeAll,
  };
}

/** Settles a journal, and keeps it free of erased recipients, for as long as its file is open. */
async function settleWatched(
  engine: Pick<Engine, 'settle'>,
  eraser: Eraser,
  journal: SettledJournal,
): Promise<Settler> {
  const settler = await engine.settle(journal);
  const stopWatching = eraser.watch(journal);
  return {
    settleNow: () => settler.settleNow(),
    stop(withinMs) {
      stopWatching();
      return settler.stop(withinMs);
    },
  };
}
