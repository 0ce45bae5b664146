// Mail as MJML makes it: ghost tables for Outlook in conditional comments, links of every component.
import mjml2html from 'mjml';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompiledMail } from '../../src/track/compiled-mail.ts';
import { treeOf } from '../support/dom.ts';
import { testTracker, trackedUrls, undo } from '../support/mails.ts';

const MJML = `
<mjml>
  <mj-head><mj-title>Spring</mj-title><mj-preview>Oilskins that last</mj-preview></mj-head>
  <mj-body>
    <mj-section background-url="https://www.tidewater.example/sea.png">
      <mj-column>
        <mj-button href="https://www.tidewater.example/sale?a=1&amp;b=2">To the sale</mj-button>
        <mj-image href="https://www.tidewater.example/boat" src="https://www.tidewater.example/boat.png" alt="A boat" />
      </mj-column>
      <mj-column>
        <mj-text>Read <a href="https://www.tidewater.example/story">the story</a>.</mj-text>
        <mj-table><tr><td><a href="https://www.tidewater.example/table">a table</a></td></tr></mj-table>
      </mj-column>
    </mj-section>
    <mj-hero mode="fixed-height" height="200px" background-url="https://www.tidewater.example/hero.png">
      <mj-button href="https://www.tidewater.example/hero">Hero</mj-button>
    </mj-hero>
    <mj-section>
      <mj-column>
        <mj-navbar hamburger="hamburger" base-url="https://www.tidewater.example">
          <mj-navbar-link href="/new">New</mj-navbar-link>
        </mj-navbar>
        <mj-social><mj-social-element name="github" href="https://social.example/tidewater">Code</mj-social-element></mj-social>
        <mj-raw>
          <!--[if mso]><v:roundrect href="https://www.tidewater.example/raw"><center>Raw</center></v:roundrect><![endif]-->
          <!--[if !mso]><!--><a href="https://www.tidewater.example/raw">Raw</a><!--<![endif]-->
        </mj-raw>
        <mj-text><a href="https://www.tidewater.example/unsubscribe">Unsubscribe</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>`;

const COMMENT = /<!--[\s\S]*?-->/g;

let source = '';
let mail: CompiledMail;
let rendered = '';

beforeAll(async () => {
  const made = await mjml2html(MJML);
  expect(made.errors).toEqual([]);
  source = made.html;
  mail = testTracker().compile(source, { message: 'spring-sale' });
  rendered = mail.render('r-42').html;
});

describe('mail made by MJML', () => {
  it('has the link of every component tracked', () => {
    expect(mail.links.map(({ destination, name }) => `${name}: ${destination}`)).toEqual([
      'To the sale: https://www.tidewater.example/sale?a=1&b=2',
      'A boat: https://www.tidewater.example/boat',
      'the story: https://www.tidewater.example/story',
      'a table: https://www.tidewater.example/table',
      'Hero: https://www.tidewater.example/hero',
      'New: https://www.tidewater.example/new',
      ': https://social.example/tidewater',
      'Code: https://social.example/tidewater',
      'Raw: https://www.tidewater.example/raw',
    ]);
  });

  it('has nothing else noted but its style sheet and the way out', () => {
    expect(mail.notes.map((note) => note.code)).toEqual(['not-a-link', 'unsubscribe-link']);
  });

  it('keeps every conditional comment, byte for byte but for the addresses in them', () => {
    const before = source.match(COMMENT) ?? [];
    const after = rendered.match(COMMENT) ?? [];
    expect(before.length).toBeGreaterThan(20);
    const unlinked = (comments: readonly string[]) => comments.map((text) => text.replace(/href="[^"]*"/, 'href=""'));
    expect(unlinked(after)).toEqual(unlinked(before));
    expect(after.filter((comment, at) => comment !== before[at])).toHaveLength(1);
  });

  it('gives Outlook’s button the address of everybody’s', () => {
    const urls = trackedUrls(rendered).map(({ url }) => url);
    expect(urls).toHaveLength(10);
    expect(urls[8]).toBe(urls[9]);
    expect(new Set(urls).size).toBe(9);
  });

  it('keeps every byte outside its links and pixel', () => {
    const addresses = [...source.matchAll(/<(?:a|v:roundrect)\s[^>]*?href="([^"]*)"/g)].map(([, value = '']) => value);
    expect(
      undo(
        rendered,
        addresses.filter((address) => !address.includes('unsubscribe')),
      ),
    ).toBe(source);
  });

  it('has one node more, the pixel, first in its body', () => {
    expect(treeOf(rendered)).toHaveLength(treeOf(source).length + 1);
    expect(rendered).toMatch(/<body[^>]*><img src="[^"]*\/o\/[a-z2-7]+\.gif"/);
  });
});
