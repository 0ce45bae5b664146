// A hit comes back from its text as it was, every field of it.
import { describe, expect, it } from 'vitest';
import { readBody, writeBody } from '../../src/base/hit-body.ts';
import { makeHit } from '../support/hits.ts';

const CLICK = makeHit({
  kind: 'click',
  recipient: 'line\nbreak "quoted" \u2028',
  link: { index: 3, count: 9, destination: 'https://shop.example/a?b=1', honeypot: true },
  peer: '0011223344556677',
  network: 'apple-relay',
  repeat: true,
  test: true,
});

describe('the text of a hit', () => {
  it.each([
    ['an open', makeHit()],
    ['a click', CLICK],
    ['a hit without a recipient', makeHit({ recipient: null, level: 'aggregate' })],
  ])('gives back %s', (_, hit) => {
    expect(readBody(writeBody(hit))).toStrictEqual(hit);
  });

  it('is one line', () => {
    expect(writeBody(CLICK)).not.toContain('\n');
  });

  it('names no field', () => {
    for (const name of Object.keys(CLICK)) expect(writeBody(CLICK)).not.toContain(`"${name}":`);
  });

  it.each(['{}', '"text"', '7', 'null'])('is not %s', (text) => {
    expect(readBody(text)).toBeNull();
  });
});
