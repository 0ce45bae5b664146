import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startForwarder } from '../../src/stream/forwarder.ts';
import { firstLine, run, start } from '../support/command.ts';
import { makeHit } from '../support/hits.ts';
import { appendAll, openTestJournal } from '../support/journals.ts';
import { hasNats, linkTo, startNats, withNats } from '../support/nats.ts';
import { ask } from '../support/service.ts';
import { asAdmin } from '../support/serving.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const IN_TIME = { timeout: 60_000 };
const ENV = { TELLTALE_API_TOKEN: 'an-extra-token' };

async function startSettling(url: string, ...args: readonly string[]) {
  const stream = ['--stream', url, '--stream-replicas', '1'];
  const child = start(['settle', '--json', ...stream, ...args], { cwd: temporaryDirectory(), env: ENV });
  onTestFinished(() => void child.kill('SIGKILL'));
  return JSON.parse(await firstLine(child)) as { readonly metricsUrl?: string };
}

describe.skipIf(!hasNats)(withNats('telltale settle'), () => {
  it('tells whoever watches it what it settled, when, what waits, and whether something stops it', async () => {
    const nats = await startNats();
    const { metricsUrl = '' } = await startSettling(nats.url, '--metrics-port', '0');
    expect(metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const metrics = async () => (await ask(`${metricsUrl}/metrics`)).text;
    const readiness = async () => (await ask(`${metricsUrl}/readyz`)).text;
    await expect.poll(readiness, IN_TIME).toBe('ready');
    expect(await metrics()).toContain('telltale_settle_last_commit_timestamp_seconds 0\n');
    const journal = await openTestJournal(join(temporaryDirectory(), 'journal.db'));
    await appendAll(
      journal,
      Array.from({ length: 5 }, () => makeHit()),
    );
    const forwarder = startForwarder({ journal, link: linkTo(nats.url), onProblem: () => undefined });
    onTestFinished(() => forwarder.stop(0));
    await expect.poll(metrics, IN_TIME).toContain('telltale_settle_hits 5\n');
    const text = await metrics();
    expect(text).toMatch(/telltale_settle_last_commit_timestamp_seconds 1\d{9}/);
    expect(text).toContain('telltale_settle_refused 0\n');
    expect(text).toContain('telltale_settle_failing 0\n');
    expect(text).toContain('telltale_stream_messages{state="parked"} 0\n');
    await expect.poll(metrics, IN_TIME).toContain('telltale_stream_messages{state="waiting"} 0\n');
    await nats.kill();
    await expect.poll(readiness, IN_TIME).toBe('failing');
    await expect.poll(metrics, IN_TIME).toContain('telltale_stream_connected 0\n');
    expect((await ask(`${metricsUrl}/healthz`)).status).toBe(200);
  }, 180_000);

  it('tells strangers nothing, and answers no other path and no other name', async () => {
    const { url } = await startNats();
    const { metricsUrl = '' } = await startSettling(url, '--metrics-port', '0', '--host-name', 'settler.example');
    const through = { 'x-forwarded-for': '192.0.2.1' };
    const status = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
      (await ask(`${metricsUrl}${path}`, { headers })).status;
    expect(await status('/metrics', through)).toBe(401);
    expect(await status('/metrics', { ...through, ...asAdmin.headers })).toBe(200);
    expect(await status('/api/v1/messages', asAdmin.headers)).toBe(404);
    expect(await status('/healthz', { host: 'elsewhere.example' })).toBe(421);
    expect(await status('/healthz', { host: 'settler.example' })).toBe(200);
  }, 120_000);

  it('listens nowhere unless it is told to', async () => {
    const { url } = await startNats();
    expect(await startSettling(url)).not.toHaveProperty('metricsUrl');
  });

  it('says what is wrong with a port', async () => {
    const { url } = await startNats();
    const { status, stderr } = await run(['settle', '--stream', url, '--metrics-port', 'x'], {
      cwd: temporaryDirectory(),
    });
    expect(status).toBe(2);
    expect(stderr).toContain('A port is a whole number');
  });
});
