import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linksMax } from '../../src/base/limits.ts';
import { FULL_CONSENT } from '../../src/base/nouns.ts';
import { type ClickToken, openClickToken, sealClickToken } from '../../src/token/click-token.ts';
import { openHitToken, prepareHitToken } from '../../src/token/hit-token.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openUnsubscribeToken } from '../../src/token/unsubscribe-token.ts';
import { anyId } from '../support/arbitraries.ts';
import { testRing } from '../support/keys.ts';

const ring = createKeyRing(testRing());
const anyClick: fc.Arbitrary<ClickToken> = fc.record({
  message: anyId,
  recipient: fc.option(anyId),
  link: fc.nat(linksMax),
  atMs: fc.nat(4_294_967_295).map((seconds) => seconds * 1_000),
  test: fc.boolean(),
});

describe('a click id', () => {
  it('opens to what was sealed, for any ids, link, second and flag', () => {
    fc.assert(
      fc.property(anyClick, (token) => {
        const opened = openClickToken(ring, sealClickToken(ring.signing(), token));
        expect(opened).toEqual({ ok: true, key: ring.signing(), token });
      }),
      { numRuns: 500 },
    );
  });

  it('has at most 64 characters when both ids together have 18 bytes, whatever the link', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 18 }), fc.nat(linksMax), (messageBytes, link) => {
        const recipient = messageBytes === 18 ? null : 'r'.repeat(18 - messageBytes);
        const click = { message: 'm'.repeat(messageBytes), recipient, link, atMs: 1.8e12, test: true };
        expect(sealClickToken(ring.signing(), click).length).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('is refused under another key, and where another kind of token is meant, either way', () => {
    const click = sealClickToken(ring.signing(), { message: 'm', recipient: 'r', link: 0, atMs: 0, test: false });
    const hit = prepareHitToken(ring.signing(), {
      message: 'm',
      consent: FULL_CONSENT,
      test: false,
      recipientBytes: 0,
    });
    expect(openClickToken(createKeyRing(testRing(2)), click)).toEqual({ ok: false, reason: 'forged' });
    expect(openClickToken(ring, hit('r'))).toEqual({ ok: false, reason: 'forged' });
    expect(openHitToken(ring, click)).toEqual({ ok: false, reason: 'forged' });
    expect(openUnsubscribeToken(ring, click)).toEqual({ ok: false, reason: 'forged' });
  });
});
