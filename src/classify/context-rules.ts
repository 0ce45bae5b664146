// The rules that speak of a hit because of other hits. Each says more the more hits there are, never less, so that the
// order in which they come does not matter. A rule with a label decides over what a hit is by itself; one with a weight
// adds to it. Neither touches what was known for sure of a hit: prefetches, previews, mail proxies, the
// sender's own rules.
import type { Label } from '../base/nouns.ts';

export type ContextRuleId =
  | 'honeypot-company'
  | 'honeypot-before'
  | 'burst'
  | 'burst-company'
  | 'office-fetch'
  | 'two-agents'
  | 'twin-click'
  | 'twin-click-even'
  | 'fan-out'
  | 'after-office-probe';

export interface ContextRule {
  readonly id: ContextRuleId;
  /** What it makes of a hit; `null` when it is a weight. */
  readonly label: Label | null;
  /** 0 to 1 beside a label, else what is added to the sum. */
  readonly certainty: number;
  readonly what: string;
  readonly source: string;
}

/** In order: the first with a label that holds decides. */
export const CONTEXT_RULES: readonly ContextRule[] = [
  {
    id: 'honeypot-company',
    label: 'scanner',
    certainty: 0.95,
    what: 'The same address, or for a click the same user agent, followed the honeypot link of this mail within 15 minutes before; each such hit begins them anew',
    source: 'Paminga',
  },
  {
    id: 'honeypot-before',
    label: 'scanner',
    certainty: 0.9,
    what: 'The same address, or for a click the same user agent, followed the honeypot link within 10 s after; address and user agent both, within 15 minutes after',
    source: 'mautic#9798',
  },
  {
    id: 'burst',
    label: 'scanner',
    certainty: 0.95,
    what: 'Most links of the mail (3 at least; 5 are enough) within 3 s, by one address or one user agent',
    source: 'Paminga; mautic#9162',
  },
  {
    id: 'burst-company',
    label: 'scanner',
    certainty: 0.9,
    what: 'Of the same mail, by the address and the user agent of a burst, within a minute of it',
    source: 'Paminga',
  },
  {
    id: 'office-fetch',
    label: 'prefetch',
    certainty: 0.9,
    what: 'Office’s own GET of a link that a browser followed within 10 s',
    source: 'webmasters.stackexchange 71112',
  },
  {
    id: 'two-agents',
    label: 'scanner',
    certainty: 0.9,
    what: 'From one of Microsoft’s addresses, an open and a click of this mail within 15 minutes by different user agents',
    source: 'warmbly#410, #412',
  },
  {
    id: 'twin-click',
    label: 'scanner',
    certainty: 0.75,
    what: 'The same link of the same mail followed within 30 s from another address by another system, for which more speaks',
    source: 'resend-node#901',
  },
  {
    id: 'twin-click-even',
    label: 'unknown',
    certainty: 0.5,
    what: 'The later of two such clicks for which as much speaks',
    source: 'resend-node#901',
  },
  {
    id: 'fan-out',
    label: null,
    certainty: -4,
    what: 'One address asked for the mails of 10 recipients within a minute by one user agent; silent for mobile networks, Apple’s relay and proxies that hide their readers, for homes and offices where a language speaks, and for what a rule decided: many share an address there',
    source: 'SendGrid 4416801410459; warmbly#526',
  },
  {
    id: 'after-office-probe',
    label: null,
    certainty: 2,
    what: 'A browser followed a link within 10 s of Office’s probe of it',
    source: 'webmasters.stackexchange 71112',
  },
];
