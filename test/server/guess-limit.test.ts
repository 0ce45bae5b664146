import { expect, it, onTestFinished } from 'vitest';
import { makeGuessLimit } from '../../src/server/guess-limit.ts';
import { ask, startTestService } from '../support/service.ts';

it('lets nobody of an address in for a while who guessed twenty times, not even with a valid token', async () => {
  const service = await startTestService({ trustedProxies: 'loopback' });
  onTestFinished(() => service.end());
  const { token } = await service.store.createApiToken('read');
  const from = (address: string, bearer?: string) =>
    ask(`${service.url}/api/v1/messages`, {
      headers: { 'x-forwarded-for': address, ...(bearer && { authorization: `Bearer ${bearer}` }) },
    });
  for (let guess = 0; guess < 20; guess += 1) expect((await from('203.0.113.9', `tt_${guess}`)).status).toBe(401);
  const refused = await from('203.0.113.9', token);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await from('203.0.113.8', token)).status).toBe(200);
});

it('takes a request without a token for no guess', async () => {
  const service = await startTestService();
  onTestFinished(() => service.end());
  for (let request = 0; request < 21; request += 1) {
    expect((await ask(`${service.url}/api/v1/messages`)).status).toBe(401);
  }
});

it('takes the 64 bits that one guesser has for one address', async () => {
  const limit = makeGuessLimit();
  for (let guess = 0; guess < 20; guess += 1) await limit.count(`2001:db8:1:2::${guess.toString(16)}`);
  expect(await limit.secondsLeft('2001:db8:1:2:3:4:5:6')).toBeGreaterThan(0);
  expect(await limit.secondsLeft('2001:db8:1:3::1')).toBe(0);
  for (let guess = 0; guess < 20; guess += 1) await limit.count(`2001:db8::${guess.toString(16)}`);
  expect(await limit.secondsLeft('2001:db8::ffff')).toBeGreaterThan(0);
});
