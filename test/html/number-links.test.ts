import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LinkKind } from '../../src/html/find-links.ts';
import { numberLinks } from '../../src/html/number-links.ts';

const KINDS: Readonly<Record<string, LinkKind>> = { h: 'html', o: 'outlook', v: 'vml' };

/** `h:a v:b`: an ordinary link to a, a VML link to b. */
function indexesOf(links: string): string {
  const parsed = links.split(' ').map((link) => {
    const [kind = '', destination = ''] = link.split(':');
    return { kind: KINDS[kind] ?? 'html', destination };
  });
  return numberLinks(parsed).join(' ');
}

describe('numberLinks', () => {
  it.each([
    ['numbers links in source order', 'h:a h:b h:c', '0 1 2'],
    ['keeps two ordinary links to one URL apart', 'h:a h:a h:a', '0 1 2'],
    ['gives a VML button the index of the link behind it', 'v:a h:a h:b', '0 0 1'],
    ['gives a VML button the index of the link before it', 'h:a v:a h:b', '0 0 1'],
    ['gives VML and the link inside it the index of the link behind them', 'v:a o:a h:a', '0 0 0'],
    ['gives an Outlook link the index of the link behind it', 'o:a h:a', '0 0'],
    ['keeps twins of two buttons to one URL apart', 'v:a h:a v:a h:a', '0 0 1 1'],
    ['numbers a VML button without twin by itself', 'h:a v:b h:c', '0 1 2'],
    ['gives VML and the link inside it one index without twin', 'v:a o:a h:b', '0 0 1'],
    ['keeps two VML buttons in a row apart', 'v:a v:a h:a', '0 1 1'],
    ['does not reach over another link', 'v:a h:b h:a', '0 1 2'],
    ['prefers the link behind to the one before', 'h:a v:a h:a', '0 1 1'],
    ['gives no link two VML buttons', 'v:a h:a v:a', '0 0 1'],
    ['numbers one link', 'h:a', '0'],
  ])('%s', (_, links, indexes) => {
    expect(indexesOf(links)).toBe(indexes);
  });

  it('numbers nothing', () => {
    expect(numberLinks([])).toEqual([]);
  });

  it('uses every number from 0 up, in order of first appearance, and never one for two destinations', () => {
    const link = fc.record({
      kind: fc.constantFrom<LinkKind>('html', 'outlook', 'vml'),
      destination: fc.constantFrom('a', 'b'),
    });
    fc.assert(
      fc.property(fc.array(link, { maxLength: 20 }), (links) => {
        const indexes = numberLinks(links);
        expect([...new Set(indexes)]).toEqual([...new Set(indexes)].map((_, position) => position));
        const destinations = new Map<number, string>();
        for (const [at, index] of indexes.entries()) {
          const { destination = '' } = links[at] ?? {};
          expect(destinations.get(index) ?? destination).toBe(destination);
          destinations.set(index, destination);
        }
        const ordinary = indexes.filter((_, at) => links[at]?.kind === 'html');
        expect(new Set(ordinary).size).toBe(ordinary.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
