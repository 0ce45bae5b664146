// `npm run screenshots [-- DIRECTORY --whole]`: a demo store, served, as a browser shows it: light, dark and on a phone. Writes
// docs/screenshots; with --whole, pages in their whole length.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { runService } from '../../src/server/run-service.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { startBrowser } from '../support/browser.ts';
import { fillDemoStore } from '../support/demo-store.ts';
import { testRing } from '../support/keys.ts';

const [directoryAsked] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const isWhole = process.argv.includes('--whole');
const target = directoryAsked ?? fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const TOKEN = 'a-token-for-screenshots';

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly scheme?: 'light' | 'dark';
  readonly size?: { readonly width: number; readonly height: number };
}

const DESK = { width: 1_120, height: 925 };
const PHONE = { width: 375, height: 812 };
const REPORT = '/messages/autumn-newsletter?tz=Europe/London';

const SHOTS: readonly Shot[] = [
  { name: 'messages', path: '/' },
  { name: 'report', path: REPORT },
  { name: 'report-dark', path: REPORT, scheme: 'dark' },
  { name: 'report-phone', path: REPORT, size: PHONE },
  { name: 'click-map', path: '/messages/autumn-newsletter/map' },
  { name: 'compare', path: '/compare?a=new-sails-a&b=new-sails-b' },
];

const directory = await mkdtemp(join(tmpdir(), 'telltale-screenshots-'));
const service = await runService({
  dataDirectory: directory,
  databaseUrl: `sqlite:${join(directory, 'telltale.db')}`,
  keys: createKeyRing(testRing()),
  host: '127.0.0.1',
  port: 0,
  apiToken: TOKEN,
  onProblem: (error) => process.stderr.write(`${error}\n`),
});
const browser = await startBrowser();
try {
  await fillDemoStore(service.store);
  await mkdir(target, { recursive: true });
  for (const shot of SHOTS) await take(browser, shot);
} finally {
  await browser.close();
  await service.close();
  await rm(directory, { recursive: true, force: true });
}

async function take(from: Browser, { name, path, scheme = 'light', size = DESK }: Shot): Promise<void> {
  const page = await from.newPage({ viewport: size, colorScheme: scheme });
  await page.goto(`${service.url}/login?return=${encodeURIComponent(path)}`);
  await page.getByLabel('API token').fill(TOKEN);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.screenshot({ path: join(target, `${name}.png`), fullPage: isWhole });
  await page.close();
}
