import { describe, expect, it } from 'vitest';
import { openHitToken } from '../../src/token/hit-token.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openLink } from '../../src/token/open-link.ts';
import { type CompileOptions, createTracker } from '../../src/track/create-tracker.ts';
import { testRing } from '../support/keys.ts';
import { thrownBy } from '../support/thrown.ts';

const keys = createKeyRing(testRing());
const tracker = createTracker({ baseUrl: 'https://t.example.com', keys });

function compile(html: string, options: Partial<CompileOptions> = {}) {
  return tracker.compile(html, { message: 'spring sale', ...options });
}

/** What each tracked URL of a rendered mail holds: where it leads, and the parameter of its click id. */
function linksIn(html: string): readonly (readonly [string, string | null])[] {
  return [...html.matchAll(/\/c\/([a-z2-7]+)\/([a-z2-7]+)/g)].map(([, hit = '', link = '']) => {
    const opened = openHitToken(keys, hit);
    if (!opened.ok) throw new Error(opened.reason);
    const found = openLink(opened.key, opened.token, link);
    if (!found.ok) throw new Error(found.reason);
    return [found.link.destination, found.clickId ?? null];
  });
}

const codesOf = (mail: ReturnType<typeof compile>) => mail.notes.map(({ code }) => code);
const a = (href: string, attributes = '', text = 'Sale') => `<a href="${href}" ${attributes}>${text}</a>`;

describe('click ids', () => {
  it('are asked for by no link unless the mail says so', () => {
    const html = a('https://a.example/');
    expect(linksIn(compile(html).render('r').html)).toEqual([['https://a.example/', null]]);
    expect(linksIn(compile(html, { clickId: true }).render('r').html)).toEqual([['https://a.example/', 'tt_click']]);
    expect(linksIn(compile(html, { clickId: 'cid' }).render('r').html)).toEqual([['https://a.example/', 'cid']]);
  });

  it('are the tracker’s for mails that do not say', () => {
    const asking = createTracker({ baseUrl: 'https://t.example.com', keys, clickId: 'sid', utm: { source: 's' } });
    const html = a('https://a.example/');
    expect(linksIn(asking.rewrite(html, { message: 'm', recipient: 'r' }).html)).toEqual([
      ['https://a.example/?utm_source=s', 'sid'],
    ]);
    expect(linksIn(asking.rewrite(html, { message: 'm', recipient: 'r', clickId: false, utm: {} }).html)).toEqual([
      ['https://a.example/', null],
    ]);
  });

  it('are each link’s own to refuse, to ask for and to name, and that of its twin', () => {
    const html = [
      a('https://a.example/', 'data-telltale-click-id="off"'),
      a('https://b.example/', 'data-telltale-click-id="partner"'),
      a('https://c.example/', 'data-telltale-click-id="on"'),
      '<!--[if mso]><v:roundrect href="https://d.example/">d<![endif]-->',
      `<!--[if !mso]><!-->${a('https://d.example/', 'data-telltale-click-id="off"')}<!--<![endif]-->`,
    ].join('');
    expect(linksIn(compile(html, { clickId: 'cid' }).render('r').html)).toEqual([
      ['https://a.example/', null],
      ['https://b.example/', 'partner'],
      ['https://c.example/', 'cid'],
      ['https://d.example/', null],
      ['https://d.example/', null],
    ]);
    expect(linksIn(compile(html).render('r').html).map(([, name]) => name)).toEqual([
      null,
      'partner',
      'tt_click',
      null,
      null,
    ]);
  });

  it('of the text part are those of the link with its destination', () => {
    const html = a('https://a.example/', 'data-telltale-click-id="off"');
    const mail = compile(html, { clickId: true, text: 'https://a.example/ and https://b.example/' }).render('r');
    expect(linksIn(mail.text ?? '')).toEqual([
      ['https://a.example/', null],
      ['https://b.example/', 'tt_click'],
    ]);
  });

  it('with a name that is none are the mail’s, and a note says so', () => {
    const mail = compile(a('https://a.example/', 'data-telltale-click-id="a b"'), { clickId: true });
    expect(linksIn(mail.render('r').html)).toEqual([['https://a.example/', 'tt_click']]);
    expect(codesOf(mail)).toEqual(['click-id-name']);
  });

  it('are left out where the parameter is taken, with a note', () => {
    const mail = compile(a('https://a.example/?tt_click=x'), { clickId: true });
    expect(linksIn(mail.render('r').html)).toEqual([['https://a.example/?tt_click=x', null]]);
    expect(codesOf(mail)).toEqual(['click-id-taken']);
  });

  it('are sealed into links that are merged for each recipient', () => {
    const mail = compile(a('https://a.example/{{ id }}'), { clickId: 'cid', merge: 'liquid', utm: { source: 'x' } });
    expect(linksIn(mail.mergedUrl('r', 0, 'https://a.example/7') ?? '')).toEqual([
      ['https://a.example/7?utm_source=x', 'cid'],
    ]);
  });

  it.each([['a b'], ['1a'], [''], [7], [null]])('refuses the name %j', (clickId) => {
    expect(thrownBy(() => compile('', { clickId: clickId as string }))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('UTM parameters', () => {
  const utm = { source: 'news', campaign: '{message}', content: '{link.name} {link.index}', term: '' };

  it('are filled in for each link, escaped, before the fragment; empty ones are not there', () => {
    const mail = compile(
      a('https://a.example/?x=%7e#top') + a('https://b.example/', 'data-telltale-name="Säle & more"'),
      { utm },
    );
    expect(mail.links.map(({ destination }) => destination)).toEqual([
      'https://a.example/?x=%7e&utm_source=news&utm_campaign=spring%20sale&utm_content=Sale%200#top',
      'https://b.example/?utm_source=news&utm_campaign=spring%20sale&utm_content=S%C3%A4le%20%26%20more%201',
    ]);
    expect(linksIn(mail.render('r').html).map(([destination]) => destination)).toEqual(
      mail.links.map(({ destination }) => destination),
    );
  });

  it('never replace what is there, with a note, unless told', () => {
    const html = a('https://a.example/?utm_source=own&b=1');
    const kept = compile(html, { utm: { source: 'news', medium: 'email' } });
    expect(kept.links[0]?.destination).toBe('https://a.example/?utm_source=own&b=1&utm_medium=email');
    expect(codesOf(kept)).toEqual(['utm-kept']);
    const replaced = compile(html, { utm: { source: 'news', override: true } });
    expect(replaced.links[0]?.destination).toBe('https://a.example/?b=1&utm_source=news');
    expect(codesOf(replaced)).toEqual([]);
  });

  it('are not put into links that are left alone, nor into plain links of who withdrew', () => {
    const html = a('https://a.example/', 'data-telltale="off"') + a('https://b.example/');
    const mail = compile(html, { utm });
    expect(mail.links).toHaveLength(1);
    expect(mail.render('r', { consent: { clicks: 'none', opens: 'none' } }).html).toBe(html);
  });

  it('leave signed URLs as they are, with a note', () => {
    const url = 'https://b.s3.amazonaws.com/k?X-Amz-Signature=ab';
    const mail = compile(a(url), { utm, clickId: true });
    expect(linksIn(mail.render('r').html)).toEqual([[url, null]]);
    expect(codesOf(mail)).toEqual(['signed-url']);
  });

  it('are left out where the destination would be too long, with a note', () => {
    const url = `https://a.example/${'x'.repeat(1_000)}`;
    const mail = compile(a(url), { utm: { source: 'y'.repeat(500), medium: 'y'.repeat(500), term: 'y'.repeat(500) } });
    expect(mail.links[0]?.destination).toBe(url);
    expect(codesOf(mail)).toContain('utm-too-long');
  });

  it('share an index with their text, whose URL has no parameters', () => {
    const mail = compile(a('https://a.example/'), { utm, text: 'https://a.example/' });
    expect(mail.links).toHaveLength(1);
    expect(linksIn(mail.render('r').text ?? '')[0]?.[0]).toBe(mail.links[0]?.destination);
  });

  it.each([
    [{ source: 7 }, 'INVALID_OPTION'],
    [{ source: '{recipient}' }, 'INVALID_OPTION'],
    [{ source: 'x'.repeat(501) }, 'INVALID_OPTION'],
    [{ override: 'yes' }, 'INVALID_OPTION'],
    [{ sources: 'x' }, 'UNKNOWN_OPTION'],
  ])('refuses %j', (given, code) => {
    expect(thrownBy(() => compile('', { utm: given as object }))).toMatchObject({ code });
  });
});
