import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerList } from '../../src/server/api-data.ts';

/** Answers with a list of numbers in pages; `read` gives each page. */
async function listing(read: (from: number) => Promise<{ items: readonly { n: number }[]; next: string | null }>) {
  const app = new Koa();
  app.silent = true;
  app.use((ctx) =>
    answerList(ctx, {
      query: {},
      format: 'csv',
      read: ({ cursor }) => read(Number(cursor ?? 0)),
      table: (rows) => ({ columns: ['n'], rows }),
    }),
  );
  const server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new Promise<IncomingMessage>((resolve) => get({ host: '127.0.0.1', port }, resolve));
}

const pageOf = (from: number) => Array.from({ length: 1_000 }, (_, at) => ({ n: from + at }));

describe('a list that is streamed', () => {
  it('has every row of every page, under one header', async () => {
    const answer = await listing(async (from) => ({
      items: pageOf(from),
      next: from < 3_000 ? String(from + 1_000) : null,
    }));
    const text = Buffer.concat(await answer.toArray()).toString();
    expect(text).toBe(`n\n${Array.from({ length: 4_000 }, (_, at) => `${at}\n`).join('')}`);
  });

  it('is broken off when a page cannot be read, so that nobody takes the half for the whole', async () => {
    const answer = await listing(async (from) => {
      if (from > 0) throw new Error('the store is away');
      return { items: pageOf(from), next: '1000' };
    });
    await expect(answer.toArray()).rejects.toThrow('aborted');
    expect(answer.complete).toBe(false);
  });

  it('is read no further once nobody takes it', async () => {
    let read = 0;
    const answer = await listing(async (from) => {
      read += 1;
      return { items: pageOf(from), next: String(from + 1_000) };
    });
    await once(answer, 'readable');
    answer.destroy();
    await once(answer, 'close');
    // The list has no end: if it were read on, this would never come to rest.
    let before: number;
    do {
      before = read;
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    } while (read > before);
    expect(read).toBeGreaterThan(0);
  });
});
