// What is in force within a transaction that settles. Where nothing of a kind was ever revoked, withdrawn or erased, no
// hit is looked up for it.
import type { ControlChange } from '../base/control-change.ts';
import { hostsOf } from '../base/host.ts';
import type { SettleControl } from '../settle/keep-hit.ts';
import { tombstoneMaker } from '../token/tombstone.ts';
import { readChange, subjectOf } from './control-row.ts';
import type { HotStatements } from './hot-statements.ts';
import type { ControlTopic } from './tables.ts';

/** The control state as it is now; for one transaction only. */
export function controlNow({ hasChange, lastChange, tombstoneKey }: HotStatements): SettleControl {
  const has = (topic: ControlTopic) => hasChange.get(topic) !== undefined;
  const hasMessages = has('message');
  const hasLinks = has('link');
  const hasHosts = has('host');
  const hasDestinations = has('destination');
  const hasConsents = has('consent');
  const erasedKey = has('erased') ? tombstoneKey.get() : undefined;
  const tombstoneOf = erasedKey && tombstoneMaker(erasedKey);

  /** The last change of the same subject. */
  function last(change: ControlChange): ControlChange | undefined {
    const { topic, subject } = subjectOf(change);
    const value = lastChange.get(topic, subject);
    return value === undefined ? undefined : readChange({ topic, subject, value });
  }

  return {
    isMessageRevoked: (message) =>
      hasMessages && last({ kind: 'revoked', of: { kind: 'message', message } })?.kind === 'revoked',
    isLinkRevoked: (link) => hasLinks && last({ kind: 'revoked', of: { kind: 'link', ...link } })?.kind === 'revoked',
    isHostRevoked: (destination) =>
      hasHosts &&
      hostsOf(destination).some((host) => last({ kind: 'revoked', of: { kind: 'host', host } })?.kind === 'revoked'),
    destinationOf(link) {
      const change = hasDestinations ? last({ kind: 'destination', ...link, destination: '' }) : undefined;
      return change?.kind === 'destination' ? change.destination : undefined;
    },
    consentOf(recipient) {
      const any = { opens: 'none', clicks: 'none' } as const;
      const change = hasConsents ? last({ kind: 'consent', recipient, consent: any }) : undefined;
      return change?.kind === 'consent' ? change.consent : undefined;
    },
    isErased: (recipient) =>
      tombstoneOf !== undefined &&
      last({ kind: 'erased', tombstone: tombstoneOf(recipient).toString('hex') }) !== undefined,
  };
}
