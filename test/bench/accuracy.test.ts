import { describe, expect, it } from 'vitest';
import { benchAccuracy } from '../../bench/accuracy.ts';

describe('the accuracy bench', () => {
  it('finds every link of ours tracked rightly and nothing else changed, and faults with the others', async () => {
    const { rows } = await benchAccuracy();
    const [ours, ...others] = rows;
    expect(ours).toMatchObject({
      name: 'telltale',
      right: 86,
      missed: 0,
      'wrong or unwanted': 0,
      'bytes changed elsewhere': 0,
    });
    expect(others).toHaveLength(5);
    for (const row of others) expect(Number(row['missed']) + Number(row['bytes changed elsewhere'])).toBeGreaterThan(0);
  });
});
