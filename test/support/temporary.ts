// A directory for one test, removed when the test has ended.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes the directory. What closes files in it must be registered later, so that it runs earlier. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Every file of a directory with its bytes. */
export function filesOf(directory: string): Readonly<Record<string, Buffer>> {
  return Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
}

/** Whether any file of a directory holds the bytes of a text. */
export function isOnDisk(directory: string, text: string): boolean {
  return Object.values(filesOf(directory)).some((bytes) => bytes.includes(text));
}
