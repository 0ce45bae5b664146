// Copies of the source with a few words changed: deliberate defects, which the tests must find, and limits that are
// reached sooner. The source itself has no switch for any of them.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { builtFile, builtRoot } from '../support/built.ts';

/** In a file of `src`, what stands there once, and what takes its place. */
export interface Alteration {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Makes the copy, which goes with this process; returns what `builtFile` does, of the copy. */
export function alter(alterations: readonly Alteration[]): (source: URL) => string {
  const copy = mkdtempSync(join(tmpdir(), 'telltale-altered-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  cpSync(builtRoot(), copy, { recursive: true });
  for (const { file, from, to } of alterations) {
    const path = join(copy, 'built/src', file.replace(/\.ts$/, '.js'));
    const [before, after, ...more] = readFileSync(path, 'utf8').split(from);
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(`${file} should have this once: ${from}`);
    }
    writeFileSync(path, before + to + after);
  }
  return (source) => join(copy, relative(builtRoot(), builtFile(source)));
}
