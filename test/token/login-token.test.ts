import { expect, it } from 'vitest';
import { addKey, createKeyRing, revokeKey } from '../../src/token/key-ring.ts';
import { openLoginForm, sealLoginForm } from '../../src/token/login-token.ts';
import { openSession, sealSession } from '../../src/token/session-token.ts';
import { testRing } from '../support/keys.ts';

const ring = testRing();
const keys = createKeyRing(ring);
const FORM = { browser: Buffer.alloc(16, 7).toString('base64url'), untilMs: Date.UTC(2026, 5, 1) };

it('gives back what was sealed, and opens in no other spelling', () => {
  const sealed = sealLoginForm(keys, FORM);
  expect(openLoginForm(keys, sealed)).toEqual(FORM);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'a' ? 'b' : 'a') + sealed.slice(at + 1);
    expect(openLoginForm(keys, changed)).toBeUndefined();
  }
});

it('is no session, and no session is one', () => {
  expect(openSession(keys, sealLoginForm(keys, FORM))).toBeUndefined();
  expect(openLoginForm(keys, sealSession(keys, { apiToken: 'a'.repeat(40), untilMs: 1 }))).toBeUndefined();
});

it('outlives a new signing key, and ends with its own', () => {
  const sealed = sealLoginForm(keys, FORM);
  const rotated = addKey(ring, { secret: new Uint8Array(32).fill(9), atMs: 0, sign: true });
  expect(openLoginForm(createKeyRing(rotated), sealed)).toEqual(FORM);
  expect(openLoginForm(createKeyRing(revokeKey(rotated, 'k1', 0)), sealed)).toBeUndefined();
});
