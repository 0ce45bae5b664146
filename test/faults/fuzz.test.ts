import { expect, it, onTestFinished } from 'vitest';
import { ask, startTestService } from '../support/service.ts';
import { guessTokens, pathsOf, sendNonsense } from './fuzz.ts';

it('no token is accepted but ours', () => {
  expect(guessTokens({ seed: 5, count: 10_000 })).toMatchObject({ tried: 20_000, accepted: 0 });
});

it('no request that is none makes an event or a failure', async () => {
  const service = await startTestService();
  onTestFinished(() => service.end());
  expect(await sendNonsense(service.url, { seed: 5, count: 1_000, paths: pathsOf(service.tracker) })).toEqual({
    sent: 1_000,
    failures: 0,
  });
  expect(service.journal.counts().received).toBe(0);
  expect(service.problems).toEqual([]);
  expect((await ask(`${service.url}/healthz`)).text).toBe('ok');
});
