import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addKey, createKeyRing, revokeKey } from '../../src/token/key-ring.ts';
import { openSession, sealSession } from '../../src/token/session-token.ts';
import { openUnsubscribeToken } from '../../src/token/unsubscribe-token.ts';
import { testRing } from '../support/keys.ts';

const ring = testRing();
const keys = createKeyRing(ring);
const SESSION = { apiToken: `tt_abcdefgh_${'a'.repeat(52)}`, untilMs: Date.UTC(2026, 5, 1) };

it('gives back what was sealed', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 200 }), fc.nat(), (apiToken, untilMs) => {
      const text = Buffer.from(apiToken).toString();
      expect(openSession(keys, sealSession(keys, { apiToken: text, untilMs }))).toEqual({ apiToken: text, untilMs });
    }),
  );
});

it('shows nothing of the token, and opens in no other spelling', () => {
  const sealed = sealSession(keys, SESSION);
  expect(sealed).toMatch(/^[a-z2-7]+$/);
  expect(sealed).not.toContain('abcdefgh');
  for (let at = 0; at < sealed.length; at += 7) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'a' ? 'b' : 'a') + sealed.slice(at + 1);
    expect(openSession(keys, changed)).toBeUndefined();
  }
});

it('passes for no other token', () => {
  expect(openUnsubscribeToken(keys, sealSession(keys, SESSION)).ok).toBe(false);
});

it('outlives a new signing key, and ends with its own', () => {
  const sealed = sealSession(keys, SESSION);
  const rotated = addKey(ring, { secret: new Uint8Array(32).fill(9), atMs: 0, sign: true });
  expect(openSession(createKeyRing(rotated), sealed)).toEqual(SESSION);
  expect(openSession(createKeyRing(revokeKey(rotated, 'k1', 0)), sealed)).toBeUndefined();
  expect(openSession(createKeyRing(testRing(2)), sealed)).toBeUndefined();
});
