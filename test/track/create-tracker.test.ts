import { describe, expect, it } from 'vitest';
import { createKeyRing } from '../../src/token/key-ring.ts';
import type { CompileOptions } from '../../src/track/create-tracker.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import type { Send } from '../../src/track/send-queue.ts';
import { testRing } from '../support/keys.ts';
import { BASE_URL, pixelTokens, testTracker } from '../support/mails.ts';
import { thrownBy } from '../support/thrown.ts';

const HTML = '<body><a href="https://example.com/a">a</a></body>';

describe('createTracker', () => {
  it.each([
    ['the JSON of a ring', testRing()],
    ['the text of a ring', JSON.stringify(testRing())],
    ['a ring made ready', createKeyRing(testRing())],
  ])('takes %s', (_, keys) => {
    const tracker = createTracker({ baseUrl: BASE_URL, keys });
    expect(tracker.compile(HTML, { message: 'm' }).render('r')).toEqual(
      testTracker().compile(HTML, { message: 'm' }).render('r'),
    );
  });

  it('signs new mail with the key of a ring that was changed meanwhile', () => {
    const keys = createKeyRing(testRing());
    const tracker = createTracker({ baseUrl: BASE_URL, keys });
    const before = tracker.compile(HTML, { message: 'm' });
    const first = before.render('r').html;
    keys.replace(testRing(2));
    expect(tracker.compile(HTML, { message: 'm' }).render('r').html).not.toBe(first);
    expect(before.render('r').html).toBe(first);
  });

  it('gives a mail the base URL that it asks for, of those that are allowed', () => {
    const brand = 'https://news.brand.example/m';
    const tracker = createTracker({ baseUrl: BASE_URL, baseUrls: [`${brand}/`], keys: testRing() });
    expect(tracker.baseUrls).toEqual([BASE_URL, brand]);
    const mail = tracker.compile(HTML, { message: 'm', text: 'https://example.com/a', baseUrl: brand });
    const { html, text, headers } = mail.render('r');
    expect(html).toContain(`<img src="${brand}/o/`);
    expect(html).toContain(`href="${brand}/c/`);
    expect(text).toContain(`${brand}/c/`);
    expect(headers['List-Unsubscribe']).toContain(`<${brand}/u/`);
    expect(html + text).not.toContain(BASE_URL);
    // One ring: what differs is where it leads.
    const other = tracker.compile(HTML, { message: 'm', text: 'https://example.com/a' }).render('r');
    expect(html.replaceAll(brand, BASE_URL)).toBe(other.html);
    const refused = thrownBy(() => tracker.compile(HTML, { message: 'm', baseUrl: 'https://stranger.example' }));
    expect(refused.code).toBe('INVALID_BASE_URL');
  });

  it('leaves links alone that lead to the collector, under any of its addresses', () => {
    const tracker = createTracker({ baseUrl: BASE_URL, baseUrls: ['https://brand.example'], keys: testRing() });
    const html = '<a href="https://brand.example/c/abcd/efgh">a</a>';
    const mail = tracker.compile(html, { message: 'm' });
    expect(mail.links).toEqual([]);
    expect(mail.notes.map(({ code }) => code)).toContain('own-link');
  });

  it('drops the trailing slash of the base URL', () => {
    const tracker = createTracker({ baseUrl: 'https://example.com/mail/', keys: testRing() });
    expect(tracker.baseUrl).toBe('https://example.com/mail');
    expect(tracker.compile(HTML, { message: 'm' }).render('r').html).toContain('href="https://example.com/mail/c/');
  });

  it.each([
    ['an unknown option', { baseurl: BASE_URL }, 'UNKNOWN_OPTION', 'Did you mean baseUrl?'],
    ['no base URL', { baseUrl: undefined }, 'INVALID_BASE_URL', 'none came'],
    ['a base URL without scheme', { baseUrl: 't.example.com' }, 'INVALID_BASE_URL', 'https://'],
    ['no keys', { keys: {} }, 'INVALID_KEYS', '"signing" is missing'],
    ['keys that are no JSON', { keys: 'secret' }, 'INVALID_KEYS', 'not valid JSON'],
    ['another placement', { pixel: 'middle' }, 'INVALID_OPTION', 'top, bottom, both, placeholder, none'],
    ['another form of links', { links: 'tiny' }, 'INVALID_OPTION', 'self-contained'],
    ['another consent', { consent: { opens: 'yes' } }, 'INVALID_OPTION', 'none, aggregate, individual'],
  ])('refuses %s', (_, change, code, message) => {
    const error = thrownBy(() => createTracker({ baseUrl: BASE_URL, keys: testRing(), ...change } as never));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it.each([[null], [undefined], ['https://t.example.com'], [[]]])('refuses %j in place of options', (options) => {
    expect(thrownBy(() => createTracker(options as never)).code).toBe('INVALID_OPTION');
  });
});

describe('compile', () => {
  const tracker = testTracker();

  it.each<readonly [string, object, string, string]>([
    ['no message', {}, 'INVALID_ID', 'A message id must be'],
    ['an empty message', { message: '' }, 'INVALID_ID', 'it is empty'],
    ['a message that is a number', { message: 42 }, 'INVALID_ID', 'of type number'],
    ['an unknown option', { message: 'm', txt: '' }, 'UNKNOWN_OPTION', 'Did you mean text?'],
    ['a recipient', { message: 'm', recipient: 'r' }, 'UNKNOWN_OPTION', 'recipient'],
    ['a text that is a buffer', { message: 'm', text: Buffer.from('a') }, 'INVALID_OPTION', 'text as a string'],
    ['a flag that is a text', { message: 'm', test: 'false' }, 'INVALID_OPTION', 'test must be true or false'],
    [
      'another flag that is a text',
      { message: 'm', stripOptOutAttributes: 'no' },
      'INVALID_OPTION',
      'stripOptOutAttributes must be true or false',
    ],
    ['ways out that are no text', { message: 'm', unsubscribe: [5] }, 'INVALID_OPTION', 'unsubscribe must be URLs'],
    ['another placement', { message: 'm', pixel: 'middle' }, 'INVALID_OPTION', 'pixel must be one of'],
    [
      'another consent',
      { message: 'm', consent: { clicks: 'yes' } },
      'INVALID_OPTION',
      'consent.clicks must be one of',
    ],
    ['recipientBytes that are no number', { message: 'm', recipientBytes: '9' }, 'INVALID_OPTION', 'recipientBytes'],
    ['recipientBytes below 0', { message: 'm', recipientBytes: -1 }, 'INVALID_OPTION', 'recipientBytes'],
    ['recipientBytes over 128', { message: 'm', recipientBytes: 129 }, 'INVALID_OPTION', 'recipientBytes'],
    ['recipientBytes of a half', { message: 'm', recipientBytes: 0.5 }, 'INVALID_OPTION', 'recipientBytes'],
  ])('refuses %s', (_, options, code, message) => {
    const error = thrownBy(() => tracker.compile(HTML, options as CompileOptions));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it.each([[undefined], [null], [42], [Buffer.from(HTML)]])('refuses %s in place of HTML', (html) => {
    const error = thrownBy(() => tracker.compile(html as never, { message: 'm' }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain('HTML as a string');
  });

  it('takes the placement of the tracker unless it is given one', () => {
    const bottom = testTracker({ pixel: 'bottom' });
    expect(bottom.compile(HTML, { message: 'm' }).render('r').html).toMatch(/<img[^>]*><\/body>$/);
    expect(bottom.compile(HTML, { message: 'm', pixel: 'top' }).render('r').html).toMatch(/^<body><img/);
  });

  it('takes options that are given as undefined for not given', () => {
    const options = { message: 'm', text: undefined, pixel: undefined, consent: undefined, test: undefined };
    expect(tracker.compile(HTML, options).render('r')).toEqual(tracker.compile(HTML, { message: 'm' }).render('r'));
  });

  it('takes an empty mail', () => {
    const { html } = tracker.compile('', { message: 'm' }).render('r');
    expect(pixelTokens(html)).toHaveLength(1);
  });
});

describe('rewrite', () => {
  const tracker = testTracker();

  it('is compile and render in one', () => {
    const options = { message: 'm', text: 'https://example.com/b', pixel: 'bottom', test: true } as const;
    expect(tracker.rewrite(HTML, { ...options, recipient: 'r' })).toEqual(tracker.compile(HTML, options).render('r'));
    expect(tracker.rewrite(HTML, { ...options, recipient: null })).toEqual(tracker.compile(HTML, options).render(null));
  });

  it('refuses a mail without a word on its recipient', () => {
    expect(thrownBy(() => tracker.rewrite(HTML, { message: 'm' } as never)).code).toBe('INVALID_ID');
  });
});

describe('the store', () => {
  it('is told of the links when the mail is registered', async () => {
    const told: unknown[] = [];
    const tracker = testTracker({
      store: {
        recordSends: async () => undefined,
        recordLinks: async (message, links) => told.push([message, links]),
      },
    });
    const mail = tracker.compile(HTML, { message: 'm' });
    expect(told).toEqual([]);
    await mail.register();
    expect(told).toEqual([['m', mail.links]]);
  });

  it('is told of sends before close returns', async () => {
    const told: [string, readonly Send[]][] = [];
    const tracker = testTracker({
      store: {
        recordSends: async (message, sends) => told.push([message, sends]),
        recordLinks: async () => undefined,
      },
    });
    expect(tracker.recordSend('m', { recipient: 'r', atMs: 1 })).toBe(true);
    await tracker.close();
    expect(told).toEqual([['m', [{ recipient: 'r', atMs: 1 }]]]);
  });

  it('is not needed', async () => {
    const tracker = testTracker();
    expect(tracker.recordSend('m', { recipient: 'r', atMs: 1 })).toBe(false);
    await tracker.compile(HTML, { message: 'm' }).register();
    await tracker.close();
  });

  it('that fails is told to onProblem', async () => {
    const problems: unknown[] = [];
    const failure = new Error('disk full');
    const tracker = testTracker({
      onProblem: (error) => problems.push(error),
      store: { recordSends: () => Promise.reject(failure), recordLinks: async () => undefined },
    });
    tracker.recordSend('m', { recipient: 'r', atMs: 1 });
    await tracker.close();
    tracker.reportProblem('another');
    expect(problems).toEqual([failure, 'another']);
  });
});
