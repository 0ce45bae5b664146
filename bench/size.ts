// How compiling grows with the mail: time and memory for 1 to 10 MB, each in a process of its own, so that the largest
// resident size belongs to it alone.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { addKey } from '../src/token/key-ring.ts';
import { createTracker } from '../src/track/create-tracker.ts';
import type { BenchResult } from './run.ts';

const LINKS = [12_500, 25_000, 50_000, 100_000];

export async function benchSize(): Promise<BenchResult> {
  const self = fileURLToPath(import.meta.url);
  const rows = LINKS.map((links) => {
    const printed = execFileSync(process.execPath, [self, String(links)], { encoding: 'utf8' });
    return JSON.parse(printed) as BenchResult['rows'][number];
  });
  return { bench: 'size', of: 'compiling once: milliseconds a megabyte and memory a byte should not grow', rows };
}

/** Compiles one mail and tells what it took. */
function measure(links: number): BenchResult['rows'][number] {
  const keys = addKey(undefined, { secret: Buffer.alloc(32, 7), atMs: 0, sign: true });
  const tracker = createTracker({ baseUrl: 'https://track.example.com', keys });
  const rows = Array.from({ length: links }, (_, index) => {
    return `<p>Some text here <a href="https://shop.example/item/${index}?a=1&amp;b=2">item ${index}</a> and more</p>\n`;
  });
  const html = `<html><body>${rows.join('')}</body></html>`;
  const before = process.resourceUsage().maxRSS;
  const startedMs = performance.now();
  const tracked = tracker.compile(html, { message: 'm' }).links.length;
  const ms = performance.now() - startedMs;
  const kilobytes = process.resourceUsage().maxRSS - before;
  const megabytes = html.length / 1_000_000;
  return {
    megabytes: Number(megabytes.toFixed(1)),
    links: tracked,
    'ms a megabyte': Math.round(ms / megabytes),
    'bytes of memory a byte': Math.round((kilobytes * 1_024) / html.length),
  };
}

const links = process.argv[2];
if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(JSON.stringify(measure(Number(links))));
