// What the collector asks of the control state: what is in force for mail that is sent already. Every answer is
// synchronous, from memory or from a file on this machine; none waits for the store.
import type { LinkOfMessage } from '../base/control-change.ts';
import { type Consent, type ConsentLevel, lowestConsent } from '../base/nouns.ts';
import type { HitToken } from '../token/hit-token.ts';

/** A mirror (`openMirror`) is one. */
export interface ControlState {
  /** Whether the message is revoked, or the link of it, or the host of the destination, as far as each is given. */
  isRevoked(of: {
    readonly message: string;
    readonly link?: number | undefined;
    readonly destination?: string | undefined;
  }): boolean;
  /** Where the link leads since it was corrected; nothing when it was not. */
  destinationOf(link: LinkOfMessage): string | undefined;
  /** The link of a registered set; `not-mirrored` when that cannot be known yet. */
  shortLink(
    message: string,
    set: string,
    index: number,
  ): { readonly destination: string; readonly count: number } | 'unknown' | 'not-mirrored';
  /** The most that may be learnt of a recipient; nothing when nobody said so. */
  consentOf(recipient: string): Consent | undefined;
  /** Whether nothing may be kept of a recipient any more. */
  isErased(recipient: string): boolean;
}

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
