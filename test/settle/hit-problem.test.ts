import { describe, expect, it } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { hitProblem } from '../../src/settle/hit-problem.ts';
import { makeHit, makeLink } from '../support/hits.ts';

describe('hitProblem', () => {
  it.each([
    makeHit(),
    makeHit({ link: makeLink(), recipient: null, level: 'aggregate' }),
    makeHit({ kind: 'unsubscribe', peer: '0123456789abcdef', repeat: true, test: true, headers: {} }),
  ])('finds nothing wrong with what a collector makes', (hit) => {
    expect(hitProblem(hit)).toBeUndefined();
  });

  it.each<[string, object | number | string]>([
    ['no hit', 7],
    ['no hit', 'text'],
    ['id', { id: 'ABC' }],
    ['id', { id: 7 }],
    ['time', { atMs: 1 }],
    ['kind', { kind: 'dance' }],
    ['level', { level: 'none' }],
    ['message id', { message: '' }],
    ['message id', { message: 5 }],
    ['recipient id', { recipient: 'a\u0000b' }],
    ['recipient id', { recipient: undefined }],
    ['peer', { peer: '203.0.113.9' }],
    ['network', { network: 'moon' }],
    ['network', { network: undefined }],
    ['lists', { networkLists: '' }],
    ['lists', { networkLists: 'x y' }],
    ['flag', { test: 1 }],
    ['flag', { repeat: 'no' }],
    ['method', { method: null }],
    ['link', { link: 'https://example.com/' }],
    ['link', { link: { ...makeLink(), index: 0.5 } }],
    ['link', { link: { ...makeLink(), destination: 'x'.repeat(2_049) } }],
    ['headers', { headers: null }],
    ['headers', { headers: { 'user-agent': 7 } }],
  ])('names what is wrong: %s', (word, change) => {
    const hit = typeof change === 'object' ? { ...makeHit(), ...change } : change;
    expect(hitProblem(hit as unknown as Hit)).toContain(word);
  });
});
