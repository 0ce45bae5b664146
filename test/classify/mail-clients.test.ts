import { describe, expect, it } from 'vitest';
import { LABELS, type Label } from '../../src/base/nouns.ts';
import { CLIENTS, type Usage, usageOf } from '../../src/classify/mail-clients.ts';

const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';

function usage(userAgent: string, label: Label = 'human'): readonly [string | null, Usage['device']] {
  const { client, device } = usageOf({ userAgent, label });
  return [client, device];
}

describe('usageOf', () => {
  it.each<[string, string | null, Usage['device']]>([
    ['Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)', 'Outlook for Windows', 'desktop'],
    [
      'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; ms-office; MSOffice 16)',
      'Outlook for Windows',
      'desktop',
    ],
    [`${CHROME} Edg/136.0.0.0 OneOutlook/1.2025.516.400`, 'Outlook for Windows (new)', 'desktop'],
    ['MacOutlook/16.61.22041701 (Intel Mac OS X 10.15.7)', 'Outlook for Mac', 'desktop'],
    ['Outlook-iOS/723.4027091.prod.iphone (4.28.0)', 'Outlook for iOS', 'mobile'],
    ['Outlook-Android/2.0', 'Outlook for Android', 'mobile'],
    ['Outlook-Express/7.0 (MSIE 7.0; Windows NT 6.1; WOW64; Trident/7.0; WLMail)', 'Windows Live Mail', 'desktop'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; WebView/3.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.102 Safari/537.36 Edge/18.19041',
      'Windows Mail',
      'desktop',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0', 'Thunderbird', 'desktop'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/51.0.2704.103 Safari/537.36 Mailbird/2.5.8.0/',
      'Mailbird',
      'desktop',
    ],
    ['Mozilla/4.0 (compatible; Lotus-Notes/6.0; Macintosh PPC)', 'HCL Notes', 'desktop'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
      'Apple Mail',
      'mobile',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
      'Apple Mail',
      'tablet',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)',
      'Apple Mail',
      'desktop',
    ],
    [
      'YahooMobile/1.0 (mail; 3.0.5.1311380); (Linux; U; Android 4.0.3; htc_runnymede Build/X);',
      'Yahoo Mail',
      'mobile',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36',
      'Android mail app',
      'mobile',
    ],
    [CHROME, 'Chrome', 'desktop'],
    [`${CHROME} Edg/141.0.0.0`, 'Edge', 'desktop'],
    [`${CHROME} OPR/115.0.0.0`, 'Opera', 'desktop'],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
      'Chrome',
      'mobile',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
      'Chrome',
      'tablet',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1',
      'Chrome',
      'mobile',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
      'Samsung Internet',
      'mobile',
    ],
    ['Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0', 'Firefox', 'mobile'],
    ['Mozilla/5.0 (Android 15; Tablet; rv:143.0) Gecko/143.0 Firefox/143.0', 'Firefox', 'tablet'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
      'Safari',
      'desktop',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
      'Safari',
      'mobile',
    ],
    [
      'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
      'Chrome',
      'desktop',
    ],
    ['something/1.0', null, null],
    ['', null, null],
  ])('of %s is %s on %s', (userAgent, client, device) => {
    expect(usage(userAgent)).toEqual([client, device]);
  });

  it.each<[string, Label, string]>([
    [GMAIL, 'proxy-human', 'Gmail'],
    ['Mozilla/5.0', 'prefetch', 'Apple Mail'],
    [`${CHROME.replace('141.0.0.0', '42.0.2311.135')} Edge/12.246 Mozilla/5.0`, 'prefetch', 'Gmail'],
    ['YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html', 'proxy-human', 'Yahoo Mail'],
    ['Mozilla/5.0 (compatible; FastmailUA/1.0)', 'proxy-human', 'Fastmail'],
    ['SeznamEmailProxy/3.0.1', 'proxy-human', 'Seznam'],
  ])('knows the client behind a proxy, and no device: %s', (userAgent, label, client) => {
    expect(usage(userAgent, label)).toEqual([client, null]);
  });

  it('gives a device for what a person’s own client fetched alone', () => {
    for (const label of LABELS) expect(usage(CHROME, label)[1]).toBe(label === 'human' ? 'desktop' : null);
  });

  it.each<Label>(['scanner', 'preview'])('gives no client for a %s', (label) => {
    expect(usage(CHROME, label)).toEqual([null, null]);
  });

  it('looks no further than the first 512 characters', () => {
    expect(usage(`${'x'.repeat(512)}Thunderbird/128.0`)).toEqual([null, null]);
  });

  it('has a source for each row', () => {
    for (const { source } of CLIENTS) expect(source).not.toBe('');
  });
});
