import { describe, expect, it } from 'vitest';
import { usageRowsMax } from '../../src/base/limits.ts';
import { countUsage } from '../../src/report/count-usage.ts';
import type { UsageRow } from '../../src/report/report-source.ts';

const row = (of: Partial<UsageRow>): UsageRow => ({
  ...({ kind: 'open', client: null, device: null, total: 1, anonymous: 0 } as const),
  ...of,
});

describe('countUsage', () => {
  it('adds up events by client and by device, the most opens first, then by name, what is not known last', () => {
    const rows = [
      row({ client: 'Gmail', total: 3 }),
      row({ client: 'Safari', device: 'mobile', total: 2 }),
      row({ client: 'Safari', device: 'desktop', total: 1 }),
      row({ total: 3 }),
      row({ kind: 'click', client: 'Chrome', device: 'desktop', total: 9 }),
      row({ kind: 'click', client: 'Safari', device: 'mobile', total: 4 }),
    ];
    expect(countUsage(rows)).toEqual({
      clients: [
        { client: 'Gmail', opens: 3, clicks: 0 },
        { client: 'Safari', opens: 3, clicks: 4 },
        { client: null, opens: 3, clicks: 0 },
        { client: 'Chrome', opens: 0, clicks: 9 },
      ],
      devices: [
        { device: null, opens: 6, clicks: 0 },
        { device: 'mobile', opens: 2, clicks: 4 },
        { device: 'desktop', opens: 1, clicks: 9 },
      ],
    });
    expect(countUsage([])).toEqual({ clients: [], devices: [] });
  });

  it('folds all past the limit into one row, and loses none', () => {
    const rows = Array.from({ length: usageRowsMax + 5 }, (_, at) => row({ client: `c${at}`, total: 100 - at }));
    const { clients } = countUsage(rows);
    expect(clients).toHaveLength(usageRowsMax);
    expect(clients.at(-1)).toMatchObject({ client: 'other', clicks: 0 });
    const sum = (counts: readonly { opens: number }[]) => counts.reduce((total, { opens }) => total + opens, 0);
    expect(sum(clients)).toBe(rows.reduce((total, one) => total + one.total, 0));
  });
});
