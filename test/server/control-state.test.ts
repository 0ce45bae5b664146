import { describe, expect, it } from 'vitest';
import type { Consent, ConsentLevel } from '../../src/base/nouns.ts';
import { levelNow, NO_CONTROL } from '../../src/server/control-state.ts';

const token = (opens: ConsentLevel, recipient: string | null = 'r1') => ({
  message: 'm',
  recipient,
  consent: { opens, clicks: 'individual' } as const,
  test: false,
});

describe('the level of a hit', () => {
  it.each<[ConsentLevel, ConsentLevel | undefined, ConsentLevel]>([
    ['individual', undefined, 'individual'],
    ['individual', 'individual', 'individual'],
    ['individual', 'aggregate', 'aggregate'],
    ['individual', 'none', 'none'],
    ['aggregate', undefined, 'aggregate'],
    ['aggregate', 'individual', 'aggregate'],
    ['none', 'individual', 'none'],
  ])('is the lowest of what was sealed (%s) and what holds now (%s): %s', (sealed, held, expected) => {
    const consent: Consent | undefined = held && { opens: held, clicks: 'individual' };
    expect(levelNow(token(sealed), 'opens', { ...NO_CONTROL, consentOf: () => consent })).toBe(expected);
  });

  it('is none for an erased recipient, whatever else is said', () => {
    const control = { ...NO_CONTROL, isErased: (recipient: string) => recipient === 'r1' };
    expect(levelNow(token('individual'), 'opens', control)).toBe('none');
    expect(levelNow(token('individual', 'r2'), 'opens', control)).toBe('individual');
    expect(levelNow(token('individual', null), 'opens', control)).toBe('individual');
  });
});
