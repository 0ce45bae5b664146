// URLs that are signed: whoever they lead to recomputes a signature over their query, so nothing may be added to one.
// Told by the names of their parameters, whatever their case; docs/conversions.md has the same list.

interface SignedForm {
  readonly id: string;
  /** A parameter of that name, and of that value where it says so. */
  readonly name: RegExp;
  readonly value?: RegExp;
  readonly source: string;
}

/** The first that holds names the form. */
export const SIGNED_FORMS: readonly SignedForm[] = [
  { id: 'amazon-s3', name: /^x-amz-signature$/i, source: 'AWS Signature Version 4, query string authentication' },
  { id: 'google-cloud-storage', name: /^x-goog-signature$/i, source: 'Cloud Storage V4 signing process' },
  { id: 'alibaba-oss', name: /^x-oss-signature$/i, source: 'OSS signature version 4 in URLs' },
  { id: 'tencent-cos', name: /^q-signature$/i, source: 'COS request signature' },
  { id: 'azure-sas', name: /^sig$/i, source: 'Azure Storage shared access signatures' },
  // S3 before version 4, CloudFront (with Key-Pair-Id), Cloud Storage V2, Cloud CDN, signed routes of web frameworks.
  {
    id: 'signature',
    name: /^signature$/i,
    source: 'CloudFront signed URLs; Cloud CDN signed URLs; Laravel signed routes',
  },
  { id: 'hmac', name: /^hmac$/i, source: 'Shopify request verification' },
  { id: 'akamai', name: /^(?:hdnts|hdnea|hdntl|__token__|__gda__)$/i, source: 'Akamai edge authorization tokens' },
  {
    id: 'cloudflare',
    name: /^verify$/i,
    value: /^\d{10}-/,
    source: 'Cloudflare HMAC validation, is_timed_hmac_valid_v0',
  },
  { id: 'imgix', name: /^s$/i, value: /^[0-9a-f]{32}$/i, source: 'imgix secured URLs' },
];

/** How a URL is signed; nothing when it is not. */
export function signedAs(url: string): string | undefined {
  const query = queryOf(url);
  if (query === '') return undefined;
  const parameters = [...new URLSearchParams(query)];
  return SIGNED_FORMS.find((form) =>
    parameters.some(([name, value]) => form.name.test(name) && (form.value?.test(value) ?? true)),
  )?.id;
}

/** What stands between `?` and `#`. */
export function queryOf(url: string): string {
  const end = fragmentAt(url);
  const start = url.indexOf('?');
  return start < 0 || start >= end ? '' : url.slice(start + 1, end);
}

/** Adds a parameter before the fragment; every other character stays. The value must need no escapes, or have them. */
export function addParameter(url: string, name: string, value: string): string {
  const end = fragmentAt(url);
  const before = url.slice(0, end);
  const joint = !before.includes('?') ? '?' : /[?&]$/.test(before) ? '' : '&';
  return `${before}${joint}${name}=${value}${url.slice(end)}`;
}

/** Takes parameters of a name out of a query; every other character stays. */
export function dropParameter(url: string, name: string): string {
  const query = queryOf(url);
  if (query === '') return url;
  const end = fragmentAt(url);
  const kept = query.split('&').filter((part) => !names(part, name));
  const start = end - query.length - 1;
  return `${url.slice(0, start)}${kept.length === 0 ? '' : `?${kept.join('&')}`}${url.slice(end)}`;
}

/** Whether the query has a parameter of that name. */
export function hasParameter(url: string, name: string): boolean {
  return queryOf(url)
    .split('&')
    .some((part) => names(part, name));
}

function names(part: string, name: string): boolean {
  return new URLSearchParams(part).has(name);
}

function fragmentAt(url: string): number {
  const at = url.indexOf('#');
  return at < 0 ? url.length : at;
}
