// API tokens: `tt_<id>_<32 random bytes in base32>`. Only their SHA-256 is kept; the token itself is shown once.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import type { Scope } from '../base/nouns.ts';
import { encodeBase32 } from '../token/base32.ts';
import type { Tables } from './tables.ts';

export interface ApiToken {
  readonly id: string;
  readonly scope: Scope;
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

export interface ApiTokenStore {
  /** Makes a token; `token` is the only copy there will ever be. */
  createApiToken(scope: Scope): Promise<{ readonly id: string; readonly token: string }>;
  listApiTokens(): Promise<readonly ApiToken[]>;
  /** @throws TelltaleError `UNKNOWN_TOKEN`. */
  revokeApiToken(id: string): Promise<void>;
  /** The scope of a token that is valid now. Takes the same time whatever is wrong with one. */
  scopeOfApiToken(token: string): Promise<Scope | undefined>;
}

export function makeApiTokens(db: Kysely<Tables>): ApiTokenStore {
  return {
    async createApiToken(scope) {
      const id = encodeBase32(randomBytes(5));
      const token = `tt_${id}_${encodeBase32(randomBytes(32))}`;
      const row = { id, scope, hash: hashOf(token), created_at_ms: Date.now(), revoked_at_ms: null };
      await db.insertInto('api_tokens').values(row).execute();
      return { id, token };
    },
    async listApiTokens() {
      const rows = await db.selectFrom('api_tokens').selectAll().orderBy('created_at_ms').orderBy('id').execute();
      return rows.map((row) => ({
        id: row.id,
        scope: row.scope,
        createdAt: new Date(row.created_at_ms).toISOString(),
        revokedAt: row.revoked_at_ms === null ? null : new Date(row.revoked_at_ms).toISOString(),
      }));
    },
    async revokeApiToken(id) {
      const row = await db.selectFrom('api_tokens').select('id').where('id', '=', id).executeTakeFirst();
      if (row === undefined) {
        throw new TelltaleError('UNKNOWN_TOKEN', `There is no API token ${quote(id)}. See: telltale tokens list.`);
      }
      const change = { revoked_at_ms: Date.now() };
      // A token revoked before keeps the time at which it was.
      await db.updateTable('api_tokens').set(change).where('id', '=', id).where('revoked_at_ms', 'is', null).execute();
    },
    async scopeOfApiToken(token) {
      const id = apiTokenIdOf(token);
      const row = await db
        .selectFrom('api_tokens')
        .select(['hash', 'scope', 'revoked_at_ms'])
        .where('id', '=', id)
        .executeTakeFirst();
      const isRight = timingSafeEqual(hashOf(token), row?.hash ?? NO_HASH);
      return isRight && row?.revoked_at_ms === null ? row.scope : undefined;
    },
  };
}

/** The id in a token; empty when it has none. */
export function apiTokenIdOf(token: string): string {
  return /^tt_([a-z2-7]{8})_/.exec(token)?.[1] ?? '';
}

const NO_HASH = Buffer.alloc(32);

/** SHA-256 of a token: enough for 32 random bytes. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
