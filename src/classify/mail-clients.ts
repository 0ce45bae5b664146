// Which mail client or browser a hit came from, and on what device, as far as its user agent says. A small table in the
// project's own words: it names what readers use, not every program there is. A device is only ever a person's.
import { agentMemoMax, userAgentCharsMax } from '../base/limits.ts';
import { type Label, PEOPLE } from '../base/nouns.ts';

export const DEVICES = ['desktop', 'mobile', 'tablet'] as const;
export type Device = (typeof DEVICES)[number];

/** Who asked, as far as it is known. */
export interface Usage {
  /** A name of the table; null when none fits, or a program asked that nobody reads with. */
  readonly client: string | null;
  /** Null where the user agent does not say, and for whatever a proxy or a machine fetched. */
  readonly device: Device | null;
}

interface ClientRow {
  readonly client: string;
  readonly agent: RegExp;
  /** Where the name alone says it; else the user agent is asked. */
  readonly device?: Device;
  readonly source: string;
}

/** In order: the first that fits. Clients stand before the browsers in them. */
export const CLIENTS: readonly ClientRow[] = [
  {
    client: 'Gmail',
    agent: /GoogleImageProxy|via ggpht\.com/i,
    source: 'Google’s image proxy, for Gmail on every device (mautic#16069)',
  },
  { client: 'Gmail', agent: /Edge\/12\.246 Mozilla\/5\.0$/, source: 'Gmail’s prefetch (SparkPost, 2021)' },
  { client: 'Yahoo Mail', agent: /YahooMailProxy/i, source: 'Yahoo’s image proxy (help.yahoo.com, SLN28749)' },
  { client: 'Yahoo Mail', agent: /^YahooMobile\/[\d.]+ \(mail/i, device: 'mobile', source: 'Yahoo’s app' },
  { client: 'Fastmail', agent: /FastmailUA\//i, source: 'Fastmail’s image proxy (isbot fixtures)' },
  { client: 'Rambler', agent: /RamblerMail\//i, source: 'Rambler’s image proxy (isbot fixtures)' },
  { client: 'Seznam', agent: /SeznamEmailProxy\//i, source: 'Seznam’s image proxy (crawler-user-agents)' },
  { client: 'ukr.net', agent: /secureurl\.fwdcdn\.com/i, source: 'ukr.net’s image proxy (crawler-user-agents)' },
  { client: 'Shortwave', agent: /Shortwave Image Fetcher/i, source: 'Shortwave’s image proxy (crawler-user-agents)' },
  {
    client: 'Apple Mail',
    agent: /^Mozilla\/5\.0$/,
    source: 'Apple’s Mail Privacy Protection, on every device (Postmark, Mailgun documentation)',
  },
  { client: 'Outlook for iOS', agent: /Outlook-iOS\//i, device: 'mobile', source: 'Outlook’s app (isbot fixtures)' },
  {
    client: 'Outlook for Android',
    agent: /Outlook-Android\//i,
    device: 'mobile',
    source: 'Outlook’s app (isbot fixtures)',
  },
  { client: 'Outlook for Mac', agent: /MacOutlook\//i, device: 'desktop', source: 'Outlook on a Mac names itself' },
  {
    client: 'Outlook for Windows (new)',
    agent: /OneOutlook\//,
    device: 'desktop',
    source: 'The new Outlook for Windows, within Edge',
  },
  {
    client: 'Windows Live Mail',
    agent: /Outlook-Express\/7/i,
    device: 'desktop',
    source: 'Windows Live Mail, by its forerunner’s name',
  },
  {
    client: 'Outlook for Windows',
    agent: /Microsoft Outlook|ms-office|MSOffice \d|Microsoft Office\/\d/i,
    device: 'desktop',
    source: 'Outlook for Windows loads images by Office (isbot fixtures)',
  },
  {
    client: 'Windows Mail',
    agent: /WebView\/3\.0\)/,
    device: 'desktop',
    source: 'The web view of Windows’ own apps, Mail among them',
  },
  {
    client: 'Thunderbird',
    agent: /Thunderbird\/\d/i,
    device: 'desktop',
    source: 'Thunderbird names itself behind Gecko',
  },
  { client: 'Postbox', agent: /Postbox\/\d/i, device: 'desktop', source: 'Postbox names itself' },
  { client: 'Mailbird', agent: /Mailbird\/\d/i, device: 'desktop', source: 'Mailbird names itself behind Chromium' },
  { client: 'eM Client', agent: /\beM ?Client\//i, device: 'desktop', source: 'eM Client names itself' },
  { client: 'HCL Notes', agent: /(?:Lotus|HCL)-Notes\/\d/i, device: 'desktop', source: 'Notes names itself' },
  {
    client: 'Apple Mail',
    agent: /^Mozilla\/5\.0 \((?:iPhone|iPad|iPod)[^)]*\) AppleWebKit\/[\d.]+ \(KHTML, like Gecko\)(?: Mobile\/\w+)?$/,
    source: 'WebKit in an app, without a browser’s name: Mail, where images are not protected',
  },
  {
    client: 'Apple Mail',
    agent: /^Mozilla\/5\.0 \(Macintosh[^)]*\) AppleWebKit\/[\d.]+ \(KHTML, like Gecko\)$/,
    source: 'The same on a Mac',
  },
  {
    client: 'Android mail app',
    agent: /; wv\) AppleWebKit/,
    source: 'Android’s web view, in which Samsung Email and others show mail without a name of their own',
  },
  { client: 'Edge', agent: /\b(?:Edg|EdgA|EdgiOS)\/\d/, source: 'Microsoft, "User-Agent guidance"' },
  { client: 'Samsung Internet', agent: /SamsungBrowser\/\d/, source: 'Samsung, "User agent string format"' },
  { client: 'Opera', agent: /\bOPR\/\d/, source: 'Opera names itself behind Chromium' },
  { client: 'Firefox', agent: /\b(?:Firefox|FxiOS)\/\d/, source: 'MDN, "Firefox user agent string reference"' },
  { client: 'Chrome', agent: /\b(?:Chrome|CriOS)\/\d/, source: 'Google, "User-Agent strings in Chrome"' },
  {
    client: 'Safari',
    agent: /Version\/[\d.]+ (?:Mobile\/\w+ )?Safari\/\d/,
    source: 'WebKit: Safari gives its version',
  },
];

/**
 * Says what a hit was made with.
 *
 * @param hit its user agent, and the label of its verdict: for a machine's there is no client, and for a proxy's, a
 *   prefetch's or a machine's no device.
 */
export function usageOf(hit: { readonly userAgent: string; readonly label: Label }): Usage {
  const isReading = PEOPLE.has(hit.label) || hit.label === 'prefetch' || hit.label === 'unknown';
  if (!isReading) return NOTHING;
  const { client, device } = readUsage(hit.userAgent.slice(0, userAgentCharsMax));
  return hit.label === 'human' ? { client, device } : { client, device: null };
}

/** Stands between the two names of a family; no header holds one. */
const FAMILY_BREAK = '\n';

/** What is left of a user agent where the owner keeps no more: the names of client and device; empty for neither. */
export function familyOf(userAgent: string): string {
  const { client, device } = readUsage(userAgent.slice(0, userAgentCharsMax));
  return client === null && device === null ? '' : `${client ?? ''}${FAMILY_BREAK}${device ?? ''}`;
}

/** A user agent, or what is left of it, in words. */
export function agentWords(kept: string): string {
  return kept
    .split(FAMILY_BREAK)
    .filter((name) => name !== '')
    .join(', ');
}

const NOTHING: Usage = { client: null, device: null };

const known = new Map<string, Usage>();

/** What a user agent says, were it a person's. Remembered, since a mailing meets the same ones all the time. */
function readUsage(userAgent: string): Usage {
  const remembered = known.get(userAgent);
  if (remembered !== undefined) return remembered;
  const usage = readFamily(userAgent) ?? readWhole(userAgent);
  if (known.size >= agentMemoMax) known.delete(known.keys().next().value ?? '');
  known.set(userAgent, usage);
  return usage;
}

/** An iPad whose Safari asks for desktop pages says it is a Mac, and is taken for one. */
const DEVICE_SIGNS: readonly { readonly device: Device; readonly sign: RegExp }[] = [
  { device: 'tablet', sign: /\biPad\b|\bTablet\b|\bKindle\b|\bSilk\// },
  { device: 'mobile', sign: /\b(?:iPhone|iPod|Windows Phone)\b|\bMobile\b/ },
  // Google, "User-Agent strings": Android without "Mobile" is a tablet.
  { device: 'tablet', sign: /\bAndroid\b/ },
  { device: 'desktop', sign: /\bWindows NT\b|\bMacintosh\b|\bX11\b|\bCrOS\b/ },
];

function deviceOf(userAgent: string): Device | null {
  return DEVICE_SIGNS.find(({ sign }) => sign.test(userAgent))?.device ?? null;
}

function readWhole(userAgent: string): Usage {
  const row = CLIENTS.find(({ agent }) => agent.test(userAgent));
  return { client: row?.client ?? null, device: row?.device ?? deviceOf(userAgent) };
}

/** Reads what {@link familyOf} made. */
function readFamily(text: string): Usage | undefined {
  if (!text.includes(FAMILY_BREAK)) return undefined;
  const [client = '', device] = text.split(FAMILY_BREAK);
  return { client: client === '' ? null : client, device: DEVICES.find((name) => name === device) ?? null };
}
