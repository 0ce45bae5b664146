// How long things are kept, as flags, the environment or telltale.config.json say it.
import { type Age, DEFAULT_RETENTION, type RetentionPolicy, readAge } from '../retain/age.ts';
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
  return {
    signals: ageOf('signals', flags.retainSignals, settings.retainSignals),
    userAgents: readUserAgentPolicy(flags.userAgents ?? settings.userAgents ?? 'full'),
    events: ageOf('events', flags.retainEvents, settings.retainEvents),
  };
}

function ageOf(of: 'signals' | 'events', flag: string | undefined, setting: string | undefined): Age {
  if (flag !== undefined) return readAge(flag, `--retain-${of}`);
  return setting === undefined ? DEFAULT_RETENTION[of] : readAge(setting, SETTINGS[of]);
}

const SETTINGS = {
  signals: 'TELLTALE_RETAIN_SIGNALS (or "retainSignals" in telltale.config.json)',
  events: 'TELLTALE_RETAIN_EVENTS (or "retainEvents" in telltale.config.json)',
} as const;
