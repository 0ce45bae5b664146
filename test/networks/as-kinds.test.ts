import { describe, expect, it } from 'vitest';
import type { NetworkKind } from '../../src/base/nouns.ts';
import { AS_KINDS, kindOfAs } from '../../src/networks/as-kinds.ts';

describe('kindOfAs', () => {
  it.each<[number, string, NetworkKind]>([
    [8075, 'MICROSOFT-CORP-MSN-AS-BLOCK', 'microsoft'],
    [15169, 'GOOGLE', 'google'],
    [396982, 'GOOGLE-CLOUD-PLATFORM', 'google-cloud'],
    [714, 'APPLE-ENGINEERING', 'corporate'],
    [24940, 'Hetzner Online GmbH', 'datacenter'],
    [64496, 'Example Cloud Hosting', 'datacenter'],
    [64497, 'Example Wireless', 'mobile'],
    [64498, 'Example Broadband', 'residential'],
    [64499, 'Example University', 'unknown'],
    [64500, '', 'unknown'],
    // Words within words are no words.
    [64501, 'Observers of Clouds', 'unknown'],
  ])('of %i, %j, is %s', (number, organisation, kind) => {
    expect(kindOfAs({ number, organisation })).toBe(kind);
  });

  it('has each number once', () => {
    const numbers = AS_KINDS.flatMap((row) => row.numbers);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
