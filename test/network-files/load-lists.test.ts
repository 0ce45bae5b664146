import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageOf } from '../../src/base/errors.ts';
import { loadLists } from '../../src/network-files/load-lists.ts';
import type { NetworkList } from '../../src/networks/network-list.ts';
import { prepareNetworks } from '../../src/networks/prepare-networks.ts';
import { SHIPPED_LISTS } from '../../src/networks/shipped-lists.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'telltale-networks-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(of: Partial<NetworkList> & { readonly id: string }, name = of.id): void {
  const list = { kind: 'cdn', source: 'https://example.com/', date: '2027-01-01', ranges: ['192.0.2.0/24'], ...of };
  writeFileSync(join(directory, `${name}.json`), JSON.stringify(list));
}

async function load() {
  const problems: string[] = [];
  const lists = await loadLists(directory, (error) => problems.push(messageOf(error)));
  return { problems, lists, listOf: (id: string) => lists.find(({ list }) => list.id === id) };
}

describe('loadLists', () => {
  it('gives the lists of the package where there is no directory', async () => {
    rmSync(directory, { recursive: true });
    const { lists, problems } = await load();
    mkdirSync(directory);
    expect(problems).toEqual([]);
    expect(lists.map(({ list }) => list.id)).toEqual(SHIPPED_LISTS.map(({ id }) => id));
    expect(lists.every(({ path }) => path === undefined)).toBe(true);
  });

  it('takes a newer file for the package’s list, and for a seed any file, in its place in the order', async () => {
    write({ id: 'cloudflare' });
    write({ id: 'apple-relay', kind: 'apple-relay', date: '2021-01-01' });
    const { lists, listOf, problems } = await load();
    expect(problems).toEqual([]);
    expect(listOf('cloudflare')).toEqual({
      list: {
        id: 'cloudflare',
        kind: 'cdn',
        source: 'https://example.com/',
        date: '2027-01-01',
        ranges: ['192.0.2.0/24'],
      },
      path: join(directory, 'cloudflare.json'),
      isSeed: false,
    });
    expect(listOf('apple-relay')?.list.date).toBe('2021-01-01');
    expect(lists.map(({ list }) => list.id)).toEqual(SHIPPED_LISTS.map(({ id }) => id));
  });

  it('keeps the package’s whole list before an older file', async () => {
    write({ id: 'cloudflare', date: '2021-01-01' });
    expect((await load()).listOf('cloudflare')?.path).toBeUndefined();
  });

  it('puts lists of the owner’s own in front', async () => {
    write({ id: 'our-office', kind: 'corporate', ranges: ['104.16.0.0/13'] });
    const { lists } = await load();
    expect(lists[0]?.list.id).toBe('our-office');
    expect(prepareNetworks(lists.map(({ list }) => list)).kindOf('104.16.0.1')).toBe('corporate');
  });

  it.each<[string, () => void, RegExp]>([
    [
      'is no JSON',
      () => writeFileSync(join(directory, 'fastly.json'), '{'),
      /fastly\.json is not used: .*it is no JSON/,
    ],
    [
      'has another id than its name',
      () => write({ id: 'cloudflare' }, 'fastly'),
      /fastly, of kind cdn, was expected, but cloudflare/,
    ],
    ['has another kind', () => write({ id: 'fastly', kind: 'google' }), /but fastly, of kind google, came/],
    ['has a kind that is none', () => write({ id: 'fastly', kind: 'moon' as 'cdn' }), /at "kind" came something else/],
    ['has no range', () => write({ id: 'fastly', ranges: [] }), /at "ranges" came something else/],
    ['has a range that is none', () => write({ id: 'fastly', ranges: ['192.0.2.0/24', 'x'] }), /range 2 is "x"/],
    ['has a date that is none', () => write({ id: 'fastly', date: 'today' }), /at "date" came something else/],
    ['has more than a list has', () => write({ id: 'fastly', more: 1 } as never), /came something else/],
  ])('tells of a file that %s, and keeps the package’s list', async (_, prepare, message) => {
    prepare();
    const { problems, listOf } = await load();
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(listOf('fastly')?.path).toBeUndefined();
  });

  it('looks at no other files', async () => {
    writeFileSync(join(directory, '.telltale-1-x.tmp'), 'x');
    writeFileSync(join(directory, 'notes.txt'), 'x');
    expect((await load()).problems).toEqual([]);
  });
});
