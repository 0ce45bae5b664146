import { describe, expect, it } from 'vitest';
import { openHitToken } from '../../src/token/hit-token.ts';
import { openLinkToken } from '../../src/token/link-token.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { testRing } from '../support/keys.ts';
import { openTestStore } from '../support/stores.ts';

const HTML =
  '<html><body><p>Hello</p><a href="https://shop.example/sale">Sale</a><a href="https://shop.example/b">B</a></body></html>';
const tracker = createTracker({ baseUrl: 'https://t.example.com', keys: testRing() });

function trapIn(html: string) {
  const match =
    /<a href="https:\/\/t\.example\.com\/c\/([a-z2-7]+)\/([a-z2-7]+)" aria-hidden="true" tabindex="-1" style="display:none;mso-hide:all"><\/a>/.exec(
      html,
    );
  if (match === null) return undefined;
  const [whole, hit = '', link = ''] = match;
  const opened = openHitToken(tracker.keys, hit);
  if (!opened.ok) throw new Error(opened.reason);
  return { whole, link: openLinkToken(opened.key, 'spring-sale', link) };
}

describe('honeypot: true', () => {
  it('puts a link at the end of the mail that no person sees, and says so', () => {
    const mail = tracker.compile(HTML, { message: 'spring-sale', honeypot: true });
    const trap = trapIn(mail.render('r1').html);
    expect(trap?.link).toEqual({
      ok: true,
      link: { index: 2, count: 3, destination: 'https://shop.example/sale', honeypot: true },
    });
    expect(mail.render('r1').html).toContain(`${trap?.whole}</body>`);
    expect(mail.notes.find(({ code }) => code === 'honeypot-added')?.message).toContain('link 2');
  });

  it('changes nothing else, and leaves the list of links alone', () => {
    const plain = tracker.compile(HTML, { message: 'spring-sale' });
    const mail = tracker.compile(HTML, { message: 'spring-sale', honeypot: true });
    const { html } = mail.render('recipient-42');
    expect(html.replace(trapIn(html)?.whole ?? '', '')).toBe(plain.render('recipient-42').html);
    expect(mail.links).toEqual(plain.links);
    expect(mail.bytesAdded - plain.bytesAdded).toBe(
      Buffer.byteLength(html) - Buffer.byteLength(plain.render('recipient-42').html),
    );
  });

  it('is left out where clicks may not be known', () => {
    const mail = tracker.compile(HTML, { message: 'spring-sale', honeypot: true });
    expect(trapIn(mail.render('r1', { consent: { clicks: 'none' } }).html)).toBeUndefined();
  });

  it('carries its destination itself beside short links', async () => {
    const { store } = await openTestStore();
    const short = createTracker({ baseUrl: 'https://t.example.com', keys: testRing(), store, links: 'short' });
    const mail = short.compile(HTML, { message: 'spring-sale', honeypot: true });
    await mail.register();
    expect(trapIn(mail.render('r1').html)?.link).toMatchObject({ ok: true, link: { honeypot: true } });
  });

  it.each([
    ['has no tracked link', '<body><p>Hello</p></body>'],
    ['has only links that are left alone', '<body><a href="mailto:a@b.example">a</a></body>'],
  ])('warns and puts none in when the mail %s', (_, html) => {
    const mail = tracker.compile(html, { message: 'spring-sale', honeypot: true });
    expect(mail.notes.map(({ code }) => code)).toContain('no-honeypot');
    expect(trapIn(mail.render('r1').html)).toBeUndefined();
  });

  it('is off unless asked for, and takes only true and false', () => {
    expect(trapIn(tracker.compile(HTML, { message: 'spring-sale' }).render('r1').html)).toBeUndefined();
    const options: object = { message: 'm', honeypot: 'yes' };
    expect(() => Reflect.apply(tracker.compile, tracker, [HTML, options])).toThrow('honeypot must be true or false');
  });
});
