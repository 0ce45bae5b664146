import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask, startTestService, type TestService, urlIn } from '../support/service.ts';
import { rowsOf } from '../support/stores.ts';

const TOKEN = 'an-admin-token-of-the-environment';

let service: TestService;
let pixel: string;
beforeEach(async () => {
  service = await startTestService({ apiToken: TOKEN });
  pixel = urlIn(service.tracker.rewrite('<p>Hello', { message: 'spring-sale', recipient: 'r1' }).html, 'o');
});
afterEach(() => service.end());

const storePath = () => join(service.directory, 'telltale.db');

function api(path: string, body?: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return ask(`${service.url}/api/v1${path}`, body === undefined ? { headers } : { method: 'POST', headers, body });
}

const opens = async () => JSON.parse((await api('/messages/spring-sale')).text).opens?.total ?? 0;

function backup(): Buffer {
  const db = new Database(storePath(), { readonly: true });
  const bytes = db.serialize();
  db.close();
  return bytes;
}

/** A copy whose disk lost the first page of a table. */
function withoutTable(bytes: Buffer, name: string): Buffer {
  const pageBytes = bytes.readUInt16BE(16);
  const page = Number(
    rowsOf(storePath(), `SELECT rootpage FROM sqlite_master WHERE name = '${name}'`)[0]?.['rootpage'],
  );
  return Buffer.from(bytes).fill(0xff, (page - 1) * pageBytes, page * pageBytes);
}

function putInPlace(bytes: Buffer): void {
  const path = storePath();
  writeFileSync(`${path}.new`, bytes);
  for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  renameSync(`${path}.new`, path);
}

describe('the API', () => {
  it('answers 503 while another program has the store locked, also to those who wait in turn; pixels are kept', async () => {
    const other = new Database(storePath());
    other.exec('BEGIN IMMEDIATE');
    const sends = () => api('/messages/spring-sale/sends', '[{"recipient":"r1"}]');
    const answers = await Promise.all([sends(), sends(), api('/revocations', '{"kind":"message","message":"other"}')]);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(JSON.parse(answer.text).detail).toMatch(/locked\. Send this again/);
    }
    expect((await ask(pixel)).status).toBe(200);
    expect(service.journal.counts()).toMatchObject({ received: 1, settled: 0 });
    other.close();
    expect(JSON.parse((await sends()).text)).toMatchObject({ accepted: 1, duplicate: 0 });
    await service.settler.settleNow();
    expect(await opens()).toBe(1);
    expect(JSON.parse((await api('/revocations')).text).items).toEqual([]);
  }, 60_000);

  it('says that a store is damaged; pixels are kept, and settled once a backup took its place', async () => {
    await ask(pixel);
    await service.settler.settleNow();
    expect(await opens()).toBe(1);
    const good = backup();
    putInPlace(withoutTable(good, 'counts'));
    expect((await ask(pixel)).status).toBe(200);
    await expect(service.settler.settleNow()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    await expect.poll(async () => (await api('/messages/spring-sale')).status).toBe(503);
    const answer = await api('/messages/spring-sale');
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '60']);
    expect(JSON.parse(answer.text).detail).toContain('damaged: a backup has to take its place');
    expect(service.journal.counts()).toMatchObject({ received: 2, settled: 1 });
    expect(service.problems.map(String).join()).toContain('Put a backup in its place');
    putInPlace(good);
    await service.settler.settleNow();
    await expect.poll(() => opens().catch(() => -1)).toBe(2);
  }, 60_000);
});
