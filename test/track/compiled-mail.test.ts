import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSENT_LEVELS, type Consent, lowestConsent } from '../../src/base/nouns.ts';
import type { PixelPlacement } from '../../src/html/find-pixel-places.ts';
import { openHitToken } from '../../src/token/hit-token.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openLinkToken } from '../../src/token/link-token.ts';
import { openUnsubscribeToken } from '../../src/token/unsubscribe-token.ts';
import type { RenderOptions } from '../../src/track/compiled-mail.ts';
import { anyConsent, anyId } from '../support/arbitraries.ts';
import { testRing } from '../support/keys.ts';
import { BASE_URL, MAIL_NAMES, pixelTokens, readMail, testTracker, trackedUrls } from '../support/mails.ts';
import { thrownBy } from '../support/thrown.ts';
import { uglyHtml } from '../support/ugly-html.ts';

const tracker = testTracker();
const ring = createKeyRing(testRing());
const HTML = '<body><a href="https://example.com/a">a</a> <a href="https://example.com/b">b</a></body>';
const TEXT = 'https://example.com/a';

/** What R of a rendered mail holds; every R of a mail is the same. */
function tokenIn(html: string) {
  const tokens = new Set([...pixelTokens(html), ...trackedUrls(html).map(({ r }) => r)]);
  expect(tokens.size).toBe(1);
  const opened = openHitToken(ring, [...tokens][0] ?? '');
  return opened.ok ? opened.token : opened.reason;
}

describe('render', () => {
  it('seals message, recipient, consent and flag into every URL', () => {
    const mail = tracker.compile(HTML, { message: 'spring-sale', text: TEXT });
    const { html, text } = mail.render('r-42');
    const token = {
      message: 'spring-sale',
      recipient: 'r-42',
      consent: { opens: 'individual', clicks: 'individual' },
      test: false,
    };
    expect(tokenIn(html)).toEqual(token);
    expect(tokenIn(text ?? '')).toEqual(token);
    expect(pixelTokens(html)).toHaveLength(1);
    expect(trackedUrls(html)).toHaveLength(2);
  });

  it('marks test traffic', () => {
    expect(tokenIn(tracker.compile(HTML, { message: 'm', test: true }).render('r').html)).toMatchObject({ test: true });
  });

  it('makes the mail the message’s alone without a recipient', () => {
    const { html, headers } = tracker.compile(HTML, { message: 'm' }).render(null);
    expect(tokenIn(html)).toMatchObject({ message: 'm', recipient: null });
    expect(headers).toEqual({});
  });

  it('is deterministic, and differs for another recipient only in R', () => {
    const mail = tracker.compile(HTML, { message: 'm' });
    const again = testTracker().compile(HTML, { message: 'm' });
    expect(mail.render('r1')).toEqual(again.render('r1'));
    const one = mail.render('r1').html;
    const two = mail.render('r2').html;
    expect(one).not.toBe(two);
    expect(one.replaceAll(pixelTokens(one)[0] ?? '', 'R')).toBe(two.replaceAll(pixelTokens(two)[0] ?? '', 'R'));
  });

  it('makes links that lead where they led', () => {
    const links = trackedUrls(tracker.compile(HTML, { message: 'm' }).render('r').html).map(({ l }) =>
      openLinkToken(ring.signing(), 'm', l),
    );
    expect(links).toEqual([
      { ok: true, link: { index: 0, count: 2, destination: 'https://example.com/a', honeypot: false } },
      { ok: true, link: { index: 1, count: 2, destination: 'https://example.com/b', honeypot: false } },
    ]);
  });

  it('makes URLs of at most 210 characters for ids of 12 bytes together and a destination of 67', () => {
    const destination = `https://www.tidewater.example/${'p'.repeat(37)}`;
    expect(destination).toHaveLength(67);
    const mail = tracker.compile(`<a href="${destination}">a</a>`, { message: 'spring' });
    const [url] = trackedUrls(mail.render('r12345').html);
    expect(BASE_URL).toHaveLength(26);
    expect(url?.url.length).toBeLessThanOrEqual(210);
    expect(url?.l.length).toBeGreaterThanOrEqual(24);
  });

  it('makes URLs that are valid in lower and in upper case, of a path of letters, digits and slashes', () => {
    const [url] = trackedUrls(tracker.compile(HTML, { message: 'm' }).render('r').html);
    const { pathname, search, hash } = new URL(url?.url ?? '');
    expect(search + hash).toBe('');
    expect(pathname).toMatch(/^\/c\/[a-z2-7]+\/[a-z2-7]+$/);
    for (const path of [pathname.toLowerCase(), pathname.toUpperCase()]) {
      const [, , r = '', l = ''] = path.split('/');
      expect(openHitToken(ring, r)).toMatchObject({ ok: true, token: { recipient: 'r' } });
      expect(openLinkToken(ring.signing(), 'm', l)).toMatchObject({ ok: true });
    }
  });

  it('adds nothing but ASCII', () => {
    const { html, headers } = tracker.compile(HTML, { message: 'früh😀' }).render('Jürgen');
    expect(html + JSON.stringify(headers)).toMatch(/^[\x20-\x7e]*$/);
  });

  it('adds no id in clear', () => {
    const rendered = JSON.stringify(tracker.compile(HTML, { message: 'spring-sale' }).render('jonas@reader.example'));
    expect(rendered).not.toMatch(/spring|jonas|reader/);
  });

  it('gives the headers of one-click unsubscribing, whatever the consent', () => {
    for (const level of CONSENT_LEVELS) {
      const mail = tracker.compile(HTML, { message: 'm', consent: { opens: level, clicks: level } });
      const { headers } = mail.render('r-42');
      expect(Object.keys(headers)).toEqual(['List-Unsubscribe', 'List-Unsubscribe-Post']);
      expect(headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
      const [, token = ''] =
        /^<https:\/\/mail\.tidewater\.exa\/u\/([a-z2-7]+)>$/.exec(headers['List-Unsubscribe'] ?? '') ?? [];
      expect(openUnsubscribeToken(ring, token)).toMatchObject({ ok: true, token: { message: 'm', recipient: 'r-42' } });
    }
  });

  it.each([
    ['the empty id', ''],
    ['an id with a control character', 'a\nb'],
    ['an over-long id', 'a'.repeat(129)],
  ])('refuses %s', (_, recipient) => {
    const mail = tracker.compile(HTML, { message: 'm' });
    expect(thrownBy(() => mail.render(recipient)).code).toBe('INVALID_ID');
    expect(thrownBy(() => mail.htmlBytes(recipient)).code).toBe('INVALID_ID');
    expect(thrownBy(() => mail.renderInto(Buffer.alloc(9_999), 0, recipient)).code).toBe('INVALID_ID');
  });

  it('refuses unknown options and suggests the known one', () => {
    const options: object = { consnet: {} };
    const error = thrownBy(() => tracker.compile(HTML, { message: 'm' }).render('r', options));
    expect(error.code).toBe('UNKNOWN_OPTION');
    expect(error.message).toContain('Did you mean consent?');
  });
});

describe('consent', () => {
  function renderWith(message: Partial<Consent>, options?: RenderOptions) {
    return tracker.compile(HTML, { message: 'm', text: TEXT, consent: message }).render('r', options);
  }

  it('none for opens: no pixel, tracked links', () => {
    const { html } = renderWith({ opens: 'none' });
    expect(pixelTokens(html)).toEqual([]);
    expect(trackedUrls(html)).toHaveLength(2);
    expect(tokenIn(html)).toMatchObject({ consent: { opens: 'none', clicks: 'individual' }, recipient: 'r' });
  });

  it('none for clicks: plain links, a pixel', () => {
    const { html, text } = renderWith({ clicks: 'none' });
    expect(pixelTokens(html)).toHaveLength(1);
    expect(html.replace(/<img[^>]*>/, '')).toBe(HTML);
    expect(text).toBe(TEXT);
  });

  it('none for both: the source itself', () => {
    const { html, text } = renderWith({ opens: 'none', clicks: 'none' });
    expect(html).toBe(HTML);
    expect(text).toBe(TEXT);
  });

  it('aggregate for both: no recipient in R', () => {
    const { html } = renderWith({ opens: 'aggregate', clicks: 'aggregate' });
    expect(tokenIn(html)).toEqual({
      message: 'm',
      recipient: null,
      consent: { opens: 'aggregate', clicks: 'aggregate' },
      test: false,
    });
  });

  it('aggregate: every recipient gets the same HTML', () => {
    const mail = tracker.compile(HTML, { message: 'm', consent: { opens: 'aggregate', clicks: 'none' } });
    expect(mail.render('r1').html).toBe(mail.render('r2').html);
    expect(mail.render('r1').html).toBe(mail.render(null).html);
  });

  it('of the recipient lowers that of the message and never raises it', () => {
    fc.assert(
      fc.property(anyConsent, anyConsent, (message, recipient) => {
        const { html } = renderWith(message, { consent: recipient });
        const effective = lowestConsent(message, recipient);
        expect(pixelTokens(html)).toHaveLength(effective.opens === 'none' ? 0 : 1);
        expect(trackedUrls(html)).toHaveLength(effective.clicks === 'none' ? 0 : 2);
        if (effective.opens === 'none' && effective.clicks === 'none') return;
        const isNamed = effective.opens === 'individual' || effective.clicks === 'individual';
        expect(tokenIn(html)).toMatchObject({ consent: effective, recipient: isNamed ? 'r' : null });
      }),
    );
  });

  it('of the tracker is the highest there is', () => {
    const careful = testTracker({ consent: { opens: 'none', clicks: 'aggregate' } });
    const { html } = careful.compile(HTML, { message: 'm', consent: { opens: 'individual' } }).render('r');
    expect(pixelTokens(html)).toEqual([]);
    expect(tokenIn(html)).toMatchObject({ recipient: null, consent: { opens: 'none', clicks: 'aggregate' } });
  });

  it('that is said in part leaves the rest to the message', () => {
    const { html } = renderWith({}, { consent: { opens: 'none' } });
    expect(tokenIn(html)).toMatchObject({ consent: { opens: 'none', clicks: 'individual' } });
  });

  it.each([
    [{ opens: 'some' }, 'INVALID_OPTION', 'consent.opens must be one of none, aggregate, individual'],
    [{ click: 'none' }, 'UNKNOWN_OPTION', 'Did you mean clicks?'],
    ['none', 'INVALID_OPTION', 'expects an object'],
    [null, 'INVALID_OPTION', 'expects an object'],
  ])('%j is refused', (consent, code, message) => {
    const options: object = { consent };
    const error = thrownBy(() => tracker.compile(HTML, { message: 'm' }).render('r', options));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe('renderInto', () => {
  const anyPixel = fc.constantFrom<PixelPlacement>('top', 'bottom', 'both', 'none');

  it('writes what render gives, as UTF-8, at the offset, and nothing else', () => {
    fc.assert(
      fc.property(
        uglyHtml,
        anyPixel,
        fc.option(anyId),
        anyConsent,
        fc.nat(20),
        (html, pixel, recipient, consent, offset) => {
          const mail = tracker.compile(html, { message: 'm', pixel });
          const expected = Buffer.from(mail.render(recipient, { consent }).html);
          const target = Buffer.alloc(offset + expected.length + 9, '#');
          expect(mail.renderInto(target, offset, recipient, { consent })).toBe(expected.length);
          expect(target.subarray(offset, offset + expected.length).equals(expected)).toBe(true);
          expect(target.subarray(0, offset).toString('latin1')).toBe('#'.repeat(offset));
          expect(target.subarray(offset + expected.length).toString('latin1')).toBe('#'.repeat(9));
          expect(mail.htmlBytes(recipient, { consent })).toBe(expected.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('writes recipient after recipient into one buffer', () => {
    const mail = tracker.compile(readMail('newsletter.html'), { message: 'm' });
    const target = Buffer.alloc(200_000);
    for (const recipient of ['r1', 'another-recipient', 'r2', 'ü']) {
      const bytes = mail.renderInto(target, 7, recipient);
      expect(target.toString('utf8', 7, 7 + bytes)).toBe(mail.render(recipient).html);
    }
  });

  it('refuses a buffer without room and leaves it alone', () => {
    const mail = tracker.compile(HTML, { message: 'm' });
    const bytes = mail.htmlBytes('r');
    const target = Buffer.alloc(bytes + 4, '#');
    expect(() => mail.renderInto(target, 5, 'r')).toThrow(RangeError);
    expect(target.toString('latin1')).toBe('#'.repeat(bytes + 4));
    expect(mail.renderInto(target, 4, 'r')).toBe(bytes);
  });
});

describe('bytesAdded', () => {
  const twelve = 'r'.repeat(12);

  it.each(MAIL_NAMES)('is what a recipient id of 12 bytes adds to %s', (name) => {
    const mail = tracker.compile(readMail(name), { message: 'spring-sale' });
    expect(mail.bytesAdded).toBe(Buffer.byteLength(mail.render(twelve).html) - mail.sourceBytes);
    expect(mail.sourceBytes).toBe(Buffer.byteLength(readMail(name)));
  });

  it('is that for any HTML, placement and consent', () => {
    fc.assert(
      fc.property(uglyHtml, fc.constantFrom('top', 'both', 'none'), anyConsent, (html, pixel, consent) => {
        const mail = tracker.compile(html, { message: 'm', pixel, consent });
        expect(mail.bytesAdded).toBe(Buffer.byteLength(mail.render(twelve).html) - Buffer.byteLength(html));
      }),
    );
  });

  it('is what an id of recipientBytes adds when that is given', () => {
    const mail = tracker.compile(HTML, { message: 'm', recipientBytes: 36 });
    expect(mail.bytesAdded).toBe(Buffer.byteLength(mail.render('r'.repeat(36)).html) - mail.sourceBytes);
  });
});

describe('recipientBytes', () => {
  it('makes every rendered mail as long as every other', () => {
    const mail = tracker.compile(HTML, { message: 'm', recipientBytes: 36 });
    const lengths = [null, 'a', 'ü', 'b'.repeat(36)].map((recipient) => mail.htmlBytes(recipient));
    expect(new Set(lengths).size).toBe(1);
  });

  it('refuses a longer id, by bytes', () => {
    const mail = tracker.compile(HTML, { message: 'm', recipientBytes: 3 });
    expect(mail.render('üa').html).toContain(BASE_URL);
    const error = thrownBy(() => mail.render('üü'));
    expect(error.code).toBe('INVALID_ID');
    expect(error.message).toContain('at most 3 bytes');
  });
});
