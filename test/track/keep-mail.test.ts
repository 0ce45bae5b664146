import mjml2html from 'mjml';
import { describe, expect, it } from 'vitest';
import { type KeptMail, unpackMail } from '../../src/base/kept-mail.ts';
import type { CompileOptions } from '../../src/track/create-tracker.ts';
import type { PackedMail } from '../../src/track/mail-queue.ts';
import { MAIL_NAMES, readMail, testTracker } from '../support/mails.ts';

/** What is kept of a mail. */
async function keptOf(html: string, options: Partial<CompileOptions> = {}): Promise<KeptMail> {
  let packed: PackedMail | undefined;
  const store = {
    recordMail: async (_: string, mail: PackedMail) => {
      packed = mail;
      return true;
    },
    recordSends: async () => undefined,
    recordLinks: async () => undefined,
  };
  const tracker = testTracker({ store });
  tracker.compile(html, { message: 'm', ...options });
  await tracker.close();
  return await unpackMail(packed?.packed ?? new Uint8Array());
}

describe('what is kept of a mail', () => {
  it.each([
    ['a link that resets a password', '<a href="https://shop.example/reset-password?token=s3cret">Reset</a>'],
    [
      'the same, opted out of tracking',
      '<a clicktracking=off href="https://shop.example/reset-password?token=s3cret">R</a>',
    ],
    ['the same, twice encoded', '<a href="https&#58;//shop.example/reset-password?a=1&amp;token=s3cret">Reset</a>'],
    ['an address to be copied', '<p>Or copy https://shop.example/magic-link/s3cret9x7c5v3b1n2m4, please.</p>'],
    [
      'markup for machines',
      '<script type="application/ld+json">{"url":"https:\\/\\/shop.example\\/verify-email?token=s3cret"}</script>',
    ],
    ['a way to unsubscribe', '<a href="https://list.example/unsubscribe/s3cret">Unsubscribe</a>'],
    ['one that its words give away', '<a href="https://list.example/s3cret">Abmelden</a>'],
    [
      'Outlook’s twin of one',
      '<!--[if mso]><v:rect href="https://shop.example/verify/s3cret9x7c5v3b1n2m4"></v:rect><![endif]-->',
    ],
  ])('has nothing of %s', async (_, part) => {
    const { html } = await keptOf(`<body>${part}<a href="https://shop.example/">Shop</a></body>`);
    expect(html).not.toContain('s3cret');
    expect(html).toContain('#');
    expect(html).toContain('<a href="https://shop.example/">Shop</a></body>');
  });

  it('has nothing of a way out that the sender names', async () => {
    const url = 'https://list.example/way/s3cret';
    expect((await keptOf(`<body><a href="${url}">Bye</a>`, { unsubscribe: url })).html).toBe(
      '<body><a href="#">Bye</a>',
    );
  });

  it('has nothing of a secret link that the policy has tracked', async () => {
    const html = '<body><a href="https://shop.example/reset-password?token=s3cret">Reset</a>';
    expect((await keptOf(html, { policy: () => true })).html).not.toContain('s3cret');
  });

  it('keeps tags that are merged later as they are', async () => {
    const html =
      '<body>Dear {{ name }}, <a href="https://shop.example/">Shop</a> {% if x %}<a href="{{ url }}">y</a>{% endif %}';
    expect((await keptOf(html, { merge: 'liquid' })).html).toBe(html);
  });

  it('has its marks behind the names of tags, also behind what was blanked', async () => {
    const html =
      '<HTML><head><LINK rel=preconnect href=//x><link rel=icon></head><Body><a href="https://list.example/unsubscribe">out</a><A href="https://a.example/">1</A><p><a\nhref="https://b.example/">2</a>';
    const kept = await keptOf(html);
    expect(kept.marks.map(({ index, at }) => [index, kept.html.slice(at - 2, at + 8)])).toEqual([
      [0, '<A href="h'],
      [1, '<a\nhref="h'],
    ]);
    expect(kept.reaching.map(({ tag, at }) => [tag, kept.html.slice(at - 2, at)])).toEqual([
      ['link', 'NK'],
      ['link', 'nk'],
      ['a', '<a'],
      ['a', '<A'],
      ['a', '<a'],
    ]);
    expect(kept.html.slice(0, kept.bodyAt ?? 0)).toMatch(/<Body>$/);
  });

  it('says who sees a link: everybody, Outlook alone, who looks at a map or at the text', async () => {
    const button = (url: string) => `<!--[if mso]><v:roundrect href="${url}"></v:roundrect><![endif]-->`;
    const html = `<body>${button('https://a.example/')}<!--[if !mso]><!--><a href="https://a.example/">A</a><!--<![endif]-->
      ${button('https://b.example/')}<map><area href="https://c.example/" alt="C"></map>`;
    const { links, marks } = await keptOf(html, { text: 'See https://d.example/' });
    expect(links.map(({ index, shown }) => [index, shown])).toEqual([
      [0, 'html'],
      [1, 'outlook'],
      [2, 'area'],
      [3, 'text'],
    ]);
    expect(marks.map(({ index }) => index)).toEqual([0]);
  });

  it.each(MAIL_NAMES)('has a mark for each place of a link that is seen, in %s', async (name) => {
    const { html, marks } = await keptOf(readMail(name));
    for (const { at } of marks) expect(html.slice(0, at)).toMatch(/<a$/i);
    expect(new Set(marks.map(({ at }) => at)).size).toBe(marks.length);
  });

  it('has the marks of what MJML makes of a button', async () => {
    const made = await mjml2html(
      '<mjml><mj-body><mj-section><mj-column><mj-button href="https://shop.example/a">A</mj-button><mj-text><a href="https://shop.example/b">B</a></mj-text></mj-column></mj-section></mj-body></mjml>',
    );
    const { marks, links } = await keptOf(made.html);
    expect(marks.map(({ index }) => index)).toEqual([0, 1]);
    expect(links.map(({ shown }) => shown)).toEqual(['html', 'html']);
  });
});
