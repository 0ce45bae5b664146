import { describe, expect, it } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import type { LinkToDecide, Policy } from '../../src/track/read-policy.ts';
import { testRing } from '../support/keys.ts';

const MAIL = `<body>
<a class="x" href="https://shop.example/sale">Sale</a>
<a href="https://www.shop.example/account/orders">Orders</a>
<a href="https://other.example/" clicktracking="off">Other</a>
<a href="https://shop.example/unsubscribe">Unsubscribe</a>
<a href="https://shop.example/reset-password?token=0123456789abcdef0">Reset</a>
<a href="mailto:us@shop.example">Write</a>
</body>`;

function tracked(policy?: Policy, ofTracker?: Policy): readonly string[] {
  const tracker = createTracker({
    baseUrl: 'https://t.example.com',
    keys: testRing(),
    ...(ofTracker && { policy: ofTracker }),
  });
  return tracker.compile(MAIL, { message: 'm', policy }).links.map((link) => link.name);
}

describe('a policy', () => {
  it.each<[string, Policy, readonly string[]]>([
    ['nothing', [], ['Sale', 'Orders']],
    ['a host to leave alone', [{ host: 'SHOP.example', track: false }], ['Orders']],
    ['hosts below a domain', [{ host: '*.shop.example', track: false }], ['Sale']],
    ['a path', [{ path: '/account', track: false }], ['Sale']],
    ['a selector', [{ selector: 'body > a.x', track: false }], ['Orders']],
    ['a host and a path', [{ host: 'shop.example', path: '/account', track: false }], ['Sale', 'Orders']],
    ['an opted-out link to track', [{ host: 'other.example', track: true }], ['Sale', 'Orders', 'Other']],
    ['all to track', [{ path: '/', track: true }], ['Sale', 'Orders', 'Other', 'Unsubscribe', 'Reset']],
    [
      'the first rule that holds',
      [
        { selector: '.x', track: true },
        { path: '/', track: false },
      ],
      ['Sale'],
    ],
    ['a function', ({ name }) => (name === 'Sale' ? false : undefined), ['Orders']],
  ])('of %s decides', (_, policy, names) => {
    expect(tracked(policy)).toEqual(names);
    expect(tracked(undefined, policy)).toEqual(names);
  });

  it('of a mail comes before that of its tracker', () => {
    expect(tracked([{ selector: '.x', track: true }], [{ path: '/', track: false }])).toEqual(['Sale']);
  });

  it('gets to see the message, the destination, the name and the attributes', () => {
    const seen: LinkToDecide[] = [];
    tracked((link) => void seen.push(link));
    expect(seen[0]).toEqual({
      message: 'm',
      destination: 'https://shop.example/sale',
      name: 'Sale',
      attributes: { class: 'x', href: 'https://shop.example/sale' },
    });
  });

  it('is named in the note of a link that it leaves alone', () => {
    const tracker = createTracker({
      baseUrl: 'https://t.example.com',
      keys: testRing(),
      policy: [{ selector: '.x', track: false }],
    });
    const { notes } = tracker.compile(MAIL, { message: 'm' });
    expect(notes[0]).toEqual({
      code: 'policy',
      severity: 'info',
      message: 'left alone: the policy says so',
      line: 2,
      column: 1,
    });
  });

  it('decides on links of the text part, which match no selector', () => {
    const tracker = createTracker({ baseUrl: 'https://t.example.com', keys: testRing() });
    const text = 'https://shop.example/a https://other.example/b';
    const policy = [
      { selector: 'a', track: false },
      { host: 'shop.example', track: false },
    ];
    const rendered = tracker.compile('', { message: 'm', text, policy }).render('r');
    expect(rendered.text).toMatch(/^https:\/\/shop\.example\/a https:\/\/t\.example\.com\/c\//);
  });

  it.each<[string, unknown, RegExp]>([
    ['a text', 'track', /must be a list of rules or a function/],
    ['a rule without track', [{ host: 'a.example' }], /needs track: true or track: false/],
    ['a rule of nothing', [{ track: true }], /needs a host, a path or a selector/],
    ['a misspelt name', [{ hots: 'a.example', track: true }], /Did you mean host\?/],
    ['a path without slash', [{ path: 'account', track: true }], /a path begins with \//],
    ['a selector that is none', [{ selector: 'a[', track: true }], /"a\[" is not a CSS selector/],
    ['a host that is no text', [{ host: 5, track: true }], /host must be a text, but number came/],
    [
      'a function that promises',
      async () => false,
      /must return true, false or undefined, at once, but a promise came/,
    ],
    ['a function that returns a text', () => 'no', /must return true, false or undefined, at once, but string came/],
  ])('is refused when it is %s', (_, policy, message) => {
    for (const make of [() => tracked(policy as Policy), () => tracked(undefined, policy as Policy)]) {
      expect(make).toThrow(TelltaleError);
      expect(make).toThrow(message);
    }
  });
});

describe('ways to unsubscribe that a mail names', () => {
  it.each([
    'https://shop.example/sale',
    ['https://shop.example/sale'],
    '<mailto:out@shop.example>, <https://shop.example/sale>',
  ])('are left alone: %j', (unsubscribe) => {
    const tracker = createTracker({ baseUrl: 'https://t.example.com', keys: testRing() });
    const mail = tracker.compile(MAIL, { message: 'm', unsubscribe });
    expect(mail.links.map((link) => link.name)).toEqual(['Orders']);
    expect(mail.notes[0]?.code).toBe('unsubscribe-link');
  });
});

describe('stripOptOutAttributes', () => {
  const strip = (html: string, stripOptOutAttributes = true) =>
    createTracker({ baseUrl: 'https://t.example.com', keys: testRing() }).compile(html, {
      message: 'm',
      pixel: 'none',
      stripOptOutAttributes,
    });

  it.each([
    ['<a href="https://a.example/" clicktracking="off">x</a>', '<a href="https://a.example/">x</a>'],
    ['<a clicktracking=off href="https://a.example/">x</a>', '<a href="https://a.example/">x</a>'],
    [
      "<a\n  data-pm-no-track\n  data-skip-click='' ses:no-track href='mailto:a@b.c'>x</a>",
      "<a href='mailto:a@b.c'>x</a>",
    ],
    ['<a href="https://a.example/"data-no-track=""class="y">x</a>', '<a href="https://a.example/"class="y">x</a>'],
    [
      '<!--[if mso]><a href="https://a.example/" mc:disable-tracking>x</a><![endif]-->',
      '<!--[if mso]><a href="https://a.example/">x</a><![endif]-->',
    ],
    ['<p clicktracking="off">x</p>', '<p clicktracking="off">x</p>'],
  ])('takes them out of %j, and nothing else', (html, expected) => {
    const mail = strip(html);
    expect(mail.render('r', { consent: { opens: 'none', clicks: 'none' } }).html).toBe(expected);
    expect(strip(html, false).render('r', { consent: { opens: 'none', clicks: 'none' } }).html).toBe(html);
    expect(mail.notes.some((note) => note.code === 'opt-out-attribute-removed')).toBe(html !== expected);
    expect(mail.bytesAdded).toBe(Buffer.byteLength(mail.render('recipient-12').html) - Buffer.byteLength(html));
  });

  it('renders a tracked link beside it, in both forms', () => {
    const mail = strip('<a clicktracking="on" href="https://a.example/">x</a>');
    const { html } = mail.render('r');
    expect(html).toMatch(/^<a href="https:\/\/t\.example\.com\/c\/[a-z2-7]+\/[a-z2-7]+">x<\/a>$/);
    const bytes = Buffer.alloc(mail.htmlBytes('r'));
    mail.renderInto(bytes, 0, 'r');
    expect(bytes.toString()).toBe(html);
  });
});
