import { describe, expect, it } from 'vitest';
import { smtpPatienceMs } from '../../src/base/limits.ts';
import { makePatience, type ServerAway } from '../../src/mail/patience.ts';

describe('patience with a mail server', () => {
  it('tells at once, each minute, and anew after an answer', () => {
    const told: ServerAway[] = [];
    const patience = makePatience((away) => told.push(away));
    for (const atMs of [0, 1, 59_999, 60_000, 61_000, 120_000]) patience.fail(atMs, 'gone');
    expect(told).toHaveLength(3);
    expect(told[0]).toEqual({ message: 'gone', untilMs: smtpPatienceMs });
    patience.reset();
    patience.fail(121_000, 'gone again');
    expect(told.at(-1)).toEqual({ message: 'gone again', untilMs: 121_000 + smtpPatienceMs });
  });

  it('has an end, at which nothing is told', () => {
    const told: ServerAway[] = [];
    const patience = makePatience((away) => told.push(away));
    expect(patience.fail(0, 'gone')).toBeGreaterThan(0);
    expect(patience.fail(smtpPatienceMs + 1, 'gone')).toBeUndefined();
    expect(told).toHaveLength(1);
  });
});
