// What is wrong with the servers or the stream is named, and hits wait meanwhile.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { linkStream } from '../../src/stream/open-stream.ts';
import { readStreamSettings } from '../../src/stream/stream-settings.ts';
import { hasNats, linkTo, startNats, withNats } from '../support/nats.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const USER = 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4';
const SEED = 'SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY';

/** Changes streams as somebody else would. */
async function manage(url: string) {
  const nc = await connect({ servers: url });
  onTestFinished(() => nc.close());
  return await jetstreamManager(nc);
}

describe.skipIf(!hasNats)(withNats('the connection to a stream'), () => {
  it('makes a stream that drops nothing, and reads how many partitions one has', async () => {
    const { url } = await startNats();
    const { partitions, jsm, replicas } = await linkTo(url).open();
    expect({ partitions, replicas }).toEqual({ partitions: 16, replicas: 1 });
    expect((await jsm.streams.info('telltale')).config).toMatchObject({
      ...{ retention: 'workqueue', storage: 'file', discard: 'new', max_age: 0, max_msgs: -1, max_bytes: -1 },
      duplicate_window: 120_000_000_000,
    });
    expect((await jsm.streams.info('telltale-parked')).config).toMatchObject({ retention: 'limits', discard: 'new' });
    const other = await startNats();
    const subjects = ['telltale.hits.0', 'telltale.hits.1'];
    await (await manage(other.url)).streams.add({ name: 'telltale', subjects, retention: 'workqueue', discard: 'new' });
    expect(await linkTo(other.url).open()).toMatchObject({ partitions: 2 });
  });

  it('warns once where one server keeps all there is, unless that is meant', async () => {
    const { url } = await startNats();
    const problems: unknown[] = [];
    const link = linkStream(readStreamSettings({ url }), (error) => problems.push(error));
    onTestFinished(() => link.close());
    await link.open();
    link.failed(new Error('something'));
    await link.open();
    expect(problems.map(String)).toEqual([expect.stringMatching(/keeps one copy .* --stream-replicas 1/)]);
    const meant = linkTo(url, '1');
    await meant.open();
    expect(meant.problems).toEqual([]);
  });

  it.each([
    [{ retention: 'limits' }, 'retention is limits, but must be workqueue'],
    [{ storage: 'memory' }, 'storage is memory, but must be file'],
    [{ discard: 'old' }, 'discard is old, but must be new'],
    [{ max_age: 3_600_000_000_000 }, 'max_age is 3600000000000, but must be 0'],
    [{ subjects: ['orders.*'] }, 'subjects are orders.*, but must be telltale.hits.0'],
    [{ no_ack: true }, 'no_ack is true, but must be false'],
  ] as const)('names each setting of a stream that was made otherwise: %j', async (other, sentence) => {
    const { url } = await startNats();
    const jsm = await manage(url);
    const ours = { subjects: ['telltale.hits.0'], retention: 'workqueue', storage: 'file', discard: 'new' } as const;
    await jsm.streams.add({
      name: 'telltale',
      ...ours,
      ...other,
      ...('subjects' in other && { subjects: [...other.subjects] }),
    } as never);
    const opening = linkTo(url).open();
    await expect(opening).rejects.toMatchObject({
      code: 'STREAM_MISMATCH',
      message: expect.stringContaining(sentence),
    });
  });

  it('names replicas that differ from those asked for, and too few servers for them', async () => {
    const { url } = await startNats();
    await expect(linkTo(url, '3').open()).rejects.toMatchObject({
      code: 'STREAM_AWAY',
      message: expect.stringContaining('needs 3 servers'),
    });
    await linkTo(url, '1').open();
    await expect(linkTo(url, '3').open()).rejects.toMatchObject({
      code: 'STREAM_MISMATCH',
      message: expect.stringContaining('num_replicas is 1, but must be 3'),
    });
  });

  it('names credentials that are refused, without telling them, and gets in once they are right', async () => {
    const { url, port } = await startNats({ args: ['--user', 'me', '--pass', 's3cret'] });
    for (const wrong of [url, `nats://me:wr0ng@127.0.0.1:${port}`, `nats://t0ken@127.0.0.1:${port}`]) {
      const error = await linkTo(wrong)
        .open()
        .then(String, (thrown: Error) => thrown);
      expect(error).toMatchObject({
        code: 'STREAM_AWAY',
        message: expect.stringContaining('refuses these credentials'),
      });
      expect(String(error)).not.toMatch(/wr0ng|t0ken/);
    }
    expect(await linkTo(`nats://me:s3cret@127.0.0.1:${port}`).open()).toMatchObject({ partitions: 16 });
    const other = await startNats({ args: ['--auth', 't0ken'] });
    expect(await linkTo(`nats://t0ken@127.0.0.1:${other.port}`).open()).toMatchObject({ partitions: 16 });
  });

  it('takes a file of credentials, and names one that is not there', async () => {
    const directory = temporaryDirectory();
    const config = join(directory, 'nats.conf');
    writeFileSync(config, `authorization { users = [ { nkey: ${USER} } ] }`);
    const { url } = await startNats({ args: ['-c', config] });
    const credentials = join(directory, 'telltale.creds');
    const open = async () => {
      const link = linkStream(readStreamSettings({ url, credentials, replicas: '1' }), () => undefined);
      onTestFinished(() => link.close());
      return await link.open();
    };
    await expect(open()).rejects.toMatchObject({ message: expect.stringContaining('telltale.creds') });
    const part = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
    writeFileSync(credentials, part('NATS USER JWT', 'e30.e30.e30') + part('USER NKEY SEED', SEED));
    expect(await open()).toMatchObject({ partitions: 16 });
  });

  it('names a server that is not there, and one without JetStream', async () => {
    const gone = await startNats();
    await gone.kill();
    await expect(linkTo(gone.url).open()).rejects.toMatchObject({
      code: 'STREAM_AWAY',
      message: expect.stringMatching(/cannot be reached: .*refused.* Hits wait/),
    });
    expect(await linkTo(gone.url).status()).toEqual({ isConnected: false, waiting: null, parked: null });
    const directory = temporaryDirectory();
    const config = join(directory, 'nats.conf');
    writeFileSync(config, 'jetstream: disabled');
    const bare = await startNats({ args: ['-c', config], isBare: true });
    await expect(linkTo(bare.url).open()).rejects.toMatchObject({
      message: expect.stringMatching(/servers choose anew which of them leads it.*JetStream is off/),
    });
  });

  it('speaks TLS to tls:// alone, and names a certificate that nobody vouches for', async () => {
    const { port } = await startNats();
    await expect(linkTo(`tls://127.0.0.1:${port}`).open()).rejects.toMatchObject({
      code: 'STREAM_AWAY',
      message: expect.stringMatching(/cannot be reached: .*tls/i),
    });
  });

  it('names a stream that is full; what is in it stays', async () => {
    const { url } = await startNats();
    const link = linkTo(url);
    const { js, jsm } = await link.open();
    await jsm.streams.update('telltale', { max_bytes: 2_000 });
    await js.publish('telltale.hits.0', 'x'.repeat(1_000));
    const error = await js
      .publish('telltale.hits.0', 'x'.repeat(1_500))
      .catch((thrown: unknown) => link.failed(thrown));
    expect(error).toMatchObject({ code: 'STREAM_AWAY', message: expect.stringContaining('is full') });
    expect(await link.open()).toMatchObject({ partitions: 16 });
    expect((await link.status()).waiting).toBe(1);
  });
});
