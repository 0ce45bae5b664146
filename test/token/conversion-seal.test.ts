import { describe, expect, it } from 'vitest';
import { conversionSecretOf, isSealed, sealConversion } from '../../src/token/conversion-seal.ts';
import { addKey, createKeyRing, revokeKey } from '../../src/token/key-ring.ts';
import { testRing } from '../support/keys.ts';
import { thrownBy } from '../support/thrown.ts';

const ring = createKeyRing(testRing());
const sale = { order: '1001', value: '49.90', currency: 'EUR' };
const seal = sealConversion(conversionSecretOf(ring.signing()), sale);

describe('a seal', () => {
  it('vouches for order, value and currency, and for nothing else', () => {
    expect(isSealed(ring, seal, sale)).toBe(true);
    for (const other of [{ order: '1002' }, { value: '49.9' }, { value: '4990' }, { currency: 'USD' }, { value: '' }])
      expect(isSealed(ring, seal, { ...sale, ...other })).toBe(false);
    const bare = sealConversion(conversionSecretOf(ring.signing()), { order: '1001' });
    expect(isSealed(ring, bare, { order: '1001', value: '', currency: '' })).toBe(true);
  });

  it('is refused under another key, a revoked one, and when it is none', () => {
    expect(isSealed(createKeyRing(testRing(2)), seal, sale)).toBe(false);
    const two = addKey(testRing(), { secret: new Uint8Array(32), atMs: 0, sign: true });
    expect(isSealed(createKeyRing(two), seal, sale)).toBe(true);
    expect(isSealed(createKeyRing(revokeKey(two, 'k1', 0)), seal, sale)).toBe(false);
    for (const text of ['', '1.', seal.slice(1), `${seal}A`, `2${seal.slice(1)}`, '1.é'])
      expect(isSealed(ring, text, sale)).toBe(false);
  });

  it('takes only the secret that is made for it', () => {
    for (const secret of ['', 'k1', testRing().keys[0]?.secret ?? ''])
      expect(thrownBy(() => sealConversion(secret, sale))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});
