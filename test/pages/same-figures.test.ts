// The same figures in every form of a report: JSON, CSV, page, file, terminal.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, it, onTestFinished } from 'vitest';
import { run } from '../support/command.ts';
import { logIn } from '../support/log-in.ts';
import { playMailing } from '../support/mailing.ts';
import { ask, startTestService } from '../support/service.ts';

const PLAN = { recipients: 300, masked: 100, opensEvery: 3, clicksEvery: 7 };

/** What a page cannot be without. */
const SHOWN = [
  ...['sent', 'unsubscribes', 'conversions.count', 'opens.total'],
  ...['rates.open.estimated.value', 'rates.open.estimated.low', 'rates.open.estimated.high', 'rates.open.raw'],
  ...['rates.open.human', 'rates.click.human', 'rates.click.raw', 'rates.clickToOpen.human', 'rates.clickToOpen.raw'],
  ...['opens.byLabel.human.unique', 'opens.byLabel.prefetch.total', 'clicks.byLabel.scanner.total'],
  ...['links.0.clicks.human', 'links.0.clicks.unique', 'links.0.clicks.total'],
];

it('shows the same figures in every form', async () => {
  const service = await startTestService({ apiToken: 'extra' });
  onTestFinished(() => service.end());
  await playMailing(service.store, 'm', PLAN);
  const cwd = service.directory;
  const database = ['--database', `sqlite:${join(cwd, 'telltale.db')}`];
  const json: unknown = JSON.parse((await run(['report', 'm', '--json', ...database], { cwd })).stdout);
  const csv = figuresOfCsv((await run(['report', 'm', '--csv', ...database], { cwd })).stdout);
  const api = figuresOfCsv(
    (await ask(`${service.url}/api/v1/messages/m?format=csv`, { headers: { authorization: 'Bearer extra' } })).text,
  );
  const page = (await (await logIn(service.url, 'extra')).get('/messages/m')).text;
  expect((await run(['report', 'm', '--html', 'm.html', ...database], { cwd })).status).toBe(0);
  const file = readFileSync(join(cwd, 'm.html'), 'utf8');
  const terminal = (await run(['report', 'm', ...database], { cwd })).stdout;

  expect(csv).toEqual(api);
  for (const html of [page, file]) {
    const figures = figuresOfPage(html);
    expect([...figures.keys()]).toEqual(expect.arrayContaining(SHOWN));
    for (const [name, { value }] of figures) {
      expect([name, value]).toEqual([name, csv.get(name)]);
      if (!name.startsWith('links.')) expect([name, value]).toEqual([name, String(at(json, name) ?? '')]);
    }
  }
  expect(figuresOfPage(file)).toEqual(figuresOfPage(page));
  for (const name of ['rates.open.estimated.value', 'rates.open.raw', 'rates.open.human', 'rates.click.human']) {
    const { value = '', words = '' } = figuresOfPage(page).get(name) ?? {};
    expect(terminal).toContain(`${(Number(value) * 100).toFixed(1)} %`);
    expect(Number(words.replace(/[^\d.]/g, ''))).toBeCloseTo(Number(value) * 100, words.includes('.') ? 1 : 0);
  }
});

interface Shown {
  readonly value: string;
  readonly words: string;
}

function figuresOfPage(html: string): ReadonlyMap<string, Shown> {
  const found = html.matchAll(/<data value="([^"]*)" data-figure="([^"]*)">([^<]*)<\/data>/g);
  return new Map([...found].map(([, value = '', name = '', words = '']) => [name, { value, words }]));
}

function figuresOfCsv(csv: string): ReadonlyMap<string, string> {
  const [, ...rows]: readonly (readonly string[])[] = parse(csv);
  return new Map(rows.map(([figure = '', value = '']) => [figure, value]));
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}
