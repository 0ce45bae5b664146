// What may still be kept of a hit when it is settled. The collector asked the same when the hit came, from a mirror that
// may be seconds old; what was revoked, withdrawn or erased since then, or while the hit lay in a journal, holds too.
import type { LinkOfMessage } from '../base/control-change.ts';
import type { Consent, ConsentLevel, Hit, HitLink } from '../base/nouns.ts';

/** What is in force now. */
export interface SettleControl {
  isMessageRevoked(message: string): boolean;
  isLinkRevoked(link: LinkOfMessage): boolean;
  /** Whether the host of a destination is revoked. */
  isHostRevoked(destination: string): boolean;
  /** Where the link leads since it was corrected; nothing when it was not. */
  destinationOf(link: LinkOfMessage): string | undefined;
  /** The most that may be learnt of a recipient; nothing when nobody said so. */
  consentOf(recipient: string): Consent | undefined;
  /** Whether nothing may be kept of a recipient any more. */
  isErased(recipient: string): boolean;
}

/**
 * The hit as it may be kept: itself, without its recipient, or nothing of it. A withdrawal by the way out is always
 * kept; of an erased recipient without the recipient, so that an id which was erased does not come back.
 */
export function keepHit(hit: Hit, control: SettleControl): Hit | undefined {
  const { recipient, kind } = hit;
  const isErased = recipient !== null && control.isErased(recipient);
  if (kind === 'unsubscribe') return isErased ? withoutRecipient(hit) : hit;
  if (isErased || isRevoked(hit, control)) return undefined;
  const held = recipient === null ? undefined : control.consentOf(recipient);
  const level: ConsentLevel = held === undefined ? hit.level : held[kind === 'open' ? 'opens' : 'clicks'];
  if (level === 'none') return undefined;
  return level === 'aggregate' && recipient !== null ? withoutRecipient(hit) : hit;
}

function withoutRecipient(hit: Hit): Hit {
  return { ...hit, recipient: null, level: 'aggregate' };
}

function isRevoked({ message, link }: Hit, control: SettleControl): boolean {
  return control.isMessageRevoked(message) || (link !== null && isLinkRevoked(message, link, control));
}

/** What counts is where the link leads now, as for the collector. */
function isLinkRevoked(message: string, { index, destination }: HitLink, control: SettleControl): boolean {
  const link = { message, index };
  return control.isLinkRevoked(link) || control.isHostRevoked(control.destinationOf(link) ?? destination);
}
