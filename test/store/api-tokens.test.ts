import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SCOPES } from '../../src/base/nouns.ts';
import { allRows, openTestStore } from '../support/stores.ts';
import { isOnDisk } from '../support/temporary.ts';

describe('an API token', () => {
  it.each(SCOPES)('opens with the scope it was made with: %s', async (scope) => {
    const { store } = await openTestStore();
    const { id, token } = await store.createApiToken(scope);
    expect(token).toMatch(new RegExp(`^tt_${id}_[a-z2-7]{52}$`));
    expect(await store.scopeOfApiToken(token)).toBe(scope);
  });

  it('is kept as its SHA-256 and nowhere on disk itself', async () => {
    const { store, path, directory } = await openTestStore();
    const { id, token } = await store.createApiToken('admin');
    const secret = token.slice(`tt_${id}_`.length);
    expect(isOnDisk(directory, secret)).toBe(false);
    expect(isOnDisk(directory, secret.slice(0, 12))).toBe(false);
    expect(isOnDisk(directory, id)).toBe(true);
    expect(allRows(path)['api_tokens']).toEqual([
      expect.objectContaining({ id, scope: 'admin', hash: createHash('sha256').update(token).digest() }),
    ]);
    await store.close();
    expect(isOnDisk(directory, secret)).toBe(false);
  });

  it.each<readonly [string, (token: string) => string]>([
    ['with another last character', (token) => token.slice(0, -1) + (token.endsWith('a') ? 'b' : 'a')],
    ['in capitals', (token) => token.toUpperCase()],
    ['cut short', (token) => token.slice(0, -1)],
    ['with something behind it', (token) => `${token}a`],
    ['with a blank before it', (token) => ` ${token}`],
    ['with the id of no token', (token) => `tt_aaaaaaaa_${token.slice(12)}`],
    ['without its secret', (token) => token.slice(0, 12)],
    ['that is empty', () => ''],
    ['that is anything else', () => "' OR 1=1 --"],
  ])('does not open %s', async (_, change) => {
    const { store } = await openTestStore();
    const { token } = await store.createApiToken('admin');
    expect(await store.scopeOfApiToken(change(token))).toBeUndefined();
    expect(await store.scopeOfApiToken(token)).toBe('admin');
  });

  it('does not open with the secret of another', async () => {
    const { store } = await openTestStore();
    const [one, other] = [await store.createApiToken('read'), await store.createApiToken('admin')];
    expect(await store.scopeOfApiToken(`tt_${other.id}_${one.token.slice(12)}`)).toBeUndefined();
  });

  it('opens no more once it is revoked, while others do', async () => {
    const { store } = await openTestStore();
    const [one, other] = [await store.createApiToken('write'), await store.createApiToken('read')];
    await store.revokeApiToken(one.id);
    expect(await store.scopeOfApiToken(one.token)).toBeUndefined();
    expect(await store.scopeOfApiToken(other.token)).toBe('read');
    const [listed] = (await store.listApiTokens()).filter((token) => token.id === one.id);
    await store.revokeApiToken(one.id);
    expect(await store.scopeOfApiToken(one.token)).toBeUndefined();
    expect((await store.listApiTokens()).filter((token) => token.id === one.id)).toEqual([listed]);
  });

  it('is listed with its times and without its secret, revoked or not', async () => {
    const { store } = await openTestStore();
    const [one, other] = [await store.createApiToken('write'), await store.createApiToken('read')];
    await store.revokeApiToken(one.id);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const listed = await store.listApiTokens();
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual({ id: one.id, scope: 'write', createdAt: time, revokedAt: time });
    expect(listed).toContainEqual({ id: other.id, scope: 'read', createdAt: time, revokedAt: null });
  });

  it('cannot be revoked when there is none of that id', async () => {
    const { store } = await openTestStore();
    await expect(store.revokeApiToken('nobody')).rejects.toMatchObject({
      code: 'UNKNOWN_TOKEN',
      message: expect.stringContaining('"nobody"'),
    });
  });
});
