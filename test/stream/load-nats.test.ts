import { expect, it } from 'vitest';
import { loadNats } from '../../src/stream/load-nats.ts';

it('says what to install where NATS’ clients are missing', async () => {
  const loading = loadNats(() => import('@nats-io/none' as string));
  await expect(loading).rejects.toMatchObject({
    code: 'MISSING_PACKAGE',
    message: expect.stringContaining('npm install @nats-io/transport-node @nats-io/jetstream'),
  });
});

it('loads them where they are there', async () => {
  expect(await loadNats()).toMatchObject({ connect: expect.any(Function), jetstream: expect.any(Function) });
});
