// Reads and changes nodemailer's mail data, in the shapes its callers may give: addresses, contents, headers.
import type { PluginFunction } from 'nodemailer';
import addressparser from 'nodemailer/lib/addressparser';
import { TelltaleError } from '../base/errors.ts';

export type Mail = Parameters<PluginFunction>[0];
type MailData = Mail['data'];

/** The distinct addresses a mail goes to, in lower case. */
export function addresseesOf(data: MailData): readonly string[] {
  const to = data.envelope?.to;
  const fields = to === undefined ? [data.to, data.cc, data.bcc] : [to];
  return [...new Set(fields.flatMap(addressesIn))];
}

/** An address, a list with commas, an object, a group, or an array of these. */
function addressesIn(field: unknown): readonly string[] {
  if (Array.isArray(field)) return field.flatMap(addressesIn);
  if (typeof field === 'string')
    return addressparser(field, { flatten: true }).map(({ address }) => address.toLowerCase());
  if (typeof field !== 'object' || field === null) return [];
  if ('group' in field) return addressesIn(field.group);
  return 'address' in field && typeof field.address === 'string' ? [field.address.toLowerCase()] : [];
}

/**
 * The part as text, read as nodemailer would read it; nothing when the mail has none.
 *
 * @throws TelltaleError `NOT_TEXT` when its bytes are not UTF-8, which is what nodemailer declares.
 */
export async function contentOf(mail: Mail, part: 'html' | 'text'): Promise<string | undefined> {
  const { disableFileAccess = false, disableUrlAccess = false } = mail.data;
  const content: unknown = await mail.resolveContent(mail.data, part, { disableFileAccess, disableUrlAccess });
  if (content === undefined || content === null || content === '') return undefined;
  if (typeof content === 'string') return content;
  if (!Buffer.isBuffer(content)) {
    throw new TelltaleError(
      'NOT_TEXT',
      `The ${part} part must be a string, Buffer, stream or { path }; the mail went out untracked.`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw new TelltaleError(
      'NOT_TEXT',
      `The ${part} part is not UTF-8; the mail went out untracked. Convert it first.`,
      { cause },
    );
  }
}

/** Replaces the content and keeps what else the caller said of the part. */
export function setContent(mail: Mail, part: 'html' | 'text', content: string): void {
  const given: unknown = mail.data[part];
  const isDescribed = typeof given === 'object' && given !== null && !Buffer.isBuffer(given) && !('pipe' in given);
  if (!isDescribed) {
    mail.data[part] = content;
    return;
  }
  const { path, href, encoding, ...rest } = given as Record<string, unknown>;
  mail.data[part] = { ...rest, content };
}

/** What the caller has said already of how to unsubscribe: the texts of `list.unsubscribe` and List-Unsubscribe. */
export function waysOutOf(data: MailData): readonly string[] {
  const lists = Object.entries(data.list ?? {}).filter(([name]) => name.toLowerCase() === 'unsubscribe');
  const headers = headerList(data).filter(({ key }) => key.toLowerCase() === 'list-unsubscribe');
  return [...lists.map(([, value]) => value), ...headers.map(({ value }) => value)].flatMap(textsIn);
}

/** A text, an object with `url` or `value`, or an array of these. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  if ('url' in value) return textsIn(value.url);
  return 'value' in value ? textsIn(value.value) : [];
}

/** Adds headers to those the caller gave. */
export function addHeaders(data: MailData, headers: Readonly<Record<string, string>>): void {
  data.headers = [...headerList(data), ...listHeaders(headers)];
}

/** Headers as nodemailer takes them when it is to write them as they are. */
export function listHeaders(headers: Readonly<Record<string, string>>): Header[] {
  return Object.entries(headers).map(([key, value]) => ({ key, value: { prepared: true, foldLines: false, value } }));
}

type Header = Extract<MailData['headers'], readonly unknown[]>[number];

function headerList(data: MailData): readonly Header[] {
  const given = data.headers ?? [];
  if (Array.isArray(given)) return given;
  if (isHeader(given)) return [given];
  return Object.entries(given).map(([key, value]) => ({ key, value }));
}

function isHeader(headers: object): headers is Header {
  return 'key' in headers && 'value' in headers && typeof headers.key === 'string';
}
