import { describe, expect, it } from 'vitest';
import type { ConversionHit } from '../../src/base/conversion.ts';
import type { Hit } from '../../src/base/nouns.ts';
import { prepareCollect } from '../../src/server/collector.ts';
import type { CollectRequest } from '../../src/server/make-hit.ts';
import { sealClickToken } from '../../src/token/click-token.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { testRing } from '../support/keys.ts';

const nowMs = 1_800_000_000_000;
const keys = createKeyRing(testRing());
const click = sealClickToken(keys.signing(), { message: 'm', recipient: 'r', link: 1, atMs: nowMs, test: true });

/** Asks the collector's core; `append` says when the journal has it. */
async function ask(append: (hit: Hit | ConversionHit) => Promise<boolean>) {
  const tracker = { baseUrl: 'https://t.example.com', keys };
  const { collect } = prepareCollect({ tracker, journal: { append }, now: () => nowMs });
  const request = { method: 'GET', url: `/v.gif?click=${click}&order=1`, headers: {} } as unknown as CollectRequest;
  const answer = await collect(request, '/v.gif');
  const at = answer?.headers.indexOf('Telltale-Durable') ?? -1;
  return answer?.headers[at + 1];
}

describe('the conversion pixel', () => {
  it('says that a sale is on disk when the journal says so, and waits for that', async () => {
    const taken: (Hit | ConversionHit)[] = [];
    let commit: (isDurable: boolean) => void = () => {};
    const answering = ask((hit) => {
      taken.push(hit);
      return new Promise((resolve) => {
        commit = resolve;
      });
    });
    const first = await Promise.race([answering, new Promise((resolve) => setImmediate(() => resolve('waiting')))]);
    expect(first).toBe('waiting');
    commit(true);
    expect(await answering).toBe('yes');
    expect(taken).toMatchObject([
      { kind: 'conversion', atMs: nowMs, conversion: { order: '1', proof: 'pixel', test: true, recipient: 'r' } },
    ]);
    expect(await ask(async () => false)).toBe('no');
  });
});
