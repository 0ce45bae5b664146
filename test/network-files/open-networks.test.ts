import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messageOf } from '../../src/base/errors.ts';
import { openNetworks } from '../../src/network-files/open-networks.ts';
import { shippedNetworks } from '../../src/networks/shipped-lists.ts';
import { makeMmdb } from '../support/mmdb.ts';

let directory: string;
let problems: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'telltale-networks-'));
  problems = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

const onProblem = (error: unknown) => problems.push(messageOf(error));

function write(id: string, ranges: readonly string[]): void {
  const list = { id, kind: 'corporate', source: 'our own', date: '2026-12-01', ranges };
  const path = join(directory, 'networks', `${id}.json`);
  mkdirSync(join(directory, 'networks'), { recursive: true });
  writeFileSync(`${path}.tmp`, JSON.stringify(list));
  renameSync(`${path}.tmp`, path);
}

describe('lists', () => {
  it('are the package’s where there are no files', async () => {
    const networks = await openNetworks({ directory: join(directory, 'networks'), onProblem });
    networks.close();
    expect(networks.version).toBe(shippedNetworks().version);
    expect(networks.kindOf('40.92.0.1')).toBe('microsoft-eop');
  });

  it('that come, change and go are in force without a restart', async () => {
    const networks = await openNetworks({ directory: join(directory, 'networks'), onProblem, lookMs: 5 });
    const version = networks.version;
    write('office', ['203.0.113.0/24']);
    await vi.waitFor(() => expect(networks.kindOf('203.0.113.9')).toBe('corporate'));
    expect(networks.version).toMatch(/^2026-12-01-/);
    write('office', ['198.51.100.0/24']);
    await vi.waitFor(() => expect(networks.kindOf('198.51.100.9')).toBe('corporate'));
    expect(networks.kindOf('203.0.113.9')).toBe('unknown');
    rmSync(join(directory, 'networks'), { recursive: true });
    await vi.waitFor(() => expect(networks.version).toBe(version));
    networks.close();
    expect(problems).toEqual([]);
  });
});

describe('an ASN database', () => {
  const entries = [
    { range: '203.0.113.0/24', number: 24_940, organisation: 'Hetzner Online' },
    { range: '198.51.100.0/25', number: 64_496, organisation: 'Example Wireless' },
    { range: '40.92.0.0/15', number: 8_075, organisation: 'Microsoft' },
  ];

  async function openWith(bytes: Buffer) {
    const path = join(directory, 'asn.mmdb');
    writeFileSync(path, bytes);
    const networks = await openNetworks({ directory: join(directory, 'networks'), asnDatabase: path, onProblem });
    networks.close();
    return networks;
  }

  it('answers for addresses in no list, and lists answer first', async () => {
    const { kindOf } = await openWith(makeMmdb(entries));
    expect(kindOf('203.0.113.9')).toBe('datacenter');
    expect(kindOf('203.0.113.9')).toBe('datacenter');
    expect(kindOf('::ffff:203.0.113.9')).toBe('datacenter');
    expect(kindOf('198.51.100.127')).toBe('mobile');
    expect(kindOf('198.51.100.128')).toBe('unknown');
    expect(kindOf('40.92.0.1')).toBe('microsoft-eop');
    expect(kindOf('2001:db8::1')).toBe('unknown');
    expect(kindOf('garbage')).toBe('unknown');
  });

  it('is named with its day in the version of the lists', async () => {
    const { version } = await openWith(makeMmdb(entries, 'GeoLite2-ASN', Date.UTC(2026, 10, 1)));
    expect(version).toBe(`${shippedNetworks().version}-asn.2026-11-01`);
  });

  it.each<[string, Buffer, RegExp]>([
    ['is none', Buffer.from('hello'), /asn\.mmdb should be a database of network numbers in MaxMind's format/],
    ['is empty', Buffer.alloc(0), /should be a database/],
    ['is one of cities', makeMmdb(entries, 'GeoLite2-City'), /it is of type "GeoLite2-City"/],
  ])('is refused when it %s', async (_, bytes, message) => {
    await expect(openWith(bytes)).rejects.toMatchObject({
      code: 'INVALID_NETWORKS',
      message: expect.stringMatching(message),
    });
  });

  it('is refused when it is not there', async () => {
    const opening = openNetworks({ directory, asnDatabase: join(directory, 'none.mmdb'), onProblem });
    await expect(opening).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
