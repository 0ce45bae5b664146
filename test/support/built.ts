// The source as plain JavaScript, made once a run: processes and threads that tests start load it in a tenth of the time
// that they need to load a compiler and then the source.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What runs as a process or thread of its own, and what that loads. */
const SOURCES = ['src', 'test/support', 'test/faults', 'test/classify/cases', 'bench'];

/** Where it is, for the processes that inherit it. */
const PLACE = 'TELLTALE_TEST_BUILT';

/** The JavaScript file of a TypeScript file of this project. */
export function builtFile(source: URL | string): string {
  const path = relative(root, fileURLToPath(source));
  return join(builtRoot(), 'built', path.replace(/\.ts$/, '.js'));
}

/** Where the JavaScript is; made when it is first asked for, and removed with the process that made it. */
export function builtRoot(): string {
  const place = process.env[PLACE];
  if (place !== undefined && existsSync(place)) return place;
  const made = mkdtempSync(join(tmpdir(), 'telltale-built-'));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  // One folder deeper, as the package has it, beside what it looks for.
  for (const name of ['package.json', 'templates', 'node_modules']) symlinkSync(join(root, name), join(made, name));
  for (const path of ['cli.ts', ...SOURCES.flatMap(sourcesIn)]) {
    const target = join(made, 'built', path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, transpile(readFileSync(join(root, path), 'utf8')));
  }
  process.env[PLACE] = made;
  return made;
}

function sourcesIn(directory: string): readonly string[] {
  const names = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(directory, name));
}

/** The JavaScript of TypeScript; whatever types say is not looked at. */
export function transpile(source: string): string {
  const compilerOptions: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
