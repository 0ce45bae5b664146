import { describe, expect, it } from 'vitest';
import type { Consent, Hit } from '../../src/base/nouns.ts';
import { keepHit, type SettleControl } from '../../src/settle/keep-hit.ts';
import { makeHit, makeLink } from '../support/hits.ts';

const OPEN: SettleControl = {
  isMessageRevoked: () => false,
  isLinkRevoked: () => false,
  isHostRevoked: () => false,
  destinationOf: () => undefined,
  consentOf: () => undefined,
  isErased: () => false,
};
const holding = (consent: Consent): SettleControl => ({
  ...OPEN,
  consentOf: (id) => (id === 'r1' ? consent : undefined),
});
const erased: SettleControl = { ...OPEN, isErased: (id) => id === 'r1' };

const open = makeHit();
const click = makeHit({ link: makeLink({ index: 2, destination: 'https://old.example/' }) });
const leaving = makeHit({ kind: 'unsubscribe', method: 'POST' });
const nobody = makeHit({ recipient: null, level: 'aggregate' });
const nameless = (hit: Hit) => ({ ...hit, recipient: null, level: 'aggregate' });

describe('what is kept of a hit', () => {
  it.each([
    ['all, where nothing is in force', OPEN, [open, click, leaving, nobody]],
    ['nothing of what was withdrawn, but the way out', holding({ opens: 'none', clicks: 'none' }), [leaving, nobody]],
    [
      'opens and clicks by their own levels',
      holding({ opens: 'aggregate', clicks: 'individual' }),
      [nameless(open), click, leaving, nobody],
    ],
    ['nothing of an erased recipient, but that one left', erased, [nameless(leaving), nobody]],
    ['the way out alone, of a revoked message', { ...OPEN, isMessageRevoked: () => true }, [leaving]],
    [
      'all but the click of a revoked link',
      { ...OPEN, isLinkRevoked: ({ index }: { index: number }) => index === 2 },
      [open, leaving, nobody],
    ],
    [
      'all but the click that led to a revoked host',
      { ...OPEN, isHostRevoked: (to: string) => to === 'https://old.example/' },
      [open, leaving, nobody],
    ],
    [
      'all, when the link leads away from a revoked host by now',
      {
        ...OPEN,
        destinationOf: () => 'https://new.example/',
        isHostRevoked: (to: string) => to === 'https://old.example/',
      },
      [open, click, leaving, nobody],
    ],
  ])('is %s', (_, control, kept) => {
    expect([open, click, leaving, nobody].flatMap((hit) => keepHit(hit, control) ?? [])).toEqual(kept);
  });

  it('is never more than the hit was sealed with', () => {
    const consent = { opens: 'individual', clicks: 'individual' } as const;
    expect(keepHit({ ...open, level: 'aggregate' }, holding(consent))?.level).toBe('aggregate');
    expect(keepHit(nobody, holding(consent))).toBe(nobody);
  });
});
