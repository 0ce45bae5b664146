// A labelled case: what came, and what each hit was. Times count from the send.
import type { Label } from '../../../src/base/nouns.ts';
import type { ClassifyHit } from '../../../src/classify/read-signals.ts';

export interface Case {
  readonly name: string;
  readonly hits: readonly ClassifyHit[];
  /** The label of each hit; `null` where no documented behaviour settles it. */
  readonly labels: readonly (Label | null)[];
}

/** A hit without its place in the case, and the label it should get. */
export type Wanted = readonly [
  label: Label | null,
  hit: Partial<ClassifyHit> & { readonly afterMs?: number; readonly ua?: string },
];

export const sentAtMs = Date.UTC(2026, 2, 3, 9);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Makes a case of one mail to one recipient; a hit may name others. */
export function makeCase(name: string, ...wanted: readonly Wanted[]): Case {
  const hits = wanted.map(([, { afterMs = HOUR, ua, headers = {}, ...hit }], position): ClassifyHit => {
    const event = hit.event ?? 'open';
    return {
      id: `${name} ${position}`,
      event,
      message: name,
      recipient: 'reader-1',
      link: event === 'click' ? 1 : null,
      linkCount: 6,
      honeypot: false,
      sentAtMs,
      deliveredAtMs: null,
      atMs: sentAtMs + afterMs,
      method: 'GET',
      ip: '192.0.2.140',
      network: 'unknown',
      ptr: null,
      recipientDomain: 'reader.example',
      ...hit,
      headers: ua === undefined ? headers : { 'user-agent': ua, ...headers },
    };
  });
  return { name, hits, labels: wanted.map(([label]) => label) };
}

export const UA = {
  chrome:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0',
  firefox: 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  safari:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  iphoneMail:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  android:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36',
  explorer: 'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko',
  outlook: 'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.18827; Pro)',
  msOffice: 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0E; ms-office)',
  gmail: 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
  gmailAhead:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0',
  bare: 'Mozilla/5.0',
} as const;

/** With which a browser follows a link. */
export const FOLLOWS = {
  'accept-language': 'fr-FR,fr;q=0.8',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-user': '?1',
} as const;
/** With which a page shows an image. */
export const SHOWS = {
  'accept-language': 'sv-SE,sv;q=0.9',
  'sec-fetch-dest': 'image',
  'sec-fetch-mode': 'no-cors',
} as const;
