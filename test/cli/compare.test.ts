import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { playMailing } from '../support/mailing.ts';
import { openTestStore } from '../support/stores.ts';

const PLAN = { recipients: 300, masked: 120, opensEvery: 3, clicksEvery: 10 };

describe('telltale compare', () => {
  it('shows both messages, the differences with their intervals, and why not to trust them', async () => {
    const { store, path, directory: cwd } = await openTestStore();
    await playMailing(store, 'a', PLAN);
    await playMailing(store, 'b', { ...PLAN, opensEvery: 4 });
    const database = ['--database', `sqlite:${path}`];
    const shown = await run(['compare', 'a', 'b', ...database], { cwd });
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(/^\ta\tb\tdifference\t90 % interval\n/);
    expect(shown.stdout).toMatch(/^estimated opens\t[\d.]+ %\t[\d.]+ %\t-?[\d.]+ %\t-?[\d.]+ to [\d.]+ %$/m);
    expect(shown.stderr).toContain('compare clicks rather than opens. [mostly-masked]');
    const json = JSON.parse((await run(['compare', 'a', 'b', '--json', ...database], { cwd })).stdout);
    expect(json).toMatchObject({ a: { id: 'a' }, b: { id: 'b' }, difference: { open: { level: 0.9 } } });
    const csv = (await run(['compare', 'a', 'b', '--csv', ...database], { cwd })).stdout;
    expect(csv).toMatch(/^figure,a,b,difference,low,high\nsent,300,300,/);
    const report = (await run(['report', 'a', ...database], { cwd })).stdout;
    expect(report).toMatch(/^really opened\t[\d.]+ %\n90 % interval\t[\d.]+ to [\d.]+ %\nband\t[\d.]+ to [\d.]+ %$/m);
    expect(report).toMatch(/^masked\t120 recipients: 12 clicked$/m);
    const unknown = await run(['compare', 'a', 'c', ...database], { cwd });
    expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining('No message "c"')]);
  });
});
