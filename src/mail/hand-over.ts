// Hands one mail to nodemailer's transport and says how that ended. A connection that is lost before the mail was read
// leaves no doubt; one that is lost while it was sent, or before the server's last word, leaves one that nobody can lift.
import type { Readable } from 'node:stream';
import type { SendMailOptions, Transporter } from 'nodemailer';
import { messageOf } from '../base/errors.ts';
import type { Mail } from './mail-data.ts';

/** How it ended. */
export type HandedOver =
  | { readonly end: 'sent'; readonly atMs: number; readonly messageId: string | null }
  /** By the server for this mail (5yz), for now (4yz), or because it could not be made. */
  | { readonly end: 'refused' | 'deferred'; readonly reply: number | null; readonly message: string }
  /** The mail may have gone out. */
  | { readonly end: 'doubtful'; readonly message: string }
  /** Nobody took the mail: there is no server, or it lets nobody in. */
  | { readonly end: 'unreachable' | 'locked-out'; readonly message: string };

/** Makes the function that sends. */
export function makeHandOver(transporter: Transporter): (mail: SendMailOptions) => Promise<HandedOver> {
  watchReading(transporter);
  return async (mail) => {
    const reading: Reading = { atMs: undefined, stream: undefined };
    try {
      const info: unknown = await transporter.sendMail({ ...mail, [READING]: reading } as SendMailOptions);
      return { end: 'sent', atMs: reading.atMs ?? Date.now(), messageId: messageIdOf(info) };
    } catch (error) {
      return endOf(error, reading.stream?.readableDidRead ?? false);
    }
  };
}

/** When a transport took up a mail, and whether it has read any of it. */
interface Reading {
  atMs: number | undefined;
  stream: Readable | undefined;
}

const READING = 'telltaleReading';
const watched = new WeakSet<Transporter>();

function watchReading(transporter: Transporter): void {
  if (watched.has(transporter)) return;
  watched.add(transporter);
  transporter.use('stream', (mail: Mail, callback: () => void) => {
    const reading = (mail.data as { readonly [READING]?: Reading })[READING];
    const { message } = mail;
    if (reading !== undefined) {
      const createReadStream = message.createReadStream.bind(message);
      message.createReadStream = (...args) => {
        const stream = createReadStream(...args);
        reading.atMs = Date.now();
        reading.stream = stream;
        return stream;
      };
    }
    callback();
  });
}

/** What nodemailer's errors say. */
interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

/** Commands whose refusal is of one mail, as the errors of nodemailer name them. */
const OF_THIS_MAIL = ['RCPT TO', 'DATA'];
const LOCKED_OUT = ['EAUTH', 'ENOAUTH', 'EOAUTH2', 'ECONFIG', 'EREQUIRETLS'];
const UNREACHABLE = ['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS', 'ETLS', 'EPROXY', 'EPROTOCOL'];

/** What an error of the transport means for a mail. */
export function endOf(error: unknown, wasRead: boolean): Exclude<HandedOver, { readonly end: 'sent' }> {
  const message = messageOf(error);
  const { code = '', command = '', responseCode: reply } = error as SmtpError;
  // A server that refuses the connection or the sender says nothing of the recipient: it would refuse them all.
  const isForAll = reply !== undefined && reply >= 500 && !OF_THIS_MAIL.includes(command);
  if (LOCKED_OUT.includes(code) || isForAll) return { end: 'locked-out', message };
  if (reply !== undefined && reply >= 500) return { end: 'refused', reply, message };
  if (reply !== undefined && reply >= 400) return { end: 'deferred', reply, message };
  if (wasRead) return { end: 'doubtful', message };
  if (UNREACHABLE.includes(code)) return { end: 'unreachable', message };
  return { end: 'refused', reply: null, message };
}

function messageIdOf(info: unknown): string | null {
  if (typeof info !== 'object' || info === null || !('messageId' in info)) return null;
  return typeof info.messageId === 'string' ? info.messageId : null;
}

/** What nodemailer signs when nobody says what (RFC 6376, section 5.4.1). */
const SIGNED =
  'From:Sender:Reply-To:Subject:Date:Message-ID:To:Cc:MIME-Version:Content-Type:Content-Transfer-Encoding:Content-ID:Content-Description:Resent-Date:Resent-From:Resent-Sender:Resent-To:Resent-Cc:Resent-Message-ID:In-Reply-To:References:List-Id:List-Help:List-Unsubscribe:List-Subscribe:List-Post:List-Owner:List-Archive';
const LIST_HEADERS = ['List-Unsubscribe', 'List-Unsubscribe-Post'];

/** How the transport signs, with both list headers under the signature, as RFC 8058 asks. */
export function signingOf({ options }: Transporter): SendMailOptions['dkim'] {
  const dkim = (options as { readonly dkim?: SendMailOptions['dkim'] }).dkim;
  if (dkim === undefined) return undefined;
  const names = (dkim.headerFieldNames ?? SIGNED).split(':');
  const known = new Set(names.map((name) => name.trim().toLowerCase()));
  const added = LIST_HEADERS.filter((name) => !known.has(name.toLowerCase()));
  return { ...dkim, headerFieldNames: [...names, ...added].join(':') };
}

/** Mails that are sent at a time: what the pool has connections for. */
export function connectionsOf({ transporter }: Transporter): number {
  // What a URL says of it, too, is in the transport's own options.
  const { pool, maxConnections } = ((transporter as { readonly options?: object }).options ?? {}) as PoolOptions;
  return pool && typeof maxConnections === 'number' && maxConnections > 0 ? maxConnections : POOL_DEFAULT;
}

interface PoolOptions {
  readonly pool?: unknown;
  readonly maxConnections?: unknown;
}

/** Nodemailer's own. */
const POOL_DEFAULT = 5;
