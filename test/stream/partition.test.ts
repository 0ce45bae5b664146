import { expect, it } from 'vitest';
import type { ConversionHit } from '../../src/base/conversion.ts';
import { partitionOf } from '../../src/stream/partition.ts';
import { makeHit } from '../support/hits.ts';

it('is the same for all hits of a message, and for ever', () => {
  expect(partitionOf(makeHit({ recipient: 'a' }), 16)).toBe(partitionOf(makeHit({ recipient: 'b' }), 16));
  // A hash that changed would settle a message in two places at once.
  expect(['spring-sale', 'autumn', 'ü'].map((message) => partitionOf(makeHit({ message }), 16))).toEqual([3, 6, 5]);
});

it('uses every partition', () => {
  const used = new Set(Array.from({ length: 400 }, (_, at) => partitionOf(makeHit({ message: `m${at}` }), 16)));
  expect(used.size).toBe(16);
});

it('puts a sale behind the clicks of its message, or where its order leads', () => {
  const told = (conversion: object) => ({ kind: 'conversion', conversion }) as ConversionHit;
  const ofMessage = partitionOf(makeHit({ message: 'm7' }), 16);
  expect(partitionOf(told({ click: { message: 'm7' }, message: null, order: 'o1' }), 16)).toBe(ofMessage);
  expect(partitionOf(told({ click: null, message: 'm7', order: 'o1' }), 16)).toBe(ofMessage);
  expect(partitionOf(told({ click: null, message: null, order: 'm7' }), 16)).toBe(ofMessage);
});
