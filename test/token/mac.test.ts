import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepareMac } from '../../src/token/mac.ts';

describe('prepareMac', () => {
  it('equals HMAC-SHA-256 for any key and data, call after call', () => {
    const key = fc.uint8Array({ maxLength: 64 });
    const several = fc.array(fc.uint8Array({ maxLength: 500 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(key, several, (secret, parts) => {
        const mac = prepareMac(secret);
        for (const data of parts) expect(mac(data)).toEqual(createHmac('sha256', secret).update(data).digest());
      }),
    );
  });

  it.each([0, 1, 55, 56, 63, 64, 65, 4_096, 8_192])('equals it for %i bytes of data', (bytes) => {
    const secret = Buffer.alloc(32, 7);
    const data = Buffer.alloc(bytes, 'x');
    expect(prepareMac(secret)(data)).toEqual(createHmac('sha256', secret).update(data).digest());
  });

  it('gives digests that later calls leave alone', () => {
    const mac = prepareMac(Buffer.alloc(32, 7));
    const first = mac(Buffer.from('first'));
    const kept = Buffer.from(first);
    mac(Buffer.from('second'));
    expect(first).toEqual(kept);
  });
});
