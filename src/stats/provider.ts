// Who keeps a mailbox, by its domain: whether images load, and so whether reading is seen, depends on it. The domains are
// those that the providers themselves give addresses under (their sign-up pages, November 2026).

/** The first stands for every other domain. */
export const PROVIDERS = ['other', 'google', 'microsoft', 'yahoo', 'apple'] as const;
export type Provider = (typeof PROVIDERS)[number];

const DOMAINS: Readonly<Record<Exclude<Provider, 'other'>, RegExp>> = {
  google: /^(?:gmail|googlemail)\.com$/,
  microsoft: /^(?:msn\.com|(?:outlook|hotmail|live)\.[a-z]{2,3}(?:\.[a-z]{2})?)$/,
  yahoo: /^(?:ymail\.com|rocketmail\.com|aol\.com|yahoo\.[a-z]{2,3}(?:\.[a-z]{2})?)$/,
  apple: /^(?:icloud|me|mac)\.com$/,
};

/** The provider of a lower-case domain. */
export function providerOf(domain: string): Provider {
  return PROVIDERS.find((provider) => provider !== 'other' && DOMAINS[provider].test(domain)) ?? 'other';
}
