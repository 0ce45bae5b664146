// `npm run bench [NAME…] [--json]`: what things cost, as ratios measured in one run where there is something to compare
// with. Absolute times vary from machine to machine; ratios hold better.
import { cpus } from 'node:os';
import { benchAccuracy } from './accuracy.ts';
import { benchClassify } from './classify.ts';
import { benchBeside, benchBesideReports, benchCollect } from './collect.ts';
import { benchEstimate } from './estimate.ts';
import { benchNetworks } from './networks.ts';
import { benchReport } from './report.ts';
import { benchRewrite } from './rewrite.ts';
import { benchScale } from './scale.ts';
import { benchSend } from './send.ts';
import { benchSettle } from './settle.ts';
import { benchSize } from './size.ts';
import { benchStream } from './stream.ts';
import { benchUrls } from './urls.ts';

const args = process.argv.slice(2);
const asJson = args.includes('--json');
const names = args.filter((name) => !name.startsWith('-'));
const BENCHES: Readonly<Record<string, () => Promise<BenchResult | readonly BenchResult[]>>> = {
  rewrite: benchRewrite,
  accuracy: benchAccuracy,
  size: benchSize,
  collect: benchCollect,
  beside: benchBeside,
  'beside-reports': benchBesideReports,
  urls: benchUrls,
  settle: benchSettle,
  stream: benchStream,
  scale: benchScale,
  report: benchReport,
  send: benchSend,
  networks: benchNetworks,
  estimate: benchEstimate,
  classify: benchClassify,
};

/** One table of figures. */
export interface BenchResult {
  readonly bench: string;
  readonly of: string;
  readonly rows: readonly Readonly<Record<string, string | number>>[];
}

const unknown = names.find((name) => !(name in BENCHES));
if (unknown === undefined) await runAll();
else refuse(unknown);

function refuse(name: string): void {
  process.stderr.write(`There is no bench ${JSON.stringify(name)}. Benches: ${Object.keys(BENCHES).join(', ')}.\n`);
  process.exitCode = 2;
}

async function runAll(): Promise<void> {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
    for (const result of [await bench()].flat()) {
      if (asJson) process.stdout.write(`${JSON.stringify({ ...result, machine })}\n`);
      else print(result, `${machine.cores} x ${machine.cpu}, Node ${machine.node}`);
    }
  }
}

function print(result: BenchResult, machine: string): void {
  const columns = Object.keys(result.rows[0] ?? {});
  const rows = [columns, ...result.rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  '),
  );
  process.stdout.write(`${result.bench}: ${result.of}\n${machine}\n\n${lines.join('\n')}\n`);
}
