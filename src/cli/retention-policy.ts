// How long things are kept, as flags, the environment or telltale.config.json say it.
import { DEFAULT_RETENTION, type RetentionPolicy, readAge } from '../retain/age.ts';
import { readUserAgentPolicy } from '../retain/user-agents.ts';
import type { Settings } from './settings.ts';

export interface RetentionFlags {
  readonly retainSignals?: string;
  readonly retainEvents?: string;
  readonly userAgents?: string;
}

/**
 * Reads the policy.
 *
 * @throws TelltaleError `INVALID_OPTION`.
 */
export function readRetentionPolicy(flags: RetentionFlags, settings: Settings): RetentionPolicy {
  const signals = flags.retainSignals ?? settings.retainSignals;
  const events = flags.retainEvents ?? settings.retainEvents;
  return {
    signals: signals === undefined ? DEFAULT_RETENTION.signals : readAge(signals, '--retain-signals'),
    userAgents: readUserAgentPolicy(flags.userAgents ?? settings.userAgents ?? 'full'),
    events: events === undefined ? DEFAULT_RETENTION.events : readAge(events, '--retain-events'),
  };
}
