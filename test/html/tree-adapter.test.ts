import { load } from 'cheerio';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MailNode, walk } from '../../src/html/mail-node.ts';
import { matchesSelector, parseMail } from '../../src/html/parse-mail.ts';
import { MAIL_NAMES, readMail } from '../support/mails.ts';
import { uglyHtml } from '../support/ugly-html.ts';

type Named = Pick<MailNode, 'name' | 'data'>;

/** A node of cheerio's own tree, as far as ours should be the same. */
interface CheerioNode extends Pick<MailNode, 'type' | 'name' | 'data' | 'attribs'> {
  readonly children?: readonly CheerioNode[];
  readonly sourceCodeLocation?: {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly attrs?: unknown;
    readonly startTag?: { readonly endOffset: number };
    readonly endTag?: { readonly startOffset: number };
  } | null;
}

function describeOurs(node: MailNode): unknown {
  const place = node.sourceCodeLocation;
  const isText = node.type === 'text';
  return {
    node: whatItIs(node),
    around: namesAround(node),
    start: place?.startOffset,
    end: isText || node.name === '!doctype' ? undefined : place?.endOffset,
    attrs: startsOf(place?.attrs),
    endTag: place?.endTag?.startOffset,
  };
}

function describeTheirs(node: CheerioNode): unknown {
  const place = node.sourceCodeLocation;
  const isText = node.type === 'text';
  return {
    node: whatItIs(node),
    around: namesAround(node),
    start: place?.startOffset,
    end: isText || node.name === '!doctype' ? undefined : (place?.startTag ?? place)?.endOffset,
    attrs: startsOf(place?.attrs),
    endTag: place?.endTag?.startOffset,
  };
}

function whatItIs({ type, name, data, attribs }: Pick<MailNode, 'type' | 'name' | 'data' | 'attribs'>): unknown {
  return { type, name, data: type === 'directive' ? undefined : data, attribs: attribs && { ...attribs } };
}

function namesAround(node: object): unknown {
  const { parent, prev, next } = node as Partial<Record<'parent' | 'prev' | 'next', Named | null>>;
  return [parent, prev, next].map((other) => other && (other.name ?? other.data));
}

function startsOf(attrs: unknown): unknown {
  return Object.entries((attrs ?? {}) as Record<string, { startOffset: number }>).map(([name, { startOffset }]) => [
    name,
    startOffset,
  ]);
}

function walkTheirs(node: CheerioNode): readonly CheerioNode[] {
  return [node, ...(node.children ?? []).flatMap(walkTheirs)];
}

function expectSameTree(html: string): void {
  const options = { sourceCodeLocationInfo: true, scriptingEnabled: false };
  const theirs = load(html.replace(/^\ufeff/, ' '), options).root()[0] as CheerioNode;
  expect([...walk(parseMail(html).document)].map(describeOurs)).toEqual(walkTheirs(theirs).map(describeTheirs));
}

describe('the tree', () => {
  it.each([
    ['misnested formatting', '<p><b>a<i>b</b>c</i><a href=x>d<p>e</a>f'],
    ['text and elements moved out of tables', '<table>a<tr>b<td>c</td>d<b>e</b><a href=x>f</table>g'],
    ['formatting in several copies', '<b c=1><b c=1><b c=1><b c=1><p>a'],
    ['bodies and htmls with attributes of their own', '<html a=1><body b=1><html a=2 c=3><body b=2 d=4>e'],
    ['text behind the end of the body', '<body>a</body>b</body></html>c<!--d-->'],
    ['svg and its links', '<svg><a xlink:href=x href=y>b</a><style>c</style></svg>'],
    ['templates', '<template a=1><tr><td>b</template><noscript><p>c</noscript>'],
    ['framesets', '<frameset><frame src=x></frameset>'],
    ['old doctypes', '<!doctype html public "-//W3C//DTD HTML 3.2//EN"><p><table><td>a'],
    ['no body', '<title>a</title>&nbsp;b'],
    ['an attribute said twice', '<a href=x HREF=y>b</a>'],
  ])("is cheerio's for %s", (_, html) => {
    expectSameTree(html);
  });

  it.each(MAIL_NAMES)("is cheerio's for %s", (name) => {
    expectSameTree(readMail(name));
  });

  it("is cheerio's for generated HTML", () => {
    fc.assert(fc.property(uglyHtml, expectSameTree), { numRuns: 500 });
  });

  it.each([
    ['td > a', true],
    ['tr:first-child a:not([rel])', true],
    ['a:nth-of-type(2)', true],
    ['img + a.b[href^="x"]', true],
    ['a ~ a', true],
    ['td:has(img) a', true],
    ['a:contains("more")', true],
    ['p a', false],
    ['a:last-child', false],
    [':root a:empty', false],
  ])('is one that selectors know: %s', (selector, matches) => {
    const html = '<table><tr><td><a href=y>a</a><img><a class="b c" href=x>more</a>b<script>c</script></table>';
    const link = [...walk(parseMail(html).document)].find(({ attribs }) => attribs?.['class'] === 'b c');
    expect(link && matchesSelector(link, selector)).toBe(matches);
  });
});
