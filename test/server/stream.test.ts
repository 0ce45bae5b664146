// A service that forwards to a stream, with a database, with none, and in several processes.
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { readStreamSettings } from '../../src/stream/stream-settings.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { firstLine, run, start } from '../support/command.ts';
import { accountedFor } from '../support/journals.ts';
import { hasNats, startNats, withNats } from '../support/nats.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';
import { asAdmin, startServing } from '../support/serving.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const IN_TIME = { timeout: 60_000 };

async function startForwarding(url: string, of: { readonly settles: boolean; readonly databaseUrl?: null }) {
  const { settles, ...options } = of;
  const service = await startTestService({
    stream: { settings: readStreamSettings({ url, replicas: '1' }), settles },
    ...options,
  });
  onTestFinished(() => service.end());
  return service;
}

function pixelOf(service: TestService, recipient = 'r1'): string {
  return urlIn(service.tracker.compile('<body><p>x', { message: 'm' }).render(recipient).html, 'o');
}

const totalOf = async (service: Pick<TestService, 'store'>) =>
  (await service.store.countsOf('m')).find(({ label }) => label === 'all')?.total ?? 0;

describe.skipIf(!hasNats)(withNats('a service with a stream'), () => {
  it('forwards, settles from it, and tells how it is with it', async () => {
    const { url } = await startNats();
    const service = await startForwarding(url, { settles: true });
    const pixel = pixelOf(service);
    for (let count = 0; count < 5; count += 1) expect((await ask(pixel)).status).toBe(200);
    await expect.poll(() => totalOf(service), IN_TIME).toBe(5);
    const metrics = (await ask(`${service.url}/metrics`)).text;
    expect(metrics).toContain('telltale_hits_forwarded 5');
    expect(metrics).toContain('telltale_stream_connected 1');
    expect(metrics).toContain('telltale_stream_messages{state="parked"} 0');
    expect(service.problems).toEqual([]);
  });

  it('with no database needs nothing but keys: links work, short ones and the API answer 503, others settle', async () => {
    const { url } = await startNats();
    const collector = await startForwarding(url, { settles: false, databaseUrl: null });
    expect((await ask(pixelOf(collector))).status).toBe(200);
    const mail = collector.tracker.compile('<body><a href="https://shop.example/">x</a>', { message: 'm' });
    const link = await ask(urlIn(mail.render('r1').html, 'c'));
    expect(link).toMatchObject({ status: 302, headers: { location: 'https://shop.example/' } });
    const directory = temporaryDirectory();
    const elsewhere = await openStore(`sqlite:${join(directory, 'other.db')}`);
    onTestFinished(() => elsewhere.close());
    const short = createTracker({ baseUrl: collector.baseUrl, keys: collector.keys, store: elsewhere, links: 'short' });
    const shortMail = short.compile('<body><a href="https://shop.example/">x</a>', { message: 'm' });
    await shortMail.register();
    expect((await ask(urlIn(shortMail.render('r1').html, 'c'))).status).toBe(503);
    await short.close();
    expect((await ask(`${collector.url}/api/v1/messages`, { headers: { authorization: 'Bearer x' } })).status).toBe(
      503,
    );
    expect(await ask(`${collector.url}/readyz`)).toMatchObject({ status: 200, text: 'ready' });
    await expect.poll(() => collector.journal.counts(), IN_TIME).toMatchObject({ forwarded: 2, journalled: 0 });
    const settler = await startForwarding(url, { settles: true });
    const events = () => rowsOf(join(settler.directory, 'telltale.db'), 'SELECT count(*) AS events FROM events');
    await expect.poll(events, IN_TIME).toEqual([{ events: 2 }]);
  });

  it('that only forwards follows what is revoked in its database, and settles nothing', async () => {
    const { url } = await startNats();
    const service = await startForwarding(url, { settles: false });
    const mail = service.tracker.compile('<body><a href="https://shop.example/">x</a>', { message: 'm' });
    const link = urlIn(mail.render('r1').html, 'c');
    expect((await ask(link)).status).toBe(302);
    await expect.poll(() => service.journal.counts().forwarded, IN_TIME).toBe(1);
    await service.store.revoke({ kind: 'message', message: 'm' }, 'tests');
    await expect.poll(async () => (await ask(link)).status, IN_TIME).toBe(410);
    expect(await totalOf(service)).toBe(0);
  });

  it('stays within its time when the stream is silent, and the next start forwards what is left', async () => {
    const nats = await startNats();
    const service = await startForwarding(nats.url, { settles: true });
    await expect.poll(async () => (await ask(`${service.url}/metrics`)).text, IN_TIME).toContain('stream_connected 1');
    await nats.freeze();
    onTestFinished(() => nats.thaw());
    expect((await ask(pixelOf(service))).status).toBe(200);
    await service.close();
    nats.thaw();
    const next = await startTestService({
      dataDirectory: service.directory,
      databaseUrl: `sqlite:${join(service.directory, 'telltale.db')}`,
      stream: { settings: readStreamSettings({ url: nats.url, replicas: '1' }), settles: true },
    });
    onTestFinished(() => next.end());
    await expect.poll(() => totalOf(next), IN_TIME).toBe(1);
    expect(next.journal.counts()).toMatchObject({ received: 1, forwarded: 1 });
    expect(accountedFor(next.journal.counts())).toBe(1);
  });

  it('in several processes forwards each one’s journal; telltale settle does the rest, and tells what is parked', async () => {
    const { url } = await startNats();
    const cwd = temporaryDirectory();
    const stream = ['--stream', url, '--stream-replicas', '1'];
    const serving = await startServing(cwd, ['--workers', '2', '--admin-port', '0', '--forward-only', ...stream]);
    onTestFinished(() => void serving.child.kill('SIGKILL'));
    for (let count = 0; count < 12; count += 1) expect((await ask(serving.pixelOf(`r${count}`))).status).toBe(200);
    const metrics = async () => (await ask(`${serving.adminUrl}/metrics`, asAdmin)).text;
    await expect.poll(metrics, IN_TIME).toMatch(/telltale_hits_forwarded 12\n/);
    expect(await metrics()).toContain('telltale_stream_connected 1');
    const settling = start(['settle', '--json', ...stream], { cwd });
    onTestFinished(() => void settling.kill('SIGKILL'));
    const { database } = JSON.parse(await firstLine(settling));
    const store = await openStore(database);
    onTestFinished(() => store.close());
    await expect.poll(() => totalOf({ store }), IN_TIME).toBe(12);
    const parked = await run(['stream', 'parked', 'list', '--json', '--stream', url], { cwd });
    expect(parked).toMatchObject({ status: 0, stdout: '' });
    const replayed = await run(['stream', 'parked', 'replay', '--json', '--stream', url], { cwd });
    expect(replayed).toMatchObject({ status: 0, stdout: '{"settled":0,"parked":0}\n' });
    for (const child of [settling, serving.child]) child.kill('SIGTERM');
    expect(await serving.ended()).toBe(0);
  });
});

describe('the command', () => {
  it.each([
    [['serve', '--forward-only'], '--forward-only needs a --stream'],
    [['settle'], 'Name the stream'],
    [['serve', '--stream', 'http://x'], '--stream takes servers of NATS'],
    [['stream', 'accept-gap', 'x', '1'], 'Give the journal and the place'],
  ])('refuses %j', async (args, sentence) => {
    const { status, stderr } = await run(args, { cwd: temporaryDirectory() });
    expect(status).toBe(2);
    expect(stderr).toContain(sentence);
  });

  it('goes on behind a gap', async () => {
    const cwd = temporaryDirectory();
    await run(['migrate'], { cwd });
    const journal = '0b6f0c4e-2d51-4c0e-9a63-0f6c7a9b1d22#3';
    const accepted = await run(['stream', 'accept-gap', journal, '47', '--json'], { cwd });
    expect(JSON.parse(accepted.stdout)).toEqual({ journal, after: 0, through: 47, passed: 47 });
    const store = await openStore(`sqlite:${join(cwd, 'telltale-data/telltale.db')}`);
    onTestFinished(() => store.close());
    expect(await store.settledThrough(journal)).toBe(47);
  });
});
