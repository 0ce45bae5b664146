import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { signLinkToken } from '../../src/token/link-token.ts';
import { openMergedLink, sealMergedLink } from '../../src/token/merged-link-token.ts';
import { openLink } from '../../src/token/open-link.ts';
import { anyId } from '../support/arbitraries.ts';
import { testRing } from '../support/keys.ts';

const key = createKeyRing(testRing()).signing();
const LINK = { index: 3, count: 12, destination: 'https://shop.example/?code=ANNA-42' };
const TO = { message: 'spring-sale', recipient: 'r1' };

describe('a merged link’s token', () => {
  it('opens beside the R of its recipient, in any case, and is the same each time', () => {
    fc.assert(
      fc.property(
        anyId,
        fc.option(anyId),
        fc.webUrl({ withQueryParameters: true }),
        (message, recipient, destination) => {
          const to = { message, recipient };
          const text = sealMergedLink(key, to, { ...LINK, destination });
          const link = { ...LINK, destination, honeypot: false };
          expect(openMergedLink(key, to, text.toUpperCase())).toEqual({ ok: true, link });
          expect(openLink(key, to, text)).toEqual({ ok: true, link, isMerged: true });
          expect(sealMergedLink(key, to, { ...LINK, destination })).toBe(text);
        },
      ),
    );
  });

  it.each([
    ['another recipient', { ...TO, recipient: 'r2' }],
    ['another message', { ...TO, message: 'winter' }],
    ['no recipient', { ...TO, recipient: null }],
    ['ids cut elsewhere', { message: 'spring-saler', recipient: '1' }],
  ])('does not open beside the R of %s', (_, to) => {
    expect(openLink(key, to, sealMergedLink(key, TO, LINK))).toEqual({ ok: false, reason: 'forged' });
  });

  it('does not open under another key', () => {
    const other = createKeyRing(testRing(2)).signing();
    expect(openLink(other, TO, sealMergedLink(key, TO, LINK))).toEqual({ ok: false, reason: 'forged' });
  });

  it('does not open with any character changed', () => {
    const text = sealMergedLink(key, TO, LINK);
    for (let at = 0; at < text.length; at += 1) {
      const changed = text.slice(0, at) + (text[at] === 'b' ? 'c' : 'b') + text.slice(at + 1);
      expect(openLink(key, TO, changed).ok, `character ${at}`).toBe(false);
    }
  });

  it('shows nothing of its destination, where a readable one shows all', () => {
    const bytes = (text: string) => Buffer.from(text, 'latin1').toString();
    const readable = signLinkToken(key, TO.message, { ...LINK, honeypot: false });
    expect(openLink(key, { ...TO, recipient: 'r2' }, readable)).toMatchObject({ ok: true, isMerged: false });
    const one = sealMergedLink(key, TO, LINK);
    const two = sealMergedLink(key, TO, { ...LINK, destination: 'https://shop.example/?code=ANNA-43' });
    expect(bytes(one).slice(24)).not.toBe(bytes(two).slice(24));
  });

  it.each(['', 'a', 'aia', 'aiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '!'])('refuses %j', (text) => {
    expect(openMergedLink(key, TO, text).ok).toBe(false);
  });
});
