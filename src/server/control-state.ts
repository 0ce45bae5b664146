// What the collector asks of the control state: what is in force for mail that is sent already. Every answer is
// synchronous, from memory or from a file on this machine; none waits for the store.
import { type Consent, type ConsentLevel, lowestConsent } from '../base/nouns.ts';
import type { Mirror } from '../control/open-mirror.ts';
import type { HitToken } from '../token/hit-token.ts';

/** What the collector asks of a mirror (`openMirror`). */
export type ControlState = Pick<Mirror, 'isRevoked' | 'destinationOf' | 'shortLink' | 'consentOf' | 'isErased'>;

/** A collector without a control state: nothing is revoked, and there are no short links. */
export const NO_CONTROL: ControlState = {
  isRevoked: () => false,
  destinationOf: () => undefined,
  shortLink: () => 'unknown',
  consentOf: () => undefined,
  isErased: () => false,
};

/** What may be kept of a hit: the lowest of what the mail was sealed with and what holds for its recipient now. */
export function levelNow(token: HitToken, kind: keyof Consent, control: ControlState): ConsentLevel {
  if (token.recipient === null) return token.consent[kind];
  if (control.isErased(token.recipient)) return 'none';
  const held = control.consentOf(token.recipient);
  return (held === undefined ? token.consent : lowestConsent(token.consent, held))[kind];
}
