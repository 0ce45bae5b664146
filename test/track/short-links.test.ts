import { describe, expect, it, vi } from 'vitest';
import { shortLinksMax } from '../../src/base/limits.ts';
import { readShortLinkToken } from '../../src/token/short-link-token.ts';
import { compileMime } from '../../src/track/rewrite-mime.ts';
import type { LinkStore } from '../../src/track/short-links.ts';
import { BASE_URL, readMail, testTracker, trackedUrls } from '../support/mails.ts';
import { openTestStore } from '../support/stores.ts';
import { thrownBy } from '../support/thrown.ts';

const HTML = '<body><a href="https://example.com/a">a</a> <a href="https://example.com/b">b</a></body>';

async function setUp() {
  const { store } = await openTestStore();
  return { store, tracker: testTracker({ store, links: 'short' }) };
}

describe('short links', () => {
  it('carry the index and the set of the mail, in HTML and text, and are registered by it', async () => {
    const { store, tracker } = await setUp();
    const text = 'https://example.com/b and https://example.com/c';
    const mail = tracker.compile(HTML, { message: 'm', text });
    await mail.register();
    const rendered = mail.render('r1');
    const tokens = [...trackedUrls(rendered.html), ...trackedUrls(rendered.text ?? '')].map(({ l }) =>
      readShortLinkToken(l),
    );
    const { changes } = await store.changesAfter(0, 10);
    const [registered] = changes;
    const change = registered?.change.kind === 'short-links' ? registered.change : undefined;
    expect(tokens).toEqual([0, 1, 1, 2].map((index) => ({ set: change?.set, index })));
    expect(change).toMatchObject({
      message: 'm',
      links: ['a', 'b', 'c'].map((name, index) => ({ index, destination: `https://example.com/${name}` })),
    });
    expect((await store.linksOf('m', 10)).map(({ name }) => name)).toEqual(['a', 'b', '']);
  });

  it('have URLs of exactly 86 characters for ids of 12 bytes, and self-contained ones at most 210', async () => {
    const { tracker } = await setUp();
    const destination = `https://shop.example/${'x'.repeat(46)}`;
    expect([BASE_URL.length, destination.length]).toEqual([26, 67]);
    const html = `<body><a href="${destination}">a</a></body>`;
    const short = tracker.compile(html, { message: 'spring' });
    await short.register();
    const [shortUrl] = trackedUrls(short.render('r-0042').html);
    const [longUrl] = trackedUrls(
      tracker.compile(html, { message: 'spring', links: 'self-contained' }).render('r-0042').html,
    );
    expect(shortUrl?.url).toHaveLength(86);
    expect(longUrl?.url).toHaveLength(197);
    expect(shortUrl?.l).toMatch(/^[a-z2-7]{8}$/);
    expect(longUrl?.l.length).toBeGreaterThanOrEqual(24);
    for (const url of [shortUrl?.url ?? '', longUrl?.url ?? '']) expect(url).toMatch(/^https:\/\/[a-z0-9./]*[a-z2-7]$/);
  });

  it('change nothing else in a mail', async () => {
    const { store, tracker } = await setUp();
    const html = readMail('newsletter.html');
    const mail = tracker.compile(html, { message: 'm' });
    await mail.register();
    const other = testTracker({ store }).compile(html, { message: 'm' });
    const strip = (rendered: string) => rendered.replace(/(\/c\/[a-z2-7]+\/)[a-z2-7]+/g, '$1');
    expect(strip(mail.render('r1').html)).toBe(strip(other.render('r1').html));
    expect(mail.links).toEqual(other.links);
    expect(mail.bytesAdded).toBeLessThan(other.bytesAdded);
    expect(mail.htmlBytes('r1')).toBe(Buffer.byteLength(mail.render('r1').html));
  });

  it('track destinations that are too long for a link that carries them', async () => {
    const { tracker } = await setUp();
    const html = `<a href="https://example.com/${'x'.repeat(1_900)}">a</a>`;
    expect(tracker.compile(html, { message: 'm' }).links).toHaveLength(1);
    const long = tracker.compile(html, { message: 'm', links: 'self-contained' });
    expect(long.notes.map(({ code }) => code)).toContain('tracked-url-too-long');
  });

  it('name two differing compiles of one message differently', async () => {
    const { tracker } = await setUp();
    const setOf = async (html: string) => {
      const mail = tracker.compile(html, { message: 'm' });
      await mail.register();
      return readShortLinkToken(trackedUrls(mail.render('r1').html)[0]?.l ?? '')?.set;
    };
    expect(await setOf(HTML)).not.toBe(await setOf(HTML.replace('example.com/b', 'example.com/c')));
    expect(await setOf(HTML)).toBe(await setOf(HTML.replace('>b<', '>another text<')));
  });

  it('go as far as 15 bits; the links beyond are self-contained', async () => {
    const { store, tracker } = await setUp();
    const html = Array.from({ length: shortLinksMax + 1 }, (_, i) => `<a href="https://e.example/${i}">x</a>\n`).join(
      '',
    );
    const mail = tracker.compile(html, { message: 'm' });
    await mail.register();
    const urls = trackedUrls(mail.render('r1').html);
    expect(readShortLinkToken(urls[shortLinksMax - 1]?.l ?? '')).toMatchObject({ index: shortLinksMax - 1 });
    expect(urls[shortLinksMax]?.l.length).toBeGreaterThan(24);
    const [registered] = (await store.changesAfter(0, 1)).changes;
    expect(registered?.change.kind === 'short-links' && registered.change.links).toHaveLength(shortLinksMax);
  });
});

describe('a mail with short links', () => {
  const calls = [
    ['render', (mail) => mail.render('r1')],
    ['renderInto', (mail) => mail.renderInto(Buffer.alloc(10_000), 0, 'r1')],
    ['edits', (mail) => mail.edits('r1')],
    ['template', (mail) => mail.template('{{ telltale }}')],
  ] as const satisfies readonly (readonly [
    string,
    (mail: ReturnType<ReturnType<typeof testTracker>['compile']>) => unknown,
  ])[];

  it.each(calls)('is refused by %s before it is registered, and not after', async (_, call) => {
    const { tracker } = await setUp();
    const mail = tracker.compile(HTML, { message: 'm' });
    expect(mail.isRegistered).toBe(false);
    const error = thrownBy(() => call(mail));
    expect(error.code).toBe('LINKS_NOT_REGISTERED');
    expect(error.message).toContain('await mail.register()');
    await mail.register();
    expect(mail.isRegistered).toBe(true);
    call(mail);
  });

  it('can be drafted, measured and named before', async () => {
    const { tracker } = await setUp();
    const mail = tracker.compile(HTML, { message: 'm' });
    const draft = mail.draft('r1');
    const bytes = mail.htmlBytes('r1');
    await mail.register();
    const { html, text, headers } = mail.render('r1');
    expect(draft).toEqual({ html, text, headers, edits: mail.edits('r1') });
    expect(bytes).toBe(Buffer.byteLength(html));
  });

  it('needs no registration where no link is tracked', async () => {
    const { tracker } = await setUp();
    expect(tracker.compile('<body>no link</body>', { message: 'm' }).render('r1').html).toContain('/o/');
    const mail = tracker.compile(HTML, { message: 'm' });
    expect(mail.render('r1', { consent: { clicks: 'none' } }).html).toContain('href="https://example.com/a"');
  });

  it('is registered once for all compiles of a tracker, so that rewrite works too', async () => {
    const { store, tracker } = await setUp();
    const mail = tracker.compile(HTML, { message: 'm' });
    await mail.register();
    await mail.register();
    expect(tracker.compile(HTML, { message: 'm' }).isRegistered).toBe(true);
    expect(tracker.compile(HTML, { message: 'another' }).isRegistered).toBe(false);
    expect(tracker.rewrite(HTML, { message: 'm', recipient: 'r1' }).html).toContain(`${BASE_URL}/c/`);
    expect((await store.changesAfter(0, 10)).last).toBe(1);
  });

  it('stays unregistered when the store fails', async () => {
    const failing: LinkStore = {
      recordSends: async () => {},
      recordLinks: async () => {},
      recordShortLinks: () => Promise.reject(new Error('down')),
    };
    const mail = testTracker({ store: failing, links: 'short' }).compile(HTML, { message: 'm' });
    await expect(mail.register()).rejects.toThrow('down');
    expect(thrownBy(() => mail.render('r1')).code).toBe('LINKS_NOT_REGISTERED');
  });

  it('is told by the store when another set has its name', async () => {
    const { store, tracker } = await setUp();
    const mail = tracker.compile(HTML, { message: 'm' });
    const set = readShortLinkToken(trackedUrls(mail.draft('r1').html)[0]?.l ?? '')?.set ?? '';
    await store.recordShortLinks('m', set, [{ index: 0, destination: 'https://example.com/z' }], 'library');
    await expect(mail.register()).rejects.toMatchObject({ code: 'LINKS_NOT_REGISTERED' });
  });

  it.each([
    ['no store', undefined],
    ['a store that takes none', { recordSends: vi.fn(), recordLinks: vi.fn() }],
  ])('needs a store: refused with %s', (_, store) => {
    const options = store === undefined ? {} : { store };
    const atOnce = thrownBy(() => testTracker({ ...options, links: 'short' }));
    const later = thrownBy(() => testTracker(options).compile(HTML, { message: 'm', links: 'short' }));
    for (const error of [atOnce, later]) {
      expect(error.code).toBe('INVALID_OPTION');
      expect(error.message).toContain('needs a store');
    }
  });

  it('may be a whole message', async () => {
    const { store, tracker } = await setUp();
    const raw = `Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${HTML}\r\n`;
    const mail = compileMime(tracker, raw, { message: 'm' });
    expect(thrownBy(() => mail.render('r1')).code).toBe('LINKS_NOT_REGISTERED');
    await mail.register();
    const written = mail.render('r1').raw;
    expect(trackedUrls(written.toString()).map(({ l }) => l.length)).toEqual([8, 8]);
    expect(written.length - Buffer.byteLength(raw)).toBeGreaterThan(0);
    expect((await store.changesAfter(0, 10)).last).toBe(1);
  });
});
