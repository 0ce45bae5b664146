// The same figures in every form of a report: JSON, CSV, page, file, terminal.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'cheerio';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { countWords } from '../../src/pages/words.ts';
import type { Report } from '../../src/report/build-report.ts';
import type { Timeline } from '../../src/report/build-timeline.ts';
import type { Store } from '../../src/store/open-store.ts';
import { draw, run } from '../support/command.ts';
import { CLIENTS, makeHit, makeLink, sentMs, startMs } from '../support/hits.ts';
import { logIn } from '../support/log-in.ts';
import { playMailing } from '../support/mailing.ts';
import { ask, startTestService } from '../support/service.ts';
import { settleHits } from '../support/stores.ts';

const PLAN = { recipients: 300, masked: 100, opensEvery: 3, clicksEvery: 7 };
const TZ = 'Asia/Kolkata';
const HOUR_MS = 3_600_000;

/** What a page cannot be without. */
const SHOWN = [
  ...['sent', 'unsubscribes', 'opens.total'],
  ...['rates.open.estimated.value', 'rates.open.estimated.low', 'rates.open.estimated.high', 'rates.open.raw'],
  ...['rates.open.human', 'rates.click.human', 'rates.click.raw', 'rates.clickToOpen.human', 'rates.clickToOpen.raw'],
  ...['opens.byLabel.human.unique', 'opens.byLabel.prefetch.total', 'clicks.byLabel.scanner.total'],
  ...['links.0.clicks.human', 'links.0.clicks.unique', 'links.0.clicks.total'],
  ...['clients.0.opens', 'clients.0.clicks', 'clients.2.opens', 'devices.0.opens', 'devices.1.clicks'],
  ...['domains.0.sent', 'domains.0.opened', 'domains.1.clicked'],
];

/** A report in every form it has. */
interface Forms {
  readonly json: Report;
  readonly timeline: Timeline;
  readonly csv: string;
  readonly csvOfApi: string;
  readonly csvOfPage: string;
  readonly timelineCsv: string;
  readonly page: string;
  readonly file: string;
  readonly terminal: string;
  readonly drawn: string;
}

let forms: Forms;
beforeAll(async () => {
  const service = await startTestService({ apiToken: 'extra' });
  try {
    await playMailing(service.store, 'm', PLAN);
    await addReaders(service.store, 'm');
    const cwd = service.directory;
    const printed = async (...flags: readonly string[]) => (await run(withStore(cwd, flags), { cwd })).stdout;
    const asked = async (path: string) =>
      (await ask(`${service.url}/api/v1/messages/${path}`, { headers: { authorization: 'Bearer extra' } })).text;
    const session = await logIn(service.url, 'extra');
    await printed('--html', 'm.html', '--tz', TZ);
    forms = {
      json: JSON.parse(await asked('m')),
      timeline: JSON.parse(await asked(`m/timeline?tz=${TZ}`)),
      csv: await printed('--csv'),
      csvOfApi: await asked('m?format=csv'),
      csvOfPage: (await session.get('/messages/m/report.csv')).text,
      timelineCsv: await asked(`m/timeline?tz=${TZ}&format=csv`),
      page: (await session.get(`/messages/m?tz=${TZ}`)).text,
      file: readFileSync(join(cwd, 'm.html'), 'utf8'),
      terminal: await printed('--tz', TZ),
      drawn: (await draw(withStore(cwd, ['--tz', TZ]), { cwd, columns: 100 })).text,
    };
    expect(JSON.parse(await printed('--json'))).toEqual(forms.json);
  } finally {
    await service.end();
  }
});

function withStore(cwd: string, flags: readonly string[]): readonly string[] {
  return ['report', 'm', ...flags, '--database', `sqlite:${join(cwd, 'telltale.db')}`];
}

/** Readers at several domains, with several programs and devices, over hours and days. */
async function addReaders(store: Store, message: string): Promise<void> {
  const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148';
  const thunderbird = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0';
  const by = (agent: string) => ({
    ...CLIENTS.reader,
    headers: { 'user-agent': agent, 'accept-language': 'en' },
  });
  const clients = [by(phone), by(thunderbird), CLIENTS.proxy];
  const recipients = Array.from({ length: 60 }, (_, at) => `d${at}`);
  const domains = ['gmail.com', 'club.example', 'post.example'];
  await store.recordSends(
    message,
    recipients.map((recipient, at) => ({ recipient, atMs: sentMs, domain: domains[Math.floor(at ** 2 / 1_200)] })),
  );
  const hits = recipients.flatMap((recipient, at) => {
    const from = clients[at % 4] ?? CLIENTS.nobody;
    const atMs = startMs + at * 1.3 * HOUR_MS;
    const open = makeHit({ message, recipient, from, atMs });
    const clicked = at % 5 === 0 && from !== CLIENTS.proxy;
    return clicked ? [open, makeHit({ message, recipient, from, atMs: atMs + 60_000, link: makeLink() })] : [open];
  });
  await settleHits(
    store,
    hits.sort((a, b) => a.atMs - b.atMs),
    'later',
  );
}

describe('a report', () => {
  it('has the same CSV at the terminal, from the API and from its page', () => {
    expect(forms.csv).toContain('clients.0.opens');
    expect(forms.csvOfApi).toBe(forms.csv);
    expect(forms.csvOfPage).toBe(forms.csv);
  });

  it('has the same figures in CSV as in JSON, under the same names', () => {
    const figures = [...figuresOfCsv(forms.csv)].filter(([name]) => !name.startsWith('links.'));
    expect(figures.length).toBeGreaterThan(80);
    for (const [name, value] of figures) expect([name, value]).toEqual([name, String(at(forms.json, name) ?? '')]);
    const names: readonly (readonly string[])[] = parse(forms.csv);
    for (const list of ['clients', 'devices', 'domains'] as const) {
      for (const [place, row] of forms.json[list].entries()) {
        const [name, ...counts] = Object.values(row);
        const rows = names.filter(([figure = '']) => figure.startsWith(`${list}.${place}.`));
        expect(rows.map((cells) => [cells[1], cells[3]])).toEqual(counts.map((count) => [`${count}`, name ?? '']));
      }
    }
  });

  it('has the figures of CSV on its page and in its file', () => {
    const csv = figuresOfCsv(forms.csv);
    for (const html of [forms.page, forms.file]) {
      const figures = figuresOfPage(html);
      expect([...figures.keys()]).toEqual(expect.arrayContaining(SHOWN));
      for (const [name, { value, words }] of figures) {
        expect([name, value]).toEqual([name, csv.get(name)]);
        if (value !== '') expect([name, looksLike(value, words)]).toEqual([name, true]);
      }
    }
    expect(figuresOfPage(forms.file)).toEqual(figuresOfPage(forms.page));
  });

  it('names clients, devices and domains on its page as in JSON', () => {
    const { clients, devices, domains } = forms.json;
    for (const html of [forms.page, forms.file]) {
      const $ = load(html);
      const named = (list: string) =>
        $(`[data-figure^="${list}."]`)
          .closest('tr')
          .map((_, row) => $(row).children('th').text())
          .get();
      expect(named('clients')).toEqual(clients.map(({ client }) => client ?? 'not known'));
      expect(named('devices')).toEqual(devices.map(({ device }) => device ?? 'not known'));
      expect(named('domains')).toEqual(domains.map(({ domain }) => domain));
    }
  });

  it('has the same timeline in JSON, CSV, on its page and in its file', () => {
    const { points } = forms.timeline;
    const rows: readonly (readonly string[])[] = parse(forms.timelineCsv);
    const [columns = [], ...lines] = rows;
    const cells = lines.map((line) => Object.fromEntries(line.map((cell, column) => [columns[column] ?? '', cell])));
    expect(cells.map(({ start, unit }) => [start, unit])).toEqual(points.map(({ start, unit }) => [start, unit]));
    expect(cells.map((row) => [row['opens.people'], row['clicks.people'], row['opens.total']])).toEqual(
      points.map(({ opens, clicks }) => [`${opens.people}`, `${clicks.people}`, `${opens.total}`]),
    );
    const some = peopleOf(forms.timeline);
    expect(new Set(some.map(({ unit }) => unit))).toEqual(new Set(['hour', 'day']));
    for (const html of [forms.page, forms.file]) {
      const $ = load(html);
      const shown = $('details tbody tr')
        .map((_, row) => $(row).children().text())
        .get();
      expect(shown).toEqual(some.map(({ words, opens, clicks }) => `${words}${opens}${clicks}`));
      const hovered = $('.hover title')
        .map((_, title) => $(title).text())
        .get();
      expect(hovered).toEqual(
        some.map(
          ({ words, opens, clicks }) => `${words}: ${countWords(opens, 'open')}, ${countWords(clicks, 'click')}`,
        ),
      );
    }
  });

  it('has the same figures at the terminal, as tables', () => {
    const { json, terminal, timeline } = forms;
    const tables = new Map(terminal.split('\n\n').map((table) => [table.split('\t')[0] ?? '', linesOf(table)]));
    expect(tables.get('client')).toEqual(json.clients.map(lineOf));
    expect(tables.get('device')).toEqual(json.devices.map(lineOf));
    expect(tables.get('domain')).toEqual(json.domains.map(lineOf));
    expect(tables.get('who')?.map(([label, unique, total]) => [label, unique, total])).toEqual(
      Object.entries(json.opens.byLabel).map(([label, { unique, total }]) => [label, `${unique}`, `${total}`]),
    );
    expect(tables.get(`from (${TZ})`)).toEqual(
      peopleOf(timeline).map(({ start, unit, opens, clicks }) => [
        ...[start.slice(0, 16).replace('T', ' '), unit],
        ...[`${opens}`, `${clicks}`],
      ]),
    );
    expect(tables.get('link')?.map((line) => line.slice(0, 4))).toEqual(
      json.links.map(({ index, clicks }) => [`${index}`, `${clicks.unique}`, `${clicks.human}`, `${clicks.total}`]),
    );
    const { open, click } = json.rates;
    for (const rate of [open.estimated.value, open.raw, open.human, click.human, click.raw])
      expect(terminal).toContain(`${((rate ?? 0) * 100).toFixed(1)} %`);
  });

  it('has the same figures at the terminal, drawn', () => {
    const { json, drawn, timeline } = forms;
    for (const { client, opens, clicks } of json.clients.slice(0, 5))
      expect(drawn).toMatch(lineWith(opens, `${client ?? 'not known'}, ${clicks} clicks`));
    for (const { device, opens, clicks } of json.devices)
      expect(drawn).toMatch(lineWith(opens, `${device ?? 'not known'}, ${clicks} clicks`));
    for (const { domain, sent, opened, clicked } of json.domains)
      expect(drawn).toMatch(lineWith(sent, `${domain}, ${opened} opened, ${clicked} clicked`));
    for (const unit of ['hour', 'day']) {
      const some = peopleOf(timeline).filter((point) => point.unit === unit);
      const sum = (kind: 'opens' | 'clicks') => some.reduce((all, point) => all + point[kind], 0);
      const section = drawn.slice(drawn.indexOf(`People, by the ${unit}`));
      expect(/^opens .* (\d+)$/m.exec(section)?.[1]).toBe(`${sum('opens')}`);
      expect(/^clicks .* (\d+)$/m.exec(section)?.[1]).toBe(`${sum('clicks')}`);
    }
  });
});

interface Shown {
  readonly value: string;
  readonly words: string;
}

function figuresOfPage(html: string): ReadonlyMap<string, Shown> {
  const found = html.matchAll(/<data value="([^"]*)" data-figure="([^"]*)">([^<]*)<\/data>/g);
  return new Map([...found].map(([, value = '', name = '', words = '']) => [name, { value, words }]));
}

/** Whether words say a value, as far as they go. */
function looksLike(value: string, words: string): boolean {
  const shown = Number(words.replace(/[^\d.]/g, ''));
  if (!words.includes('%')) return shown === Number(value);
  return Math.abs(shown - Number(value) * 100) <= (words.includes('.') ? 0.05 : 0.5);
}

function figuresOfCsv(csv: string): ReadonlyMap<string, string> {
  const [, ...rows]: readonly (readonly string[])[] = parse(csv);
  return new Map(rows.map(([figure = '', value = '']) => [figure, value]));
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

const MONTHS = ['Jan', 'Feb'];

/** Points of a timeline at which people did anything. */
function peopleOf({ points }: Timeline) {
  return points
    .filter(({ opens, clicks }) => opens.people + clicks.people > 0)
    .map(({ start, unit, opens, clicks }) => {
      const day = `${Number(start.slice(8, 10))} ${MONTHS[Number(start.slice(5, 7)) - 1]}`;
      const words = unit === 'day' ? day : `${day}, ${start.slice(11, 16)}`;
      return { start, unit, words, opens: opens.people, clicks: clicks.people };
    });
}

/** The lines of a table of the terminal below its head. */
function linesOf(table: string): readonly (readonly string[])[] {
  return table
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
}

function lineOf(row: object): readonly string[] {
  return Object.values(row).map((cell) => (cell === null ? 'not known' : String(cell)));
}

function lineWith(count: number, words: string): RegExp {
  return new RegExp(`^ *${count}  █* *${words.replace(/[.()]/g, '\\$&')}$`, 'm');
}
