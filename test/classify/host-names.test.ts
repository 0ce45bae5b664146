import { describe, expect, it } from 'vitest';
import { judgeAlone } from '../../src/classify/classify.ts';
import { knownEndOf, networkNamed } from '../../src/classify/host-names.ts';
import { readOwnRules } from '../../src/classify/own-rules.ts';

const NAMES: readonly (readonly [name: string, end: string | undefined])[] = [
  ['d1729.ess.barracudanetworks.com', '.barracudanetworks.com'],
  ['Mail1.ESS.Barracuda.com.', '.barracuda.com'],
  ['scan1.spfbl.net', '.spfbl.net'],
  ['google-proxy-66-249-84-1.google.com', 'google-proxy-.google.com'],
  ['rate-limited-proxy-66-249-92-1.google.com', 'rate-limited-proxy-.google.com'],
  ['crawl-66-249-66-1.googlebot.com', 'crawl-.googlebot.com'],
  ['geo-crawl-66-249-66-1.geo.googlebot.com', 'crawl-.googlebot.com'],
  ['35-187-132-1.gae.googleusercontent.com', '.gae.googleusercontent.com'],
  ['203-0-113-9.dsl.isp.example', undefined],
  ['google-proxy-66-249-84-1.google.com.example.net', undefined],
  ['barracuda.com.example.net', undefined],
  ['notbarracuda.com', undefined],
  ['', undefined],
];

describe('the end of a name', () => {
  it.each(NAMES)('of %j is %j', (name, end) => expect(knownEndOf(name, [])).toBe(end));

  it('makes every rule speak that the name does, and tells nothing more', () => {
    const own = readOwnRules([{ id: 'ours', label: 'human', host: '.isp.example' }], 'test');
    const names = [...NAMES.map(([name]) => name), 'a.203-0-113-9.isp.example'];
    for (const ptr of names) {
      const hit = { id: 'h', event: 'open' as const, method: 'GET', headers: {} };
      expect(judgeAlone({ ...hit, ptr: knownEndOf(ptr, own.hosts) }, own), ptr).toEqual(
        judgeAlone({ ...hit, ptr }, own),
      );
      expect(knownEndOf(ptr, own.hosts) ?? '').not.toMatch(/\d/);
      expect(networkNamed(knownEndOf(ptr, own.hosts) ?? ''), ptr).toBe(
        networkNamed(ptr.toLowerCase().replace(/\.$/, '')),
      );
    }
  });

  it('is the longest of those that rules look at', () => {
    expect(knownEndOf('a.b.barracuda.com', ['.com', '.b.barracuda.com'])).toBe('.b.barracuda.com');
    expect(knownEndOf('google-proxy-1.google.com', ['.google.com'])).toBe('google-proxy-.google.com');
  });
});
