// Over TLS, to a server whose certificate an authority of one's own has signed.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTracker } from '../../src/track/create-tracker.ts';
import { firstLine, start } from '../support/command.ts';
import { hasNats, startNats, withNats } from '../support/nats.ts';
import { ask, urlIn } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const IN_TIME = { timeout: 60_000 };
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A certificate authority in a directory of its own, and a server's certificate that it signed. */
function makeAuthority() {
  const directory = temporaryDirectory();
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30', '-subj', '/CN=Tests');
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=nats');
  writeFileSync(join(directory, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...signing);
  const path = (name: string) => join(directory, name);
  return { ca: path('ca.pem'), args: ['--tls', '--tlscert', path('server.pem'), '--tlskey', path('server.key')] };
}

async function startSecured() {
  const { ca, args } = makeAuthority();
  const { port } = await startNats({ args: [...args, '--user', 'telltale', '--pass', 'p@ss word'] });
  return { ca, port, url: `tls://telltale:p%40ss%20word@localhost:${port}` };
}

/** A collector that forwards, as a process: which authorities it believes, Node reads as it starts. */
async function startCollector(url: string, ca: string) {
  const cwd = temporaryDirectory();
  const stream = { TELLTALE_STREAM: url, TELLTALE_STREAM_REPLICAS: '1', NODE_EXTRA_CA_CERTS: ca };
  const child = start(['serve', '--port', '0', '--json', '--forward-only'], { cwd, env: stream });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const collector = JSON.parse(await firstLine(child)) as { readonly url: string };
  const tracker = createTracker({
    baseUrl: collector.url,
    keys: readFileSync(join(cwd, 'telltale-data/keys.json'), 'utf8'),
  });
  const pixel = urlIn(tracker.compile('<body><p>x', { message: 'm' }).render('r1').html, 'o');
  expect((await ask(pixel)).status).toBe(200);
  return { metrics: async () => (await ask(`${collector.url}/metrics`)).text, said: () => said };
}

describe.skipIf(!hasNats || !hasOpenssl)(withNats('a stream over TLS'), () => {
  it('takes hits from who believes its authority and has a password', async () => {
    const { ca, url } = await startSecured();
    const { metrics } = await startCollector(url, ca);
    await expect.poll(metrics, IN_TIME).toContain('telltale_hits_forwarded 1\n');
    expect(await metrics()).toContain('telltale_stream_connected 1\n');
  }, 120_000);

  it('is named, and so is what to do, where another authority is believed; the hit waits', async () => {
    const { url } = await startSecured();
    const { metrics, said } = await startCollector(url, makeAuthority().ca);
    await expect.poll(said, IN_TIME).toMatch(/certificate of the stream at tls:.*NODE_EXTRA_CA_CERTS/);
    expect(await metrics()).toContain('telltale_hits_journalled 1\n');
    expect(said()).not.toContain('ss word');
  }, 120_000);

  it('lets nobody in without the password', async () => {
    const { ca, url } = await startSecured();
    const { metrics, said } = await startCollector(url.replace('p%40ss', 'wrong'), ca);
    await expect.poll(said, IN_TIME).toContain('refuses these credentials');
    expect(await metrics()).toContain('telltale_hits_journalled 1\n');
  }, 120_000);
});
