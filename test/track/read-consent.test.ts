import { describe, expect, it } from 'vitest';
import { readConsent } from '../../src/track/read-consent.ts';

describe('readConsent', () => {
  it.each([
    [undefined, 'individual', 'individual'],
    [{}, 'individual', 'individual'],
    [{ opens: 'none' }, 'none', 'individual'],
    [{ clicks: 'aggregate' }, 'individual', 'aggregate'],
    [{ opens: 'aggregate', clicks: 'none' }, 'aggregate', 'none'],
  ] as const)('completes %j', (consent, opens, clicks) => {
    expect(readConsent(consent, 'compile')).toEqual({ opens, clicks });
  });
});
