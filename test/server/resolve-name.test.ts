// Names in reverse DNS, asked for at a name server of our own.
import { describe, expect, it } from 'vitest';
import { prepareNameResolver } from '../../src/server/resolve-name.ts';
import { type DnsAnswers, startDnsServer } from '../support/dns-server.ts';
import { thrownBy } from '../support/thrown.ts';

const GATEWAY = 'd1.ess.barracudanetworks.com';

async function ask(address: string, answers: DnsAnswers, timeoutMs?: number) {
  const { servers, asked } = await startDnsServer(answers);
  const resolver = prepareNameResolver({ servers, hosts: ['.partner.example'], timeoutMs });
  return { found: await resolver.nameOf(address), asked };
}

describe('the name of an address', () => {
  it.each<[string, string, DnsAnswers]>([
    ['.barracudanetworks.com', '203.0.113.9', { '203.0.113.9': [GATEWAY], [GATEWAY]: ['203.0.113.8', '203.0.113.9'] }],
    ['.barracudanetworks.com', '2001:db8::1', { '2001:db8::1': [GATEWAY], [GATEWAY]: ['2001:db8:0::1'] }],
    [
      '.partner.example',
      '203.0.113.9',
      { '203.0.113.9': ['other.example', 'vpn.partner.example'], 'vpn.partner.example': ['203.0.113.9'] },
    ],
  ])('is known by how it ends (%s) where it leads back to %s', async (host, address, answers) => {
    expect((await ask(address, answers)).found).toEqual({ kind: 'known', host });
  });

  it.each<[string, DnsAnswers]>([
    ['leads elsewhere', { '203.0.113.9': [GATEWAY], [GATEWAY]: ['203.0.113.8'] }],
    ['leads nowhere', { '203.0.113.9': [GATEWAY] }],
    ['leads to an address of the other kind alone', { '203.0.113.9': [GATEWAY], [GATEWAY]: ['2001:db8::1'] }],
  ])('counts for nothing when it %s: anybody may call an address anything', async (_, answers) => {
    expect((await ask('203.0.113.9', answers)).found).toEqual({ kind: 'unconfirmed' });
  });

  it('is not even confirmed when no rule looks at it', async () => {
    const { found, asked } = await ask('203.0.113.9', { '203.0.113.9': ['203-0-113-9.dsl.isp.example'] });
    expect(found).toEqual({ kind: 'none' });
    expect(asked).toEqual(['203.0.113.9']);
  });

  it('may be missing, which is an answer', async () => {
    expect((await ask('203.0.113.9', {})).found).toEqual({ kind: 'none' });
  });

  it.each<[string, DnsAnswers]>([
    ['for the name', { '203.0.113.9': 'fail' }],
    ['for its confirmation', { '203.0.113.9': [GATEWAY], [GATEWAY]: 'fail' }],
  ])('is not known when the server fails when asked %s', async (_, answers) => {
    expect((await ask('203.0.113.9', answers)).found).toEqual({ kind: 'failed' });
  });

  it.each<[string, DnsAnswers]>([
    ['for the name', { '203.0.113.9': 'stall' }],
    ['for its confirmation', { '203.0.113.9': [GATEWAY], [GATEWAY]: 'stall' }],
  ])('is let go when the server says nothing when asked %s', async (_, answers) => {
    expect((await ask('203.0.113.9', answers, 50)).found).toEqual({ kind: 'timeout' });
  });

  it.each(['nowhere', '1.2.3.4:x', '', '127.0.0.1,'])('is not asked for at %j, which is no server', (servers) => {
    const error = thrownBy(() => prepareNameResolver({ servers, hosts: [] }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain('Set --reverse-dns');
  });
});
