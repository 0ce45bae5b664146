import { describe, expect, it } from 'vitest';
import { lacksSteps } from '../../src/store/judge-steps.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { thrownBy } from '../support/thrown.ts';

const known = ['0001_start', '0002_audiences'];

function judge(...applied: readonly string[]) {
  return thrownBy(() => lacksSteps({ name: 'sqlite:x', applied, known }));
}

describe('the steps of a database', () => {
  it('are lacking, or all there', () => {
    expect(lacksSteps({ name: 'x', applied: [], known })).toBe(true);
    expect(lacksSteps({ name: 'x', applied: ['0001_start'], known })).toBe(true);
    expect(lacksSteps({ name: 'x', applied: known, known })).toBe(false);
  });

  it.each([[['0003_note_since_0002']], [['0003_note_since_0001']], [['0003_note_since_0002', '0004_more_since_0002']]])(
    'may be newer ones that leave this version working: %j',
    (newer) => {
      expect(lacksSteps({ name: 'x', applied: [...known, ...newer], known })).toBe(false);
    },
  );

  it.each([
    ['that says nothing', ['0003_note'], '0003_note'],
    ['that needs a version this is not', ['0003_note_since_0002', '0004_drop_since_0003'], '0004_drop_since_0003'],
    ['that says it in another way', ['0003_note_since_2'], '0003_note_since_2'],
  ])('are refused for a newer one %s, which is named', (_, newer, named) => {
    expect(judge(...known, ...newer)).toMatchObject({
      code: 'NEWER_DATABASE',
      message: expect.stringContaining(`(it has ${named})`),
    });
  });

  it('are refused where a newer one stands in place of one of ours', () => {
    expect(judge('0001_start', '0003_note_since_0001')).toMatchObject({ code: 'NEWER_DATABASE' });
  });
});

it('the names of our own steps begin with numbers in order, and name earlier ones', () => {
  const names = Object.keys(MIGRATIONS);
  expect(names.map((name) => Number.parseInt(name, 10))).toEqual(names.map((_, at) => at + 1));
  for (const [at, name] of names.entries()) {
    const [, since] = /_since_(.*)$/.exec(name) ?? [];
    if (since !== undefined) expect([name, since]).toEqual([name, expect.stringMatching(/^\d{4}$/)]);
    if (since !== undefined) expect(Number(since)).toBeLessThanOrEqual(at);
  }
});
