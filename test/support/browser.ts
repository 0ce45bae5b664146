// A real Chromium for tests of pages: Debian's, or the one that TELLTALE_CHROMIUM names. Where there is none, these tests
// are skipped by name.
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATH = process.env['TELLTALE_CHROMIUM'] ?? '/usr/bin/chromium';

export const hasBrowser: boolean = existsSync(PATH);

const QUIET = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

/** Starts it; one for a file of tests. */
export function startBrowser(): Promise<Browser> {
  // In containers there is no user namespace for the sandbox; all pages are our own.
  return chromium.launch({ executablePath: PATH, args: ['--no-sandbox', ...QUIET] });
}
