import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { keptMailsMax } from '../../src/base/limits.ts';
import { openTestStore, rowsOf } from '../support/stores.ts';

const mailOf = (text: string, atMs = 1) => ({
  hash: createHash('sha256').update(text).digest(),
  bytes: text.length,
  packed: Buffer.from(text),
  atMs,
});
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

it('keeps a mail of a message once, with when it first came', async () => {
  const { store, path } = await openTestStore();
  expect(await store.recordMail('a', mailOf('x', 1))).toBe(true);
  expect(await store.recordMail('a', mailOf('x', 2))).toBe(false);
  expect(await store.recordMail('a', mailOf('yy', 3))).toBe(true);
  expect(await store.recordMail('b', mailOf('x', 4))).toBe(true);
  expect(await store.listMails('a')).toEqual([
    { hash: hashOf('x'), atMs: 1, bytes: 1 },
    { hash: hashOf('yy'), atMs: 3, bytes: 2 },
  ]);
  expect(rowsOf(path, 'SELECT count(*) AS n FROM mails')).toEqual([{ n: 3 }]);
});

it('gives back what it was given, and nothing of another message', async () => {
  const { store } = await openTestStore();
  await store.recordMail('a', mailOf('x'));
  await store.recordMail('b', mailOf('y'));
  expect(Buffer.from((await store.readMail('a', hashOf('x'))) ?? '').toString()).toBe('x');
  expect(await store.readMail('a', hashOf('y'))).toBeUndefined();
  expect(await store.readMail('nobody', hashOf('x'))).toBeUndefined();
  expect(await store.listMails('nobody')).toEqual([]);
});

it(`keeps ${keptMailsMax} of a message and no more`, async () => {
  const { store } = await openTestStore();
  const taken: boolean[] = [];
  for (let i = 0; i <= keptMailsMax; i += 1) taken.push(await store.recordMail('a', mailOf(`x${i}`)));
  expect(taken).toEqual([...Array.from({ length: keptMailsMax }, () => true), false]);
  expect(await store.listMails('a')).toHaveLength(keptMailsMax);
  expect(await store.recordMail('b', mailOf('x'))).toBe(true);
});
