// The kind of a network by its number (AS) and the name of its owner, for those who have a database of them. Numbers are
// as the regional registries and the owners' own pages give them; a name decides only where no number does.
import type { NetworkKind } from '../base/nouns.ts';

/** What a database says of an address. */
export interface AutonomousSystem {
  readonly number: number;
  readonly organisation: string;
}

/** Networks by kind. Apple's relay leaves from Akamai, Cloudflare and Fastly: of these, AS36183 alone serves it. */
export const AS_KINDS: readonly { readonly kind: NetworkKind; readonly numbers: readonly number[] }[] = [
  { kind: 'apple-relay', numbers: [36_183] },
  { kind: 'google-cloud', numbers: [396_982] },
  { kind: 'google', numbers: [15_169] },
  { kind: 'microsoft', numbers: [8_068, 8_069, 8_074, 8_075, 12_076] },
  { kind: 'yahoo', numbers: [10_310, 26_101, 36_646, 36_647] },
  { kind: 'barracuda', numbers: [15_324] },
  { kind: 'proofpoint', numbers: [13_916, 22_843, 26_211, 52_129] },
  { kind: 'mimecast', numbers: [14_135, 30_031, 39_588, 42_427] },
  { kind: 'cisco', numbers: [109, 16_417, 36_692] },
  { kind: 'zscaler', numbers: [22_616, 53_813, 62_044] },
  { kind: 'cdn', numbers: [13_335, 16_625, 20_940, 54_113, 60_068] },
  // Amazon, DigitalOcean, OVH, Hetzner, Linode, Vultr, Oracle, Alibaba, Tencent, Scaleway, Contabo, Leaseweb, IONOS.
  {
    kind: 'datacenter',
    numbers: [
      14_061, 14_618, 16_509, 16_276, 24_940, 63_949, 20_473, 31_898, 45_102, 132_203, 12_876, 51_167, 60_781, 8_560,
    ],
  },
  // T-Mobile, Verizon Wireless and AT&T Mobility in the United States.
  { kind: 'mobile', numbers: [21_928, 22_394, 20_057] },
  // Apple's own network.
  { kind: 'corporate', numbers: [714, 6_185] },
  // Comcast, Charter, AT&T, Deutsche Telekom, Orange, BT, Telefónica Germany, Vodafone Germany.
  { kind: 'residential', numbers: [7_922, 20_115, 7_018, 3_320, 3_215, 2_856, 6_805, 3_209] },
];

/** Words in the names of owners whose numbers are not above, the first that fits. */
const NAMES: readonly { readonly kind: NetworkKind; readonly name: RegExp }[] = [
  {
    kind: 'datacenter',
    name: /\b(?:hosting|hoster|cloud|data ?cent(?:er|re)s?|datacenter|servers?|vps|colo(?:cation)?)\b/i,
  },
  { kind: 'mobile', name: /\b(?:mobile|wireless|cellular)\b/i },
  { kind: 'residential', name: /\b(?:cable|broadband|telecom|telekom|telco|fib(?:er|re)|dsl)\b/i },
];

const BY_NUMBER: ReadonlyMap<number, NetworkKind> = new Map(
  AS_KINDS.flatMap(({ kind, numbers }) => numbers.map((number) => [number, kind] as const)),
);

/** The kind of a network; `unknown` when neither its number nor its owner's name says. */
export function kindOfAs({ number, organisation }: AutonomousSystem): NetworkKind {
  return BY_NUMBER.get(number) ?? NAMES.find(({ name }) => name.test(organisation))?.kind ?? 'unknown';
}
