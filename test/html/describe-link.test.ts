import { describe, expect, it } from 'vitest';
import { describeLink } from '../../src/html/describe-link.ts';
import { findLinks } from '../../src/html/find-links.ts';
import { parseMail } from '../../src/html/parse-mail.ts';

function nameOf(source: string): string | undefined {
  const [link] = findLinks(parseMail(source)).links;
  return link && describeLink(link.element).name;
}

describe('the name of a link', () => {
  it.each([
    ['its text', '<a href=x>Read more</a>', 'Read more'],
    ['its text in all parts', '<a href=x><b>Read</b> <i>more</i></a>', 'Read more'],
    ['its text with blanks folded', '<a href=x>\r\n  Read\u00a0\t more\u200b\n</a>', 'Read more'],
    ['its text decoded', '<a href=x>2 &gt; 1 &amp; more</a>', '2 > 1 & more'],
    ['the alternative text of its image', '<a href=x><img alt=" The harbour "></a>', 'The harbour'],
    ['the alternative text of the first image that has one', '<a href=x><img><img alt=""><img alt="b"></a>', 'b'],
    ['its text before the alternative text', '<a href=x><img alt="b">a</a>', 'a'],
    ['the alternative text of an area', '<map><area href=x alt="Falmouth"></map>', 'Falmouth'],
    ['data-telltale-name', '<a href=x data-telltale-name="hero">Read more</a>', 'hero'],
    ['ses:tags', '<a href=x ses:tags="place:hero">Read more</a>', 'place:hero'],
    ['data-msys-linkname', '<a href=x data-msys-linkname="hero">Read more</a>', 'hero'],
    ['our own attribute before others', '<a href=x ses:tags="b" data-telltale-name="a">c</a>', 'a'],
    ['its text where the attribute is blank', '<a href=x data-telltale-name=" ">Read more</a>', 'Read more'],
    ['nothing', '<a href=x><img src=y></a>', ''],
  ])('is %s', (_, source, name) => {
    expect(nameOf(source)).toBe(name);
  });

  it('has at most 100 characters', () => {
    expect(nameOf(`<a href=x>${'a'.repeat(100)}</a>`)).toBe('a'.repeat(100));
    expect(nameOf(`<a href=x>${'a'.repeat(101)}</a>`)).toBe(`${'a'.repeat(99)}…`);
    expect(nameOf(`<a href=x>${'a'.repeat(1_000_000)}</a>`)).toBe(`${'a'.repeat(99)}…`);
  });

  it('is looked for in the first thousand nodes only', () => {
    expect(nameOf(`<a href=x>${'<br>'.repeat(900)}far</a>`)).toBe('far');
    expect(nameOf(`<a href=x>${'<br>'.repeat(2_000)}too far</a>`)).toBe('');
  });
});
