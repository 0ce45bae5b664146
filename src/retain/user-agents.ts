// What is kept of a user agent once the verdict is final: all of it, the names of client and device, or nothing.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';

export const USER_AGENT_POLICIES = ['full', 'family', 'none'] as const;
/** `full`: as long as other raw signals; `family`: the client's name and the kind of device, after an hour; `none`: nothing after an hour. */
export type UserAgentPolicy = (typeof USER_AGENT_POLICIES)[number];

/**
 * Reads a policy.
 *
 * @throws TelltaleError `INVALID_OPTION`.
 */
export function readUserAgentPolicy(text: string): UserAgentPolicy {
  const policy = USER_AGENT_POLICIES.find((one) => one === text);
  if (policy !== undefined) return policy;
  throw new TelltaleError(
    'INVALID_OPTION',
    `--user-agents takes full, family (client and device) or none, but ${quote(text)} came.`,
  );
}
