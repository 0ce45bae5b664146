// The shape of the source: imports go down only, floor 1 is pure, nothing imports in a ring.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src/', import.meta.url));

const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  token: 1,
  html: 1,
  classify: 1,
  networks: 1,
  stats: 1,
  mime: 1,
  track: 2,
  settle: 2,
  report: 2,
  attribute: 2,
  retain: 2,
  deliveries: 2,
  store: 3,
  journal: 3,
  stream: 3,
  control: 3,
  'network-files': 3,
  pages: 3,
  engine: 4,
  relay: 4,
  notify: 4,
  server: 5,
  mail: 5,
  cli: 6,
};

interface Import {
  readonly from: string;
  /** A path below src, or a package. */
  readonly to: string;
  readonly isLocal: boolean;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

const imports: readonly Import[] = files.flatMap((file) =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => {
    const target = match[1] ?? '';
    const isLocal = target.startsWith('.');
    return { from: file, to: isLocal ? relative(source, join(source, dirname(file), target)) : target, isLocal };
  }),
);

function room(file: string): string {
  return file.split('/')[0] ?? '';
}

function floor(file: string): number | undefined {
  return FLOORS[room(file)];
}

describe('the floors', () => {
  it('hold every file of the source', () => {
    expect(files.filter((file) => file !== 'index.ts' && floor(file) === undefined)).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
  });

  it('import only from below, or from their own room', () => {
    const wrong = imports
      .filter(({ from, isLocal }) => isLocal && from !== 'index.ts')
      .filter(({ from, to }) => room(from) !== room(to) && (floor(to) ?? 9) >= (floor(from) ?? 0))
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(wrong).toEqual([]);
  });

  it('let a user who only rewrites mail load no server and no database', () => {
    const seen = new Set<string>();
    const waiting = ['index.ts'];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (seen.has(file)) continue;
      seen.add(file);
      for (const { from, to, isLocal } of imports) if (from === file && isLocal) waiting.push(to);
    }
    expect([...seen].filter((file) => (floor(file) ?? 0) > 2)).toEqual([]);
    const packages = imports.filter(({ from, isLocal }) => seen.has(from) && !isLocal).map(({ to }) => to);
    expect(packages.filter((name) => /koa|kysely|sqlite|nodemailer|smtp/.test(name))).toEqual([]);
  });

  it('keep floor 1 free of files, network, clock and chance', () => {
    const pure = files.filter((file) => floor(file) === 1);
    const modules = imports.filter(({ from }) => pure.includes(from)).map(({ to }) => to);
    expect(modules.filter((name) => /^node:(?!crypto)/.test(name))).toEqual([]);
    for (const file of pure) {
      const text = readFileSync(join(source, file), 'utf8');
      expect(text, file).not.toMatch(/Date\.now|new Date\(\)|performance\.now|Math\.random|randomBytes|console\./);
    }
  });

  it('never go in a ring', () => {
    const next = new Map<string, string[]>();
    for (const { from, to, isLocal } of imports) if (isLocal) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const rings: string[] = [];
    function visit(file: string, path: readonly string[]): void {
      if (path.includes(file)) {
        rings.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      if (done.has(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    }
    for (const file of files) visit(file, []);
    expect(rings).toEqual([]);
  });
});
