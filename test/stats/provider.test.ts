import { describe, expect, it } from 'vitest';
import { providerOf } from '../../src/stats/provider.ts';

describe('the provider of a mailbox', () => {
  it.each([
    ['gmail.com', 'google'],
    ['outlook.com', 'microsoft'],
    ['hotmail.co.uk', 'microsoft'],
    ['yahoo.co.jp', 'yahoo'],
    ['icloud.com', 'apple'],
    ['notgmail.com', 'other'],
    ['gmail.com.example', 'other'],
    ['live.example', 'other'],
    ['', 'other'],
  ])('of %s is %s', (domain, provider) => {
    expect(providerOf(domain)).toBe(provider);
  });
});
