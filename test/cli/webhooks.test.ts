import { describe, expect, it } from 'vitest';
import { parkAfterMs } from '../../src/base/limits.ts';
import { run } from '../support/command.ts';
import { makeHit } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

async function opened() {
  const at = await openTestStore();
  const { id } = await at.store.addWebhook(
    { url: 'https://hooks.example/a', secret: 'whsec_secret', events: ['open', 'click'], labels: null },
    'test',
  );
  await settleHits(at.store, [makeHit()]);
  const command = (...args: readonly string[]) =>
    run(['webhooks', ...args, '--database', `sqlite:${at.path}`], { cwd: at.directory });
  return { ...at, id, command };
}

describe('telltale webhooks', () => {
  it('lists endpoints and what waits for them, without their secrets', async () => {
    const { id, command } = await opened();
    const { stdout } = await command('list');
    expect(stdout).toContain(`${id}\thttps://hooks.example/a\topen click\tall\t1\t0\t0\t\t\n`);
    const json = (await command('list', '--json')).stdout;
    expect(JSON.parse(json)).toMatchObject({
      id,
      waiting: 1,
      parked: 0,
      events: ['open', 'click'],
      failingSince: null,
    });
    expect(stdout + json).not.toContain('whsec_');
  });

  it('lets what was parked be told again', async () => {
    const { store, id, command } = await opened();
    const nowMs = Date.now();
    for (const atMs of [nowMs, nowMs + parkAfterMs + 1_000])
      await store.failNotices(1, { problem: 'down', nowMs: atMs, nextAtMs: atMs });
    expect((await command('list')).stdout).toContain('\t0\t1\t0\t\tdown\n');
    expect(await command('replay', 'wh_other')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('There is no webhook "wh_other"'),
    });
    expect(await command('replay', id)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('tells again, or the next that runs: 1.'),
    });
    expect(await command('replay', '--json')).toMatchObject({ stdout: '{"replayed":0}\n' });
  });

  it('says where to begin when nobody is told', async () => {
    const { store, id, command } = await opened();
    await store.removeWebhook(id);
    expect((await command('list')).stderr).toContain('POST /api/v1/webhooks');
  });
});
