import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';

describe('telltale demo', () => {
  it('mails, collects and reports what really happened, losing nothing', { timeout: 60_000 }, async () => {
    const { status, stdout } = await run(['demo', '--seed', '3', '--json'], { cwd: process.cwd() });
    expect(status).toBe(0);
    const { seed, truth, report } = JSON.parse(stdout);
    expect(seed).toBe(3);
    expect(report.sent).toBe(200);
    expect(report.opens.total + report.clicks.total).toBe(truth.requests);
    expect(report.clicks.byLabel.human.unique).toBe(truth.clicked);
    expect(report.opens.byLabel.scanner.unique).toBe(20);
    expect(report.opens.byLabel.prefetch.unique).toBe(60);
    expect(report.links).toHaveLength(40);
    expect(report.rates.open.estimated).toMatchObject({
      method: 'first-mailing',
      sample: { masked: 60, measurable: 140 },
    });
    const { band } = report.rates.open.estimated;
    expect(band.low).toBeLessThan(truth.read / truth.sent);
    expect(band.high).toBeGreaterThan(truth.read / truth.sent);
  });

  it('refuses a seed that is none', async () => {
    const { status, stderr } = await run(['demo', '--seed', 'x'], { cwd: process.cwd() });
    expect([status, stderr]).toEqual([2, expect.stringContaining('whole number')]);
  });
});
