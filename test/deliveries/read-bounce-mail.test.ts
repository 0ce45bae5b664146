import { describe, expect, it } from 'vitest';
import { readBounceMail } from '../../src/deliveries/read-bounce-mail.ts';
import { addKey, createKeyRing, revokeKey } from '../../src/token/key-ring.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { type BounceOf, bounceMail } from '../support/bounce-mails.ts';
import { testRing } from '../support/keys.ts';

const ring = testRing();
const keys = createKeyRing(ring);
const tracker = createTracker({ baseUrl: 'https://t.example.com', keys });
const { headers } = tracker.compile('<body>x', { message: 'spring-sale' }).render('r1');
const token = /\/u\/([a-z2-7]+)/.exec(headers['List-Unsubscribe'] ?? '')?.[1] ?? '';
const ours = { message: 'spring-sale', recipient: 'r1' };

const read = (of: Partial<BounceOf> = {}, by = keys) => readBounceMail(Buffer.from(bounceMail({ headers, ...of })), by);

describe('a bounce mail', () => {
  it.each([
    ['its headers', {}],
    ['all of the mail', { returns: 'mail' }],
    ['headers in base64', { encoding: 'base64' }],
    ['the address it came back to', { returns: 'nothing', to: `<bounces+${token}@example.com>` }],
    ['that address in capitals', { returns: 'nothing', to: `BOUNCES=${token.toUpperCase()}@EXAMPLE.COM` }],
  ] as const)('is of the mail whose way out is in %s', (_, of) => {
    expect(read(of)).toEqual({
      ...{ kind: 'status', event: 'bounced', isHard: true, status: '5.1.1', of: ours },
      atMs: Date.UTC(2026, 0, 2, 9, 0, 5),
    });
  });

  it.each([
    ['5.1.1', 'failed', 'bounced', true],
    ['5.1.10', 'failed', 'bounced', true],
    ['5.2.1', 'failed', 'bounced', true],
    ['5.2.2', 'failed', 'bounced', false],
    ['5.7.1', 'failed', 'bounced', false],
    ['5.1.8', 'failed', 'bounced', false],
    ['5.0.0', 'Failed', 'bounced', false],
    ['4.4.7', 'failed', 'bounced', false],
    ['4.2.2', 'delayed', 'deferred', false],
    ['2.0.0', 'delivered (to mailbox)', 'delivered', false],
  ])('with status %s and action %s is %s', (status, action, event, isHard) => {
    expect(read({ status, action })).toMatchObject({ event, isHard, status });
  });

  it('is of no mail without a token of ours that is in force', () => {
    const strange = { 'List-Unsubscribe': `<https://t.example.com/u/${token.slice(0, -2)}aa>` };
    expect(read({ headers: strange })).toMatchObject({ kind: 'status', of: undefined });
    expect(read({ headers: {} })).toMatchObject({ kind: 'status', of: undefined });
    expect(read({}, createKeyRing(testRing(2)))).toMatchObject({ of: undefined });
    const two = addKey(ring, { secret: Buffer.alloc(32, 9), atMs: 1, sign: true });
    expect(read({}, createKeyRing(two))).toMatchObject({ of: ours });
    expect(read({}, createKeyRing(revokeKey(two, 'k1', 2)))).toMatchObject({ of: undefined });
    // What a hit carries does not unsubscribe, and does not bounce either.
    const pixel = /\/o\/([a-z2-7]+)\.gif/.exec(tracker.compile('<body>x', { message: 'm' }).render('r1').html)?.[1];
    expect(read({ headers: { 'List-Unsubscribe': `<https://t.example.com/u/${pixel}>` } })).toMatchObject({
      of: undefined,
    });
  });

  it('is none when it is not a delivery status, or says nothing of a recipient', () => {
    const answer = `From: a@example.com\r\nTo: bounces+${token}@example.com\r\nSubject: Out of office\r\n\r\nBack on Monday.`;
    for (const text of [answer, '', 'x', '\0'.repeat(1_000), bounceMail({ headers, action: 'relayed' })])
      expect(readBounceMail(Buffer.from(text), keys)).toMatchObject({ kind: 'other', reason: expect.any(String) });
  });
});
