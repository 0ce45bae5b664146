import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SHIPPED_LISTS } from '../../src/networks/shipped-lists.ts';
import { run } from '../support/command.ts';

let cwd: string;
let mirror: Server;
let url: string;
/** What the mirror has: a body, or a status. */
let documents: Record<string, string | number>;
let asked: string[];

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-cli-'));
  documents = {};
  asked = [];
  mirror = createServer((request, response) => {
    asked.push(request.url ?? '');
    const found = documents[(request.url ?? '').split('?')[0] ?? ''] ?? 404;
    if (typeof found === 'number') response.writeHead(found, { location: 'http://192.0.2.1/' }).end();
    else response.end(found);
  }).listen(0, '127.0.0.1');
  await once(mirror, 'listening');
  url = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
});
afterEach(async () => {
  mirror.closeAllConnections();
  mirror.close();
  await rm(cwd, { recursive: true });
});

const APPLE = '/mask-api.icloud.com/egress-ip-ranges.csv';
const MICROSOFT = '/endpoints.office.com/endpoints/worldwide';
const now = () => Date.UTC(2026, 11, 1);

function update(...args: readonly string[]) {
  return run(['networks', 'update', ...args, '--mirror', url], { cwd, io: { now } });
}

async function listed(id: string): Promise<unknown> {
  const { stdout } = await run(['networks', 'list', '--json'], { cwd });
  return JSON.parse(stdout).find((row: { id: string }) => row.id === id);
}

describe('networks list', () => {
  it('shows each list with its kind, date, size, origin and source', async () => {
    const { status, stdout, stderr } = await run(['networks', 'list'], { cwd });
    const rows = stdout.trim().split('\n');
    expect(status).toBe(0);
    expect(rows).toHaveLength(SHIPPED_LISTS.length + 1);
    expect(rows[0]).toBe('list\tkind\tdate\tranges\twhole\tfrom\tsource');
    expect(rows[1]).toMatch(/^apple-relay\tapple-relay\t2026-08-10\t12\tseed\tpackage\tApple/);
    expect(stderr).toMatch(/^Verdicts name these lists 2026-11-24-[0-9a-f]{6}\.\n$/);
    expect(await listed('cloudflare')).toEqual({
      ...{ id: 'cloudflare', kind: 'cdn', date: '2026-07-02', ranges: 22, seed: false, from: 'package' },
      source: 'Cloudflare, "IP ranges"',
    });
  });

  it('tells of a file it cannot use', async () => {
    documents[APPLE] = '172.224.226.0/27,GB,,,\n';
    await update('apple-relay');
    await writeFile(join(cwd, 'telltale-data/networks/apple-relay.json'), '{');
    const { stdout, stderr } = await run(['networks', 'list', '--quiet'], { cwd });
    expect(stderr).toContain('apple-relay.json is not used');
    expect(stdout).toMatch(/^apple-relay\t.*\tpackage\t/m);
  });
});

describe('networks update', () => {
  it('keeps what its owner publishes, merged, with the day, in the data directory', async () => {
    documents[APPLE] = '172.224.226.0/28,GB,GB-EN,London,\n172.224.226.16/28,GB,GB-EN,London,\n';
    const { status, stderr } = await update('apple-relay');
    expect([status, stderr]).toEqual([0, 'apple-relay: 1 ranges of 2026-12-01.\n']);
    const directory = join(cwd, 'telltale-data/networks');
    expect(await readdir(directory)).toEqual(['apple-relay.json']);
    expect(JSON.parse(await readFile(join(directory, 'apple-relay.json'), 'utf8'))).toEqual({
      ...{ id: 'apple-relay', kind: 'apple-relay', source: 'https://mask-api.icloud.com/egress-ip-ranges.csv' },
      ...{ date: '2026-12-01', ranges: ['172.224.226.0/27'] },
    });
    expect(await listed('apple-relay')).toMatchObject({
      ...{ date: '2026-12-01', ranges: 1, seed: false, from: join(directory, 'apple-relay.json') },
    });
  });

  it('fetches a document once that two lists are read from', async () => {
    documents[MICROSOFT] = JSON.stringify([
      { urls: ['*.protection.outlook.com'], ips: ['40.92.0.0/15'] },
      { urls: ['outlook.office.com'], ips: ['13.107.6.152/31'] },
    ]);
    const { status, stdout } = await update('microsoft-eop', 'microsoft-365', '--json');
    expect([status, asked.length]).toEqual([0, 1]);
    expect(JSON.parse(stdout)).toEqual([
      { id: 'microsoft-eop', date: '2026-12-01', ranges: 1, problem: null },
      { id: 'microsoft-365', date: '2026-12-01', ranges: 1, problem: null },
    ]);
  });

  it('keeps a list as it was that could not be had, and says so: 3 for some, 1 for all', async () => {
    documents[APPLE] = '172.224.226.0/27,GB,,,\n';
    expect((await update('apple-relay')).status).toBe(0);
    documents[APPLE] = '<html>Sign in</html>';
    documents[MICROSOFT] = JSON.stringify([{ urls: ['*.protection.outlook.com'], ips: ['40.92.0.0/15'] }]);
    const some = await update('apple-relay', 'microsoft-eop');
    expect(some.status).toBe(3);
    expect(some.stderr).toContain(
      'apple-relay: kept as it was. A list of networks was expected, but range 1 is "<html>Sign in</html>".',
    );
    expect(await listed('apple-relay')).toMatchObject({ ranges: 1 });
    expect(await readdir(join(cwd, 'telltale-data/networks'))).toEqual(['apple-relay.json', 'microsoft-eop.json']);
    documents = {};
    const none = await update();
    expect(none.status).toBe(1);
    expect(none.stderr).toContain('the answer was 404');
  });

  it.each<[string, string | number, RegExp]>([
    ['leads to an address that is not https', 302, /could not be fetched/],
    ['fails', 500, /the answer was 500/],
  ])('takes nothing from an answer that %s', async (_, answer, message) => {
    documents[APPLE] = answer;
    const { status, stderr } = await update('apple-relay');
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['a list that is none', ['appel-relay'], /Lists that can be updated are apple-relay, .*, but "appel-relay" came/],
    ['a list without an address', ['mimecast'], /but "mimecast" came/],
    ['a mirror that is none', ['--mirror', 'here'], /--mirror takes the https address of a copy/],
  ])('refuses %s', async (_, args, message) => {
    const { status, stderr } = await run(['networks', 'update', ...args], { cwd });
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('fetches over https alone', async () => {
    const { status, stderr } = await run(['networks', 'update', 'fastly', '--mirror', 'http://mirror.example'], {
      cwd,
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining('it is no https address')]);
  });
});
