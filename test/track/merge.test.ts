import { describe, expect, it } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import type { MergeSyntax } from '../../src/html/merge-tags.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { testRing } from '../support/keys.ts';

const tracker = createTracker({ baseUrl: 'https://t.example.com', keys: testRing() });

function compile(html: string, merge?: MergeSyntax, text?: string) {
  return tracker.compile(html, { message: 'm', merge, text });
}

const TEMPLATE = `<html><body {{ attributes }}>
<p>Dear {{ name | default: "friend" }},</p>
<table>{% for item in items %}<tr><td><a href="https://shop.example/p">Item</a></td></tr>{% endfor %}</table>
<a href="{{ item.url }}">One</a> <a href="https://shop.example/{{ id }}">Two</a>
<a href="https://shop.example/{{ id | default: "x" }}">Three</a> <a {% if a %} href="https://shop.example/if" {% endif %}>Four</a>
</body></html>`;

describe('a mail that is still to be merged', () => {
  it('keeps every tag as it was', () => {
    const mail = compile(TEMPLATE, 'liquid');
    const tags = (html: string) => html.match(/\{\{[^{}]*\}\}|\{%[^{}]*%\}/g);
    expect(tags(mail.render('r').html)).toEqual(tags(TEMPLATE));
  });

  it('has those of its links tracked that no tag touches', () => {
    const mail = compile(TEMPLATE, 'liquid');
    const tracked = mail.links.filter((link) => link.merged === undefined);
    expect(tracked.map((link) => link.destination)).toEqual(['https://shop.example/p', 'https://shop.example/if']);
    expect(mail.notes.map(({ code, line }) => `${code} ${line}`)).toEqual([
      'merge-tag 4',
      'merge-tag 4',
      'merge-tag 5',
    ]);
  });

  it('is warned of when nobody says that it will be merged', () => {
    const { notes, links } = compile(TEMPLATE);
    expect(notes.map((note) => note.code)).toContain('merge-tags-left');
    expect(links.map((link) => link.name)).toEqual(['Item', 'Four']);
  });

  it('gets no pixel inside a tag', () => {
    const mail = compile('<body {{#if a > b}}class="x"{{/if}}><p>x</p></body>', 'handlebars');
    expect(mail.render('r').html).not.toContain('<img');
    expect(mail.notes.map((note) => note.code)).toContain('no-pixel-place');
  });

  it.each<[string, MergeSyntax]>([
    ['<a href="[[url]]">x</a>', { open: '[[', close: ']]' }],
    ['<a href="https://a.example/~id~">x</a>', { open: '~', close: '~' }],
    ['<a href="*|UNSUB|*">x</a>', 'mailchimp'],
    ['{{!-- <a href="https://a.example/">x</a> --}}', 'handlebars'],
  ])('leaves %s alone for %j', (html, merge) => {
    const mail = compile(html, merge);
    expect(mail.links).toEqual([]);
    expect(mail.notes[0]?.code).toBe('merge-tag');
  });

  it('never has a tag percent-encoded, in HTML or text, said or not', () => {
    const html = '<a href="https://a.example/{{ a | default: "y" }}">x</a><a href="https://a.example/{% b">y</a>';
    const text =
      'https://a.example/{{ a }} https://a.example/*|B|* https://a.example/{% c %} https://a.example/<% d %>';
    for (const merge of [undefined, 'liquid'] as const) {
      const { html: out, text: plain } = compile(html, merge, text).render('r');
      expect(out.replace(/<img[^>]*>/, '')).toBe(html);
      expect(plain).toBe(text);
    }
  });

  it('leaves a URL of the text alone that a tag of one’s own goes on', () => {
    const { text } = compile('', { open: '[[', close: ']]' }, 'https://a.example/[[ id ]] https://b.example/').render(
      'r',
    );
    expect(text).toMatch(/^https:\/\/a\.example\/\[\[ id \]\] https:\/\/t\.example\.com\/c\//);
  });
});

describe('a template with a placeholder', () => {
  const mail = compile('<body><a href="https://a.example/">x</a></body>', 'liquid', 'https://a.example/');

  it('becomes a recipient’s mail when the engine puts in the token', () => {
    const { html, text } = mail.template('{{ telltale }}');
    expect(html).toContain('https://t.example.com/o/{{ telltale }}.gif');
    const fill = (template: string) => template.replaceAll('{{ telltale }}', mail.token('r1'));
    expect({ html: fill(html), text: fill(text ?? '') }).toEqual({
      html: mail.render('r1').html,
      text: mail.render('r1').text,
    });
  });

  it.each(['', '"x"', "{{ 'a' }}", '<x>', 'a\nb'])('refuses %j, which would break an address', (placeholder) => {
    expect(() => mail.template(placeholder)).toThrow(TelltaleError);
  });

  it('gives a token without the recipient where that was not agreed to', () => {
    const consent = { opens: 'aggregate', clicks: 'aggregate' } as const;
    expect(mail.token('r1', { consent })).toBe(mail.token('r2', { consent }));
    expect(mail.token('r1')).not.toBe(mail.token('r2'));
  });
});

describe('merge', () => {
  it.each<[unknown, RegExp]>([
    ['jinja', /merge must be one of liquid, handlebars, mailchimp/],
    [{ open: '[[' }, /delimiters, like/],
    [{ open: '', close: ']]' }, /delimiters, like/],
    [{ start: '[[', close: ']]' }, /has no option "start"/],
  ])('refuses %j', (merge, message) => {
    expect(() => compile('', merge as MergeSyntax)).toThrow(message);
  });
});

describe('links whose destination is merged', () => {
  const place = ({ index }: { readonly index: number }) => `<${index}>`;
  const merged = (html: string, text?: string) => compile(html, 'liquid', text).template('RRR', { mergedLink: place });

  it('are numbered among the others, and Outlook’s twin takes the number of its button', () => {
    const html =
      '<a href="https://a.example/">A</a><a href="https://b.example/{{ b }}">B</a><a href="https://c.example/">C</a>';
    const mail = compile(html, 'liquid');
    expect(mail.links.map(({ index, destination, merged }) => [index, destination, merged])).toEqual([
      [0, 'https://a.example/', undefined],
      [1, 'https://b.example/{{ b }}', true],
      [2, 'https://c.example/', undefined],
    ]);
    const button =
      '<!--[if mso]><v:roundrect href="https://b.example/?a={{ a }}&amp;b=1"></v:roundrect><![endif]--><a href="https://b.example/?a={{ a }}&amp;b=1">B</a>';
    expect(merged(button).html).toContain('<v:roundrect href="<0>">');
    expect(merged(button).html).toContain('<a href="<0>">');
  });

  it.each([
    ['<a href="{{ unsubscribe_url }}">x</a>', 'unsubscribe-link'],
    ['<a href="https://a.example/{{ x }}" data-telltale="off">x</a>', 'opted-out'],
    ['<a href="mailto:{{ email }}">x</a>', 'not-http'],
    ['<a href="/p/{{ x }}">x</a>', 'not-http'],
    ['<a href="https://a.example/?reset_token={{ t }}">x</a>', 'secret-link'],
    ['{% raw %}<a href="https://a.example/{{ x }}">x</a>{% endraw %}', 'merge-tag'],
    ['{% comment %}<a href="https://a.example/{{ x }}">x</a>{% endcomment %}', 'merge-tag'],
    ['<a href="https://a.example/{{ x | append: "y" }}">x</a>', 'merge-tag'],
  ])('stay as they are in %s', (html, code) => {
    const mail = compile(html, 'liquid');
    expect(mail.links).toEqual([]);
    expect(mail.notes.map((note) => note.code)).toContain(code);
  });

  it('stand in texts to their end, without the sentence’s punctuation', () => {
    const text =
      'See https://a.example/?c={{ code | upcase }}&d={{ d }}#top. Or (https://b.example/{{ x }}), or https://c.example/ {{ name }}';
    const result = merged('<p>x</p>', text).text ?? '';
    expect(result).toMatch(/^See <0>\. Or \(<1>\), or https:\/\/t\.example\.com\/c\/RRR\/[a-z2-7]+ \{\{ name \}\}$/);
  });

  it('stay untracked where clicks may not be known', () => {
    const mail = compile('<a href="https://a.example/{{ x }}">x</a>', 'liquid');
    const consent = { clicks: 'none' } as const;
    expect(mail.template('RRR', { mergedLink: place, consent }).html).toContain('href="https://a.example/{{ x }}"');
    expect(mail.mergedUrl('r', 0, 'https://a.example/1', { consent })).toBeUndefined();
  });

  it.each([
    '',
    'mailto:a@b.example',
    'https://t.example.com/u/abc',
    'javascript:alert(1)',
    `https://a.example/${'x'.repeat(2_000)}`,
  ])('are not tracked when they turn out to be %j', (address) => {
    expect(compile('<a href="{{ x }}">x</a>', 'liquid').mergedUrl('r', 0, address)).toBeUndefined();
  });
});
