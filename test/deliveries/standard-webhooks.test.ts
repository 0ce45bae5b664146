import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signWebhook, verifyWebhook, webhookKey } from '../../src/deliveries/standard-webhooks.ts';

describe('Standard Webhooks', () => {
  it('sign as the example of the specification does', () => {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md and its reference tests.
    const key = webhookKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    if (key === undefined) throw new Error('the secret of the example is none');
    const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
    expect(signWebhook(key, message)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('sign the id, the time and the body, a dot between two', () => {
    const key = Buffer.alloc(24, 1);
    const expected = createHmac('sha256', key).update('id.5.{}').digest('base64');
    expect(signWebhook(key, { id: 'id', timestamp: 5, body: '{}' })).toBe(`v1,${expected}`);
  });

  it('are believed with one good signature among several, within five minutes', () => {
    const key = Buffer.alloc(32, 2);
    const signature = signWebhook(key, { id: 'a', timestamp: 1_000, body: 'x' });
    const message = { id: 'a', timestamp: '1000', body: Buffer.from('x'), nowMs: 1_000_000 };
    const verify = (of: object, signatures = `v1,AAAA ${signature}`) =>
      verifyWebhook(key, signatures, { ...message, ...of });
    expect(verify({})).toBe('valid');
    expect(verify({ nowMs: 1_300_000 })).toBe('valid');
    expect(verify({ nowMs: 1_300_001 })).toBe('old');
    expect(verify({ nowMs: 699_999 })).toBe('old');
    for (const of of [{ id: 'b' }, { id: '' }, { timestamp: '1001' }, { timestamp: '' }, { body: Buffer.from('y') }])
      expect([of, verify(of)]).toEqual([of, 'forged']);
    expect(verify({}, '')).toBe('forged');
    expect(verify({}, signature.replace('v1,', 'v2,'))).toBe('forged');
  });

  it.each(['', 'whsec_', 'whsec_c2hvcnQ=', `whsec_${'A'.repeat(200)}`, 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])(
    'have no key in %j',
    (secret) => expect(webhookKey(secret)).toBeUndefined(),
  );
});
