// Mail made by React: its own comments, references and attributes come through untouched.
import { render } from '@react-email/render';
import { createElement as h } from 'react';
import { beforeAll, describe, expect, it } from 'vitest';
import { treeOf } from '../support/dom.ts';
import { testTracker, undo } from '../support/mails.ts';

const tracker = testTracker();

/** The addresses as React writes them, in order: the last two are twins. */
const VALUES = ['https://shop.example/?a=1&amp;b=2', 'https://shop.example/outlook', 'https://shop.example/outlook'];

function Mail({ name }: { readonly name: string }) {
  const cell = { padding: '12px 20px', fontFamily: '"Segoe UI", Arial' };
  return h(
    'html',
    { lang: 'en' },
    h('head', null, h('title', null, 'Hello')),
    h(
      'body',
      { style: { backgroundColor: '#f6f9fc' } },
      h('p', null, 'Grüße, ', name, ' & friends'),
      h(
        'table',
        { role: 'presentation', cellPadding: 0 },
        h(
          'tbody',
          null,
          h('tr', null, h('td', { style: cell }, h('a', { href: 'https://shop.example/?a=1&b=2' }, 'Shop'))),
        ),
      ),
      h('a', { href: 'https://shop.example/unsubscribe' }, 'Unsubscribe'),
      h('div', {
        dangerouslySetInnerHTML: {
          __html:
            '<!--[if mso]><v:rect href="https://shop.example/outlook"></v:rect><![endif]--><a href="https://shop.example/outlook">Go</a>',
        },
      }),
    ),
  );
}

describe('mail made by React', () => {
  let source: string;
  beforeAll(async () => {
    source = await render(h(Mail, { name: 'Ann' }));
  });

  it('has its links tracked to where React meant them to lead', () => {
    const { links } = tracker.compile(source, { message: 'm' });
    expect(links.map(({ index, destination }) => `${index} ${destination}`)).toEqual([
      '0 https://shop.example/?a=1&b=2',
      '1 https://shop.example/outlook',
    ]);
  });

  it.each([false, true])('keeps every byte outside its links and pixel, pretty-printed: %s', async (pretty) => {
    const made = await render(h(Mail, { name: 'Bob' }), { pretty });
    const { html } = tracker.compile(made, { message: 'm' }).render('r');
    expect(html).not.toBe(made);
    expect(undo(html, VALUES)).toBe(made);
    expect(treeOf(undo(html, VALUES))).toEqual(treeOf(made));
  });
});
