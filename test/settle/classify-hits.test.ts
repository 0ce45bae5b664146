// What a caller need not know: the network of an address.
import { describe, expect, it } from 'vitest';
import { shippedNetworks } from '../../src/networks/shipped-lists.ts';
import { classify } from '../../src/settle/classify-hits.ts';

const APPLE = '17.58.0.1';
const open = { id: 'h1', event: 'open', method: 'GET', headers: { 'user-agent': 'Mozilla/5.0' } } as const;

describe('an address without a network', () => {
  it('is looked up in the lists that are given', () => {
    const networks = { version: 'mine', kindOf: (ip: string) => (ip === APPLE ? 'apple-relay' : 'unknown') };
    const [relayed, other] = classify(
      [
        { ...open, ip: APPLE },
        { ...open, id: 'h2', ip: '192.0.2.1' },
      ],
      { networks },
    );
    expect(relayed).toMatchObject({ label: 'prefetch', reasons: ['apple-privacy'] });
    expect(other?.reasons).not.toContain('apple-privacy');
    expect(relayed?.rulesVersion).toMatch(/\+networks\.mine$/);
  });

  it('is looked up in the lists of the package, whose version the verdict names', () => {
    const [verdict] = classify([{ ...open, ip: APPLE }]);
    expect(verdict?.rulesVersion).toContain(`+networks.${shippedNetworks().version}`);
  });

  it('is not looked up where a network is named', () => {
    const networks = { version: 'mine', kindOf: () => 'apple-relay' };
    const [verdict] = classify([{ ...open, ip: APPLE, network: 'residential' }], { networks });
    expect(verdict?.reasons).not.toContain('apple-privacy');
  });
});
