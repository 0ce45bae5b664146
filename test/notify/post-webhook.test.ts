// One request over TLS: by the endpoint's name, to the address that was checked, and to nobody who has not its certificate.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { postWebhook } from '../../src/notify/post-webhook.ts';
import { makeCertificate } from '../support/certificate.ts';

describe('a request to an endpoint over https', () => {
  it('asks for the endpoint by its name, and is not sent where the certificate is not the name’s', async () => {
    const keys = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const names: unknown[] = [];
    let requests = 0;
    const server = createServer(
      {
        key: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }),
        cert: makeCertificate(keys),
        SNICallback: (name, found) => {
          names.push(name);
          found(null);
        },
      },
      (_, response) => {
        requests += 1;
        response.end();
      },
    );
    server.on('tlsClientError', (_, socket: TLSSocket) => socket.destroy());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const problem = await postWebhook(
      {
        url: `https://hooks.example:${port}/`,
        secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
        id: 'msg_1',
        body: '{}',
      },
      {
        policy: { allowPrivate: true, ports: [port] },
        lookup: async () => [{ address: '127.0.0.1', family: 4 }],
        now: Date.now,
        timeoutMs: 60_000,
        signal: new AbortController().signal,
      },
    );
    expect([names, requests]).toEqual([['hooks.example'], 0]);
    expect(problem).toMatch(/self.signed certificate/i);
  });
});
