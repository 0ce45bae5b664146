// Everything `telltale/store` exports.

export type { Scope } from '../base/nouns.ts';
export type { ApiToken, ApiTokenStore } from './api-tokens.ts';
export type { OpenStoreOptions, Store } from './open-store.ts';
export { openStore } from './open-store.ts';
export type { RecordedSends } from './send-rows.ts';
