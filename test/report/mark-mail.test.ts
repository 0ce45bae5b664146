import { expect, it } from 'vitest';
import type { KeptMail } from '../../src/base/kept-mail.ts';
import type { MappedLink } from '../../src/report/click-map.ts';
import { heatOf, markMail, shareWords } from '../../src/report/mark-mail.ts';

const HTML = '<head><link rel=preconnect href=//x></head><body><a href="https://a.example/">A</a> <A HREF=b>B</A>';
const MAIL: KeptMail = {
  html: HTML,
  bodyAt: HTML.indexOf('<body>') + 6,
  marks: [
    { at: HTML.indexOf('<a ') + 2, index: 0 },
    { at: HTML.indexOf('<A ') + 2, index: 1 },
  ],
  reaching: [{ tag: 'link', at: HTML.indexOf('<link') + 5 }],
  links: [],
};

function link(index: number, human: number, share: number | null): MappedLink {
  return { index, destination: '', name: '', shown: 'html', human, total: human, share };
}

it('marks links behind the names of their tags, tames link tags, and changes nothing else', () => {
  const marked = markMail(MAIL, [link(0, 3, 0.75), link(1, 1, 0.25)], { images: false });
  expect(marked).toContain(
    '<a data-telltale-heat="5" data-telltale-share="#0 ·\u00a075\u00a0%" href="https://a.example/">A</a>',
  );
  expect(marked).toContain('<A data-telltale-heat="2" data-telltale-share="#1 ·\u00a025\u00a0%" HREF=b>B</A>');
  expect(marked).toContain('<link rel="none" rel=preconnect href=//x>');
  expect(marked).toContain('<body><style>');
  const undone = marked
    .replace(/<style>.*?<\/style>/, '')
    .replaceAll(/ data-telltale-\w+="[^"]*"/g, '')
    .replace(' rel="none"', '');
  expect(undone).toBe(HTML);
});

it('has frames show nothing and links lead nowhere', () => {
  const html = '<body><iframe src=//x></iframe><frame src=//x><area href=//x>';
  const reaching = [
    { tag: 'iframe', at: html.indexOf('<iframe') + 7 },
    { tag: 'frame', at: html.indexOf('<frame') + 6 },
    { tag: 'area', at: html.indexOf('<area') + 5 },
  ] as const;
  const marked = markMail({ ...MAIL, html, reaching, bodyAt: 6, marks: [] }, [], { images: true });
  expect(marked).toContain(
    '<iframe srcdoc="" src=//x></iframe><frame src="about:blank" src=//x><area href="#" href=//x>',
  );
});

it('has its style sheet at the end where the mail has no body', () => {
  expect(markMail({ ...MAIL, bodyAt: null }, [], { images: true })).toMatch(/B<\/A><style>.*<\/style>$/);
});

it('shows the places of images that do not come', () => {
  expect(markMail(MAIL, [], { images: false })).toContain('img:not(');
  expect(markMail(MAIL, [], { images: true })).not.toContain('img:not(');
});

it('names links without a share by their index alone', () => {
  expect(markMail(MAIL, [link(0, 0, null)], { images: true })).toContain('data-telltale-share="#0"');
});

it.each([
  [null, '–'],
  [0, '0 %'],
  [0.004, '<1 %'],
  [0.125, '13 %'],
  [1, '100 %'],
])('says a share of %s as %s', (share, words) => {
  expect(shareWords(share)).toBe(words);
});

it('is hot beside the most clicked link', () => {
  expect([0, 1, 20, 21, 99, 100].map((human) => heatOf(link(0, human, null), 100))).toEqual([0, 1, 1, 2, 5, 5]);
  expect(heatOf(link(0, 0, null), 0)).toBe(0);
});
