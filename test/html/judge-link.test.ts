import { describe, expect, it } from 'vitest';
import { findLinks } from '../../src/html/find-links.ts';
import { judgeLink, optOutAttribute } from '../../src/html/judge-link.ts';
import { parseMail } from '../../src/html/parse-mail.ts';

const BASE_URL = 'https://t.example.com/mail';
const CONTEXT = { baseHref: undefined, ownUrls: [BASE_URL], unsubscribeUrls: new Set<string>(), policy: undefined };

function judge(href: string, of: { readonly name?: string; readonly baseHref?: string } = {}) {
  return judgeLink({ href, name: of.name ?? 'Read more' }, { ...CONTEXT, baseHref: of.baseHref });
}

/** The code of the note, or the destination. */
function verdictOn(href: string, of: { readonly name?: string; readonly baseHref?: string } = {}): string {
  const judgement = judge(href, of);
  return judgement.track ? judgement.destination : judgement.code;
}

describe('judgeLink', () => {
  it.each([
    ['https://example.com/a?b=c', 'https://example.com/a?b=c'],
    ['  https://example.com/\n\tfolded  ', 'https://example.com/folded'],
    ['HTTPS://Example.com', 'https://example.com/'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://example.com/50%off', 'https://example.com/50%off'],
    ['https://example.com/a{b', 'https://example.com/a%7Bb'],
    ['https://example.com/100%%', 'https://example.com/100%%'],
  ])('tracks %j as %s', (href, destination) => {
    expect(judge(href)).toEqual({ track: true, destination });
  });

  it.each([
    ['', 'empty-href'],
    [' \n ', 'empty-href'],
    ['#', 'fragment'],
    ['#top', 'fragment'],
    [' #top', 'fragment'],
    ['mailto:a@b.example', 'not-http'],
    ['tel:+441326555010', 'not-http'],
    ['sms:+441326555010', 'not-http'],
    ['cid:part1@b.example', 'not-http'],
    ['data:text/html,x', 'not-http'],
    ['javascript:void(0)', 'not-http'],
    ['JaVa\tScript:void(0)', 'not-http'],
    ['ftp://example.com/', 'not-http'],
    ['sale', 'relative'],
    ['/sale', 'relative'],
    ['//example.com/sale', 'relative'],
    ['?a=b', 'relative'],
    ['www.example.com', 'relative'],
    ['\\\\example.com', 'relative'],
    ['https:evil', 'malformed-destination'],
    ['https:/evil', 'malformed-destination'],
    ['https://a@b', 'malformed-destination'],
    ['https://a\\@b', 'malformed-destination'],
    ['https://example.com/\u202e', 'malformed-destination'],
    ['https://example.com/\ud800', 'malformed-destination'],
    ['https://', 'malformed-destination'],
    [`https://example.com/${'a'.repeat(2_048)}`, 'malformed-destination'],
    [`https://example.com/${'a'.repeat(200_000)}`, 'malformed-destination'],
    [`x${' '.repeat(200_000)}y`, 'malformed-destination'],
  ])('leaves %j alone as %s', (href, code) => {
    expect(verdictOn(href)).toBe(code);
  });

  it.each([
    ['Liquid, Handlebars, Mustache', 'https://example.com/{{ name }}'],
    ['Handlebars, unescaped', 'https://example.com/{{{name}}}'],
    ['Liquid statements', '{% if a %}https://example.com/{% endif %}'],
    ['Mailchimp', '*|ARCHIVE|*'],
    ['Mailchimp in a query', 'https://example.com/?e=*|EMAIL|*'],
    ['ERB and EJS', 'https://example.com/<%= name %>'],
    ['AMPscript', 'https://example.com/%%name%%'],
    ['AMPscript expressions', '%%=RedirectTo(@url)=%%'],
    ['double brackets', 'https://example.com/[[name]]'],
    ['bracket statements', 'https://example.com/[% name %]'],
    ['template literals', 'https://example.com/$' + '{name}'],
    ['Ruby interpolation', 'https://example.com/#{name}'],
    ['single braces', '{unsubscribe_url}'],
    ['Mautic', 'https://example.com/{contactfield=firstname}'],
  ])('leaves a merge tag of %s alone', (_, href) => {
    expect(verdictOn(href)).toBe('merge-tag');
  });

  it.each([
    ['sale?a=b', 'https://example.com/shop/', 'https://example.com/shop/sale?a=b'],
    ['/sale', 'https://example.com/shop/', 'https://example.com/sale'],
    ['//other.example/sale', 'https://example.com/', 'https://other.example/sale'],
    ['//other.example/sale', 'http://example.com/', 'http://other.example/sale'],
    ['?a=b', ' https://example.com/shop/list\n', 'https://example.com/shop/list?a=b'],
    ['https://other.example/', 'https://example.com/', 'https://other.example/'],
    ['#top', 'https://example.com/', 'fragment'],
    ['sale', '/shop/', 'relative'],
    ['sale', 'mailto:a@b.example', 'relative'],
    ['sale', 'javascript:alert(1)//', 'relative'],
    ['\\\\evil.example', 'https://example.com/', 'relative'],
    ['//a@evil.example', 'https://example.com/', 'malformed-destination'],
  ])('reads %s under the base %s as %s', (href, baseHref, expected) => {
    expect(verdictOn(href, { baseHref })).toBe(expected);
  });

  it.each([
    [`${BASE_URL}/c/abc/def`, 'own-link'],
    [`${BASE_URL}/u/abc`, 'own-link'],
    [`${BASE_URL}/p/abc`, 'own-link'],
    [`${BASE_URL}/o/abc.gif`, 'own-link'],
    [`${BASE_URL}/C/ABC/DEF`, 'own-link'],
    [`${BASE_URL}/`, `${BASE_URL}/`],
    [`${BASE_URL}/contact`, `${BASE_URL}/contact`],
    ['https://t.example.com/mailbox/c/abc', 'https://t.example.com/mailbox/c/abc'],
    ['https://t.example.com.evil.example/mail/c/abc', 'https://t.example.com.evil.example/mail/c/abc'],
  ])('reads %s, at our own address, as %s', (href, expected) => {
    expect(verdictOn(href)).toBe(expected);
  });

  it.each([
    ['Unsubscribe', 'https://example.com/a'],
    ['click here to UNSUBSCRIBE', 'https://example.com/a'],
    ['Opt out', 'https://example.com/a'],
    ['Newsletter abmelden', 'https://example.com/a'],
    ['Newsletter abbestellen', 'https://example.com/a'],
    ['Se désabonner', 'https://example.com/a'],
    ['Se désinscrire', 'https://example.com/a'],
    ['Darse de baja', 'https://example.com/a'],
    ['Cancelar suscripción', 'https://example.com/a'],
    ['Cancelar inscrição', 'https://example.com/a'],
    ['Disiscriviti', 'https://example.com/a'],
    ['Afmelden', 'https://example.com/a'],
    ['Avregistrera', 'https://example.com/a'],
    ['Frameld', 'https://example.com/a'],
    ['Odhlásit', 'https://example.com/a'],
    ['Wypisz się', 'https://example.com/a'],
    ['Отписаться', 'https://example.com/a'],
    ['退订', 'https://example.com/a'],
    ['配信停止はこちら', 'https://example.com/a'],
    ['수신거부', 'https://example.com/a'],
    ['here', 'https://example.com/unsubscribe?u=42'],
    ['here', 'https://example.com/opt-out/42'],
    ['here', 'https://example.us1.list-manage.com/unsub?u=1'],
  ])('leaves a way out alone: “%s” at %s', (name, href) => {
    expect(verdictOn(href, { name })).toBe('unsubscribe-link');
  });

  it.each([
    ['Subscribe', 'https://example.com/subscribe'],
    ['Options', 'https://example.com/options'],
    ['Opt outdoors', 'https://example.com/outdoors'],
  ])('tracks what is no way out: “%s” at %s', (name, href) => {
    expect(verdictOn(href, { name })).toBe(href);
  });

  it.each([
    'https://example.com/account/reset-password?token=8f14e45fceea167a',
    'https://example.com/password/reset/8f14e45fceea167a5a36dedd4bea2543',
    'https://example.com/forgot_password/8f14e45fceea167a5a36',
    'https://example.com/magic-link?code=123456',
    'https://example.com/verify?token=abc',
    'https://example.com/verify-email/eyJhbGciOiJIUzI1NiJ9.e30.x1',
    'https://example.com/confirm/8f14e45fceea167a5a36',
    'https://example.com/activate?key=abc',
    'https://example.com/email/confirmation?t=abc',
    'https://example.com/otp?code=123456',
    'https://example.com/a?reset_token=abc',
    'https://example.com/a?login_key=abc',
    'https://example.com/a?auth-token=abc',
    'https://example.com/a?access_token=abc',
    'https://example.com/a?oobCode=abc',
    'https://example.com/a?invite_code=abc',
    'https://example.com/a?jwt=abc',
  ])('leaves a secret alone: %s', (href) => {
    expect(verdictOn(href)).toBe('secret-link');
  });

  it.each([
    'https://example.com/reset-password',
    'https://example.com/confirm',
    'https://example.com/verify/your-identity-with-us',
    'https://example.com/products/8f14e45fceea167a5a36dedd4bea2543',
    'https://example.com/sale?code=SPRING26',
    'https://example.com/sale?token_color=blue',
    'https://example.com/confirmed-speakers?key=2',
    'https://example.com/parcel?no=JJD0001&postcode=TR11',
  ])('tracks what is no secret: %s', (href) => {
    expect(verdictOn(href)).toBe(href);
  });

  it.each([
    ['https://a@b', 'error'],
    ['{{ url }}', 'warning'],
    ['sale', 'warning'],
    ['', 'warning'],
    ['https://example.com/?reset_token=a', 'warning'],
    ['mailto:a@b.example', 'info'],
    ['#top', 'info'],
    ['https://example.com/unsubscribe', 'info'],
  ])('weighs %j as %s and says why', (href, severity) => {
    const judgement = judge(href);
    expect(judgement).toMatchObject({ track: false, severity });
    expect(judgement).toHaveProperty('message', expect.stringMatching(/^left alone: .+/));
  });
});

describe('optOutAttribute', () => {
  function optOutOf(attributes: string): string | undefined {
    const [link] = findLinks(parseMail(`<a href="https://example.com/" ${attributes}>t</a>`)).links;
    return link && optOutAttribute(link.element);
  }

  it.each([
    ['SendGrid', 'clicktracking="off"', 'clicktracking'],
    ['SendGrid, unquoted', 'clicktracking=off', 'clicktracking'],
    ['SendGrid, upper case', 'CLICKTRACKING="OFF"', 'clicktracking'],
    ['Mailgun', 'disable-tracking="true"', 'disable-tracking'],
    ['Mailgun, as data', 'data-disable-tracking="true"', 'data-disable-tracking'],
    ['Postmark', 'data-pm-no-track', 'data-pm-no-track'],
    ['Amazon SES', 'ses:no-track', 'ses:no-track'],
    ['SparkPost', 'data-msys-clicktrack="0"', 'data-msys-clicktrack'],
    ['Mailchimp', 'mc:disable-tracking', 'mc:disable-tracking'],
    ['Mautic', 'mautic:disable-tracking="true"', 'mautic:disable-tracking'],
    ['data-no-track', 'data-no-track', 'data-no-track'],
    ['data-skip-click', 'data-skip-click=" true "', 'data-skip-click'],
    ['ours', 'data-telltale="off"', 'data-telltale'],
    ['ours, a way out', 'data-telltale="unsubscribe"', 'data-telltale'],
  ])('knows the one of %s', (_, attributes, name) => {
    expect(optOutOf(attributes)).toBe(name);
    const [link] = findLinks(parseMail(`<a href="https://example.com/" ${attributes}>t</a>`)).links;
    expect(link && judgeLink({ ...link, name: 't' }, CONTEXT)).toMatchObject({
      track: false,
      code: 'opted-out',
    });
  });

  it.each([
    'clicktracking="on"',
    'clicktracking',
    'disable-tracking="false"',
    'disable-tracking',
    'data-pm-no-track="false"',
    'ses:no-track="FALSE"',
    'data-msys-clicktrack="1"',
    'data-telltale="on"',
    'data-telltale-name="off"',
    'class="no-track"',
  ])('does not take %s for one', (attributes) => {
    expect(optOutOf(attributes)).toBeUndefined();
  });
});
