// The promise of rewriting: nothing but link addresses and the pixel changes, in bytes and in what clients see.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLinks } from '../../src/html/find-links.ts';
import type { PixelPlacement } from '../../src/html/find-pixel-places.ts';
import { parseMail } from '../../src/html/parse-mail.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openLinkToken } from '../../src/token/link-token.ts';
import type { CompiledMail } from '../../src/track/compiled-mail.ts';
import { treeOf, treeWithout } from '../support/dom.ts';
import { testRing } from '../support/keys.ts';
import { BASE_URL, MAIL_NAMES, pixelTokens, readMail, testTracker, trackedUrls, undo } from '../support/mails.ts';
import { uglyHtml } from '../support/ugly-html.ts';

const tracker = testTracker();
const key = createKeyRing(testRing()).signing();
const anyPixel = fc.constantFrom<PixelPlacement>('top', 'bottom', 'both', 'placeholder', 'none');

function compile(html: string, pixel: PixelPlacement = 'top'): CompiledMail {
  return tracker.compile(html, { message: 'spring-sale', pixel });
}

/** What stands in the source where `rendered` has tracked URLs, in order. */
function replacedValues(html: string, rendered: string): readonly string[] {
  const values: string[] = [];
  const plain = undo(rendered, []);
  let shift = 0;
  for (const { value } of findLinks(parseMail(html)).links) {
    const written = plain.slice(value.start + shift);
    const [tracked] = written.startsWith(`${BASE_URL}/c/`) ? trackedUrls(written) : [];
    if (tracked === undefined) continue;
    values.push(html.slice(value.start, value.end));
    shift += tracked.url.length - (value.end - value.start);
  }
  return values;
}

function expectSameTree(before: string, after: string): void {
  const tree = treeOf(before);
  const changed = treeWithout(after, /^\d+ tag img src="[^"]*\/o\/[a-z2-7]+\.gif"/);
  expect(changed).toHaveLength(tree.length);
  for (const [at, line] of changed.entries())
    expect(withDestinations(line)).toBe(withDestinations(tree[at] ?? '', line));
}

const HREF = / href=("(?:[^"\\]|\\.)*")/;

/** A line with its tracked URL opened; in `counterpart`, the line of the source, the address as a client reads it. */
function withDestinations(line: string, counterpart?: string): string {
  // Comments hold links of Outlook's; their bytes are compared elsewhere.
  const isComment = /^\d+ comment /.test(line);
  const isTracked = trackedUrls(counterpart ?? line).length > 0;
  if (!isTracked) return line;
  if (isComment) return line.replace(/comment .*$/s, 'comment');
  return line.replace(HREF, (_, quoted: string) => ` href=${destinationOf(JSON.parse(quoted) as string)}`);
}

/** What the one sample mail with relative links resolves them against. */
const SAMPLE_BASE = 'https://www.tidewater.example/shop/';

function destinationOf(href: string): string {
  const [tracked] = trackedUrls(href);
  if (tracked === undefined) return new URL(href, SAMPLE_BASE).href;
  const opened = openLinkToken(key, 'spring-sale', tracked.l);
  return opened.ok ? opened.link.destination : opened.reason;
}

describe('every sample mail', () => {
  it.each(MAIL_NAMES)('%s without tracking is the source itself', (name) => {
    const html = readMail(name);
    expect(compile(html).render('r-42', { consent: { opens: 'none', clicks: 'none' } }).html).toBe(html);
  });

  it.each(MAIL_NAMES)('%s keeps every byte outside its links and pixel', (name) => {
    const html = readMail(name);
    const rendered = compile(html, 'both').render('r-42').html;
    expect(rendered).not.toBe(html);
    expect(pixelTokens(rendered)).toHaveLength(2);
    expect(undo(rendered, replacedValues(html, rendered))).toBe(html);
  });

  it.each(MAIL_NAMES)('%s shows clients the same tree', (name) => {
    const html = readMail(name);
    for (const pixel of ['top', 'bottom', 'both'] as const) {
      expectSameTree(html, compile(html, pixel).render('r-42').html);
    }
  });
});

describe('any HTML', () => {
  it('without tracking is the source itself', () => {
    fc.assert(
      fc.property(uglyHtml, anyPixel, (html, pixel) => {
        expect(compile(html, pixel).render('r-42', { consent: { opens: 'none', clicks: 'none' } }).html).toBe(html);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every byte outside its links and pixel', () => {
    fc.assert(
      fc.property(uglyHtml, anyPixel, (html, pixel) => {
        const rendered = compile(html, pixel).render('r-42').html;
        const values = replacedValues(html, rendered);
        expect(trackedUrls(rendered)).toHaveLength(values.length);
        expect(undo(rendered, values)).toBe(html);
      }),
      { numRuns: 1_000 },
    );
  });

  it('shows clients the same tree', () => {
    // At the bottom, a client may open a forgotten <b> once more round the pixel; it shows nothing there.
    fc.assert(
      fc.property(uglyHtml, fc.constantFrom('top', 'none'), (html, pixel) => {
        expectSameTree(html, compile(html, pixel).render('r-42').html);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has as many pixels in its tree as in its bytes, and one where a note does not say otherwise', () => {
    fc.assert(
      fc.property(uglyHtml, fc.constantFrom('top', 'bottom'), (html, pixel) => {
        const mail = compile(html, pixel);
        const rendered = mail.render('r-42').html;
        const seen = treeOf(rendered).filter((line) => line.includes(`tag img src="${BASE_URL}/o/`));
        const isMissing = mail.notes.some((note) => note.code === 'no-pixel-place');
        expect(seen).toHaveLength(isMissing ? 0 : 1);
        expect(pixelTokens(rendered)).toHaveLength(seen.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
