import { describe, expect, it } from 'vitest';
import { differenceChart } from '../../src/pages/difference-chart.ts';
import { intervalChart } from '../../src/pages/interval-chart.ts';
import { shareBar, tableBar } from '../../src/pages/share-bar.ts';
import { sparkLine } from '../../src/pages/spark-line.ts';
import { timelineChart } from '../../src/pages/timeline-chart.ts';

const NAMES = { id: 'x', title: '<b>Opens</b> & more', description: 'Say "38 %"' };
const POINTS = [
  { words: '3 Nov, 09:00', tick: '09:00', opens: 120, clicks: 12 },
  { words: '3 Nov, 10:00', tick: '10:00', opens: 0, clicks: 0 },
];
const INTERVAL = { ...NAMES, value: 0.38, low: 0.35, high: 0.41, band: { low: 0.33, high: 0.44 }, raw: 0.53 };

describe('every chart', () => {
  it.each([
    ['an interval', intervalChart(INTERVAL)],
    ['shares', shareBar({ ...NAMES, parts: [{ className: 'human', value: 3 }] })],
    ['a timeline', timelineChart({ ...NAMES, points: POINTS })],
    ['a spark line', sparkLine({ ...NAMES, values: [1, 2, 3] })],
    ['a difference', differenceChart({ ...NAMES, value: 0.02, low: -0.01, high: 0.05, reach: 0.1 })],
  ])('is an image with a title and a description, and its text is no markup: %s', (_, svg) => {
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-labelledby="x-t x-d">.*<\/svg>$/s);
    expect(svg).toContain('<title id="x-t">&lt;b&gt;Opens&lt;/b&gt; &amp; more</title>');
    expect(svg).toContain('<desc id="x-d">Say &quot;38 %&quot;</desc>');
    // A policy without inline styles would not let them through.
    expect(svg).not.toMatch(/NaN|Infinity|undefined|style=/);
  });
});

function rects(svg: string, className: string): readonly { readonly x: number; readonly width: number }[] {
  const found = svg.matchAll(
    new RegExp(`<rect class="${className}" x="([\\d.-]+)" y="[\\d.]+" width="([\\d.]+)"`, 'g'),
  );
  return [...found].map(([, x, width]) => ({ x: Number(x), width: Number(width) }));
}

describe('an interval', () => {
  it('lies inside its band, around its value, and below the raw rate', () => {
    const svg = intervalChart(INTERVAL);
    const [interval = { x: 0, width: 0 }] = rects(svg, 'interval');
    const [band = { x: 0, width: 0 }] = rects(svg, 'band');
    const value = Number(/cx="([\d.]+)"/.exec(svg)?.[1]);
    const raw = Number(/class="raw" d="M([\d.]+)/.exec(svg)?.[1]);
    expect(band.x).toBeLessThan(interval.x);
    expect(interval.x + interval.width).toBeLessThan(band.x + band.width);
    expect(value).toBeGreaterThan(interval.x);
    expect(raw).toBeGreaterThan(band.x + band.width);
  });

  it('stays on its scale where more opened than were sent to', () => {
    const svg = intervalChart({ ...INTERVAL, value: 1.4, low: 1.2, high: 1.6, band: null, raw: 2 });
    const values = [...svg.matchAll(/ (?:cx|x)="([\d.]+)"/g)].map(([, x]) => Number(x));
    expect(Math.max(...values)).toBeLessThanOrEqual(600);
  });
});

describe('shares', () => {
  it('are as wide as their values, in their order', () => {
    const parts = ['human', 'prefetch', 'scanner'].map((className, at) => ({ className, value: [50, 0, 50][at] ?? 0 }));
    const svg = shareBar({ ...NAMES, parts });
    const [human, scanner] = [...rects(svg, 'human'), ...rects(svg, 'scanner')];
    expect(rects(svg, 'prefetch')).toEqual([]);
    expect(human?.width).toBeCloseTo(498.5);
    expect(scanner?.x).toBeCloseTo(501.5);
  });

  it('are all track when there is nothing', () => {
    const svg = shareBar({ ...NAMES, parts: [{ className: 'human', value: 0 }] });
    expect(svg.match(/<rect/g)).toHaveLength(1);
    expect(tableBar({ className: 'human', value: 0 }, 0)).not.toContain('<path');
  });

  it('are beside the most of a table as long as their part of it, and told to nobody who reads the table', () => {
    const svg = tableBar({ className: 'human', value: 3 }, 4);
    expect(svg).toContain('<path class="human" d="M0 0h750v1H0"/>');
    expect(svg).toContain('aria-hidden="true"');
    expect(svg).not.toContain('<title');
  });

  it('show the smallest', () => {
    const svg = shareBar({
      ...NAMES,
      parts: [
        { className: 'human', value: 1 },
        { className: 'scanner', value: 1e6 },
      ],
    });
    expect(rects(svg, 'human')[0]?.width).toBeGreaterThanOrEqual(3);
  });
});

describe('a timeline', () => {
  it('tells each bar that has something to a pointer, and draws nothing for the others', () => {
    const svg = timelineChart({ ...NAMES, points: POINTS });
    expect(svg).toContain('<title>3 Nov, 09:00: 120 opens, 12 clicks</title>');
    expect(svg).not.toContain('3 Nov, 10:00');
    expect(/class="opens"[^>]* d="([^"]*)"/.exec(svg)?.[1]?.match(/M/g)).toHaveLength(1);
  });

  it('leaves out ticks that would touch', () => {
    const points = Array.from({ length: 400 }, (_, at) => ({ words: '', tick: `day ${at}`, opens: at, clicks: 0 }));
    const ticks = timelineChart({ ...NAMES, points }).match(/>day \d+</g) ?? [];
    expect(ticks.length).toBeLessThan(8);
  });

  it('bears nothing at all, and more than a million', () => {
    expect(timelineChart({ ...NAMES, points: [] })).not.toMatch(/NaN|Infinity/);
    const svg = timelineChart({ ...NAMES, points: [{ words: 'a', tick: null, opens: 1_234_567, clicks: 5 }] });
    expect(svg).toContain('>1,500,000<');
  });
});
