import { describe, expect, it } from 'vitest';
import { benchClassify } from '../../bench/classify.ts';

describe('the classify bench', () => {
  it('finds no person of the cases lost and no program taken for one, and both with the others', async () => {
    const [judges, confusion] = await benchClassify();
    const [ours, ...others] = judges?.rows ?? [];
    expect(ours).toMatchObject({ judge: 'telltale', 'people lost': 0, 'programs as people': 0 });
    expect(ours?.['macro-F1']).toBeGreaterThanOrEqual(0.95);
    expect(others).toHaveLength(3);
    for (const row of others) expect(row['macro-F1']).toBeLessThan(0.5);
    expect(confusion?.rows.map((row) => row['is'])).toHaveLength(6);
  });
});
