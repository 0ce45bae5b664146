// Before all tests: a place for what they leave, gone when they have ended, and in it the JavaScript that their processes
// and threads run, made once for all of them.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtRoot } from './built.ts';

export default function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-'));
  // A database that runs as another user walks through.
  chmodSync(directory, 0o711);
  process.env['TMPDIR'] = directory;
  builtRoot();
  return () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
