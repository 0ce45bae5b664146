import { describe, expect, it } from 'vitest';
import { LABELS } from '../../src/base/nouns.ts';
import { classify } from '../../src/classify/classify.ts';
import { CONTEXT_RULES } from '../../src/classify/context-rules.ts';
import { RULES } from '../../src/classify/rules.ts';
import { WEAK_SIGNALS } from '../../src/classify/weak-signals.ts';
import { CASES } from './cases/index.ts';

describe('a case', () => {
  it.each(CASES.map((one) => [one.name, one] as const))('%s', (_, { hits, labels }) => {
    const verdicts = classify(hits);
    const got = verdicts.map(({ label }, position) => (labels[position] === null ? null : label));
    expect({ got, reasons: verdicts.map(({ reasons }) => reasons) }).toMatchObject({ got: labels });
  });
});

describe('the cases', () => {
  it('are of every label, and every rule speaks in one', () => {
    expect(new Set(CASES.flatMap(({ labels }) => labels))).toEqual(new Set(LABELS));
    const spoke = new Set(CASES.flatMap(({ hits }) => classify(hits)).flatMap(({ reasons }) => reasons));
    const ids = [...RULES, ...WEAK_SIGNALS, ...CONTEXT_RULES].map(({ id }) => id);
    expect(ids.filter((id) => !spoke.has(id))).toEqual([]);
  });

  it('get the same labels when all hits come at once, in another order', () => {
    const all = CASES.flatMap(({ hits }) => hits);
    const wanted = new Map(CASES.flatMap(({ hits }) => classify(hits)).map((verdict) => [verdict.id, verdict.label]));
    const got = classify([...all].reverse().map((hit) => ({ ...hit, ip: `${hit.message} ${hit.ip}` })));
    expect(new Map(got.map((verdict) => [verdict.id, verdict.label]))).toEqual(wanted);
  });
});
