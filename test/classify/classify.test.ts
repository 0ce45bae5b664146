import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABELS, type Label } from '../../src/base/nouns.ts';
import { classify, type HitVerdict } from '../../src/classify/classify.ts';
import { NO_BROWSER } from '../../src/classify/judge-hit.ts';
import type { ClassifyHit } from '../../src/classify/read-signals.ts';
import { RULES, RULES_VERSION } from '../../src/classify/rules.ts';
import { WEAK_SIGNALS } from '../../src/classify/weak-signals.ts';

const WINDOWS_CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const IPHONE_MAIL =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';

function judge(hit: Partial<ClassifyHit> & { readonly userAgent?: string }): HitVerdict {
  const { userAgent, headers = {}, ...rest } = hit;
  const named = userAgent === undefined ? headers : { ...headers, 'user-agent': userAgent };
  const [verdict] = classify([{ id: 'h1', event: 'open', method: 'GET', headers: named, ...rest }]);
  if (verdict === undefined) throw new Error('A hit got no verdict.');
  return verdict;
}

function labelled(hit: Parameters<typeof judge>[0]): string {
  const { label, reasons } = judge(hit);
  return `${label}: ${reasons.join()}`;
}

describe('an open', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
      'proxy-human: google-proxy',
    ],
    ['YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html', 'proxy-human: image-proxy'],
    ['FastmailUA/1.0', 'proxy-human: image-proxy'],
    ['RamblerMail/6.0 (incompatible; ImageProxy/6.0)', 'proxy-human: image-proxy'],
    ['SeznamEmailProxy/1.0', 'proxy-human: image-proxy'],
    ['Mozilla/5.0 (via secureurl.fwdcdn.com - mail.ukr.net proxy)', 'proxy-human: image-proxy'],
    ['Shortwave Image Fetcher', 'proxy-human: image-proxy'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0',
      'prefetch: gmail-prefetch-agent',
    ],
    ['Mozilla/5.0', 'prefetch: apple-bare-agent'],
    ['Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)', 'human: outlook'],
    ['Mozilla/4.0 (compatible; ms-office; MSOffice 16)', 'human: outlook'],
    ['Outlook-iOS/711.2620504.prod.iphone (3.34.0)', 'human: outlook'],
    ['Outlook-Android/2.0', 'human: outlook'],
    [WINDOWS_CHROME, 'human: browser-open'],
    [IPHONE_MAIL, 'human: browser-open'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.12.0', 'human: browser-open'],
    [
      'Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36',
      'human: browser-open',
    ],
    ['Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', 'preview: unfurler'],
    ['Slack-ImgProxy (+https://api.slack.com/robots)', 'preview: unfurler'],
    ['Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5', 'preview: unfurler'],
    ['WhatsApp/2.23.20.0 A', 'preview: unfurler'],
    ['TelegramBot (like TwitterBot)', 'preview: unfurler'],
    ['facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)', 'preview: unfurler'],
    ['LinkedInBot/1.0 (compatible; Mozilla/5.0; +http://www.linkedin.com)', 'preview: unfurler'],
    ['Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)', 'preview: unfurler'],
    [
      'Mozilla/5.0 (compatible; Yahoo Link Preview; https://help.yahoo.com/kb/mail/yahoo-link-preview-SLN23615.html)',
      'preview: unfurler',
    ],
    ['github-camo (876de43e)', 'preview: unfurler'],
    ['curl/8.5.0', 'scanner: library'],
    ['Wget/1.21.4', 'scanner: library'],
    ['python-requests/2.31.0', 'scanner: library'],
    ['Python/3.11 aiohttp/3.9.1', 'scanner: library'],
    ['Go-http-client/2.0', 'scanner: library'],
    ['okhttp/4.12.0', 'scanner: library'],
    ['Java/17.0.9', 'scanner: library'],
    ['Apache-HttpClient/4.5.14 (Java/17.0.9)', 'scanner: library'],
    ['lua-resty-http/0.17.1 (Lua) ngx_lua/10026', 'scanner: library'],
    ['node', 'scanner: library'],
    [WINDOWS_CHROME.replace('Chrome/', 'HeadlessChrome/'), 'scanner: headless'],
    [
      'Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1',
      'scanner: headless',
    ],
    ['', 'unknown: no-browser'],
    ['Something/1.0', 'unknown: no-browser'],
    ['Mozilla/5.0 (', 'unknown: no-browser'],
    ['Amazon CloudFront', 'unknown: hidden-reader'],
    ['nodestar mail client', 'unknown: no-browser'],
  ])('by %j is %s', (userAgent, expected) => {
    expect(labelled({ userAgent })).toBe(expected);
  });

  it('without a user agent is unknown', () => {
    expect(labelled({})).toBe('unknown: no-browser');
  });

  it('by Apple’s bare agent is surer from its relay', () => {
    const relayed = judge({ userAgent: 'Mozilla/5.0', network: 'apple-relay' });
    expect(relayed).toMatchObject({ label: 'prefetch', reasons: ['apple-privacy'] });
    expect(relayed.confidence).toBeGreaterThan(judge({ userAgent: 'Mozilla/5.0' }).confidence);
  });

  it('by a whole browser through Apple’s relay is a person’s', () => {
    expect(labelled({ userAgent: IPHONE_MAIL, network: 'apple-relay' })).toBe('human: browser-open,private-relay');
  });

  it('by a browser without language from a datacenter is unknown', () => {
    expect(labelled({ userAgent: WINDOWS_CHROME, network: 'datacenter' })).toBe(
      'unknown: browser-open,hosting-network',
    );
  });
});

describe('a click', () => {
  const language = { 'accept-language': 'de-DE' };

  it.each([
    ['a browser with a language', { userAgent: WINDOWS_CHROME, headers: language }, 'human: language'],
    ['a browser without language', { userAgent: WINDOWS_CHROME }, 'unknown: no-language'],
    [
      'a browser with an empty language',
      { userAgent: WINDOWS_CHROME, headers: { 'accept-language': '' } },
      'unknown: no-language',
    ],
    ['Apple’s bare agent', { userAgent: 'Mozilla/5.0' }, 'scanner: bare-agent-click'],
    ['an image proxy', { userAgent: 'GoogleImageProxy' }, 'unknown: no-browser'],
    ['Outlook', { userAgent: 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)' }, 'human: outlook'],
    ['a library', { userAgent: 'curl/8.5.0', headers: language }, 'scanner: library'],
    ['a messenger', { userAgent: 'WhatsApp/2.23' }, 'preview: unfurler'],
    ['a browser on a honeypot', { userAgent: WINDOWS_CHROME, headers: language, honeypot: true }, 'scanner: honeypot'],
  ])('by %s is %s', (_, hit, expected) => {
    expect(labelled({ event: 'click', ...hit })).toBe(expected);
  });
});

describe('the request', () => {
  it.each([
    ['HEAD', WINDOWS_CHROME, 'scanner: method'],
    ['OPTIONS', WINDOWS_CHROME, 'scanner: method'],
    ['OPTIONS', 'Microsoft Office Protocol Discovery', 'prefetch: office-probe'],
    ['HEAD', 'Microsoft Office Existence Discovery', 'prefetch: office-probe'],
    ['GET', WINDOWS_CHROME, 'human: browser-open'],
  ])('%s by %j is %s', (method, userAgent, expected) => {
    expect(labelled({ method, userAgent })).toBe(expected);
  });

  it.each([
    ['sec-purpose', 'prefetch'],
    ['sec-purpose', 'prefetch;prerender'],
    ['purpose', 'Prefetch'],
    ['x-purpose', 'preview'],
    ['x-moz', 'prefetch'],
  ])('with %s: %s is a prefetch', (name, value) => {
    const headers = { [name]: value, 'accept-language': 'de' };
    expect(labelled({ userAgent: WINDOWS_CHROME, headers })).toBe('prefetch: speculative-header');
  });

  it('looks no further than 512 characters into a user agent', () => {
    expect(labelled({ userAgent: `${'x'.repeat(512)}GoogleImageProxy` })).toBe('unknown: no-browser');
    expect(labelled({ userAgent: `${'x'.repeat(496)}GoogleImageProxy` })).toBe('proxy-human: google-proxy');
  });
});

describe('classify', () => {
  const anyHit: fc.Arbitrary<ClassifyHit> = fc.record({
    id: fc.uuid(),
    event: fc.constantFrom('open', 'click', 'unsubscribe'),
    method: fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST'),
    headers: fc.dictionary(
      fc.constantFrom('user-agent', 'accept-language', 'sec-purpose', 'x-moz'),
      fc.oneof(
        fc.string(),
        fc.constantFrom(WINDOWS_CHROME, 'Mozilla/5.0', 'curl/8', 'prefetch', 'GoogleImageProxy', 'WhatsApp/2'),
      ),
    ),
    network: fc.constantFrom(undefined, 'unknown', 'apple-relay', 'datacenter'),
    honeypot: fc.constantFrom(undefined, true, false),
  });

  it('gives each hit one verdict with a label, a reason, a confidence and the version, in order', () => {
    const ids = new Set([...RULES.map((rule) => rule.id), ...WEAK_SIGNALS.map((signal) => signal.id), NO_BROWSER]);
    fc.assert(
      fc.property(fc.array(anyHit), (hits) => {
        const verdicts = classify(hits);
        expect(verdicts.map((verdict) => verdict.id)).toEqual(hits.map((hit) => hit.id));
        for (const { label, reasons, confidence, rulesVersion } of verdicts) {
          expect(LABELS).toContain(label);
          expect(reasons.length).toBeGreaterThan(0);
          for (const reason of reasons) expect(ids).toContain(reason);
          expect(confidence).toBeGreaterThan(0);
          expect(confidence).toBeLessThanOrEqual(1);
          expect(rulesVersion).toBe(RULES_VERSION);
        }
      }),
    );
  });

  it('gives the same hits the same verdicts, alone or among others, and leaves them alone', () => {
    fc.assert(
      fc.property(fc.array(anyHit), (hits) => {
        const before = structuredClone(hits);
        const verdicts = classify(hits);
        expect(classify(hits)).toEqual(verdicts);
        expect(hits.flatMap((hit) => classify([hit]))).toEqual(verdicts);
        expect(hits).toEqual(before);
      }),
    );
  });

  it('sees a person only where something speaks for one', () => {
    const people: readonly Label[] = ['human', 'proxy-human'];
    fc.assert(
      fc.property(anyHit, (hit) => {
        const { label } = judge(hit);
        if (people.includes(label)) expect(['GET', 'POST']).toContain(hit.method);
        if (hit.honeypot === true) expect(people).not.toContain(label);
      }),
    );
  });

  it('takes a hostile user agent', () => {
    const agents = [')', ' ', '(', 'Mozilla/5.0 ('].map((part) => `Mozilla/5.0 (${part.repeat(600)}`);
    const labels = classify(
      Array.from({ length: 4_000 }, (_, i) => ({
        id: `h${i}`,
        event: 'click',
        method: 'GET',
        headers: { 'user-agent': agents[i % agents.length] ?? '', 'accept-language': 'de' },
      })),
    ).map((verdict) => verdict.label);
    expect(new Set(labels)).toEqual(new Set(['unknown']));
  });

  it('of nothing is nothing', () => {
    expect(classify([])).toEqual([]);
  });
});

describe('RULES', () => {
  it('have ids of their own, a certainty and a source', () => {
    expect(new Set(RULES.map((rule) => rule.id)).size).toBe(RULES.length);
    for (const { id, certainty, source } of RULES) {
      expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
      expect(certainty).toBeGreaterThan(0.5);
      expect(certainty).toBeLessThan(1);
      expect(source).not.toBe('');
    }
  });
});
