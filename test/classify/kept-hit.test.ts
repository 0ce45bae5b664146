import { describe, expect, it } from 'vitest';
import { judgeAlone } from '../../src/classify/classify.ts';
import { knownEndOf } from '../../src/classify/host-names.ts';
import { keptHit } from '../../src/classify/kept-hit.ts';
import { readOwnRules } from '../../src/classify/own-rules.ts';
import { CASES } from './cases/index.ts';

const own = readOwnRules(undefined, 'test');

describe('what is kept of a hit', () => {
  it.each(CASES.map((one) => [one.name, one.hits] as const))('gives the same verdict again: %s', (_, hits) => {
    for (const hit of hits) {
      const verdict = judgeAlone(hit, own);
      const { id, event, method, network } = hit;
      const agent = hit.headers['user-agent'] ?? '';
      const ptr = knownEndOf(hit.ptr ?? '', []);
      const kept = keptHit({ id, event, method, network, ptr, agent }, verdict.reasons);
      expect(judgeAlone(kept, own)).toEqual(verdict);
    }
  });
});
