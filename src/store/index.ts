// Everything `telltale/store` exports.

export type { ApiToken, ApiTokenStore, Scope } from './api-tokens.ts';
export type { OpenStoreOptions, Store } from './open-store.ts';
export { openStore } from './open-store.ts';
export type { RecordedSends } from './send-rows.ts';
