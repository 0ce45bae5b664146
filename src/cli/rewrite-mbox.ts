// All mails in one mbox (RFC 4155, quoted the mboxrd way, so that it can be undone), for a mail reader to show. It is
// written under a temporary name and put in place last: an mbox that has its name is whole.
import { existsSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encode, wrap } from 'nodemailer/lib/base64';
import { encodeWord } from 'nodemailer/lib/mime-funcs';
import { mboxChunkBytes } from '../base/limits.ts';
import type { CompiledFile, HtmlFile, Outcome, RewriteJob } from './rewrite-job.ts';
import { explainSystemError } from './system-error.ts';
import { fileExists, makeDirectory, putInPlace, removeLeftovers, syncDirectory, temporaryName } from './write-file.ts';

export interface Mbox {
  readonly path: string;
  readonly force: boolean;
  /** The time in the lines that begin a mail, in milliseconds since 1970. */
  readonly atMs: number;
}

/** Refuses to overwrite. */
export function checkMbox(mbox: Mbox): void {
  if (!mbox.force && existsSync(mbox.path)) throw fileExists(mbox.path);
}

/** Writes all mails, or leaves nothing. */
export async function writeMbox(job: RewriteJob, mbox: Mbox, append: typeof appendTo = appendTo): Promise<Outcome> {
  const directory = dirname(mbox.path);
  await makeDirectory(directory);
  await removeLeftovers(directory);
  const temporary = temporaryName(mbox.path);
  const file = await open(temporary, 'wx', 0o644);
  try {
    const outcome = await writeAll(job, mbox, (text) => append(file, text));
    if (outcome.isInterrupted) return outcome;
    await file.sync();
    await file.close();
    await putInPlace(temporary, mbox.path, mbox);
    await syncDirectory(directory);
    return outcome;
  } catch (error) {
    throw explainSystemError(error);
  } finally {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
  }
}

/** Writes at the end of the open file; all characters are bytes. */
export async function appendTo(file: FileHandle, text: string): Promise<void> {
  await file.appendFile(text, 'latin1');
}

async function writeAll(job: RewriteJob, mbox: Mbox, append: (text: string) => Promise<void>): Promise<Outcome> {
  const from = `From MAILER-DAEMON ${asctime(mbox.atMs)}\n`;
  let chunk = '';
  let done = 0;
  for await (const recipient of job.recipients()) {
    for (const file of job.files) {
      if (job.signal.aborted) return { done, isInterrupted: true };
      chunk += `${from}${toMboxrd(messageFor(file, recipient))}\n`;
      done += 1;
      if (chunk.length < mboxChunkBytes) {
        job.progress.step();
        continue;
      }
      await append(chunk);
      chunk = '';
      job.progress.step();
    }
  }
  await append(chunk);
  return { done, isInterrupted: false };
}

function messageFor(file: CompiledFile, recipient: string): string {
  return file.extension === 'eml' ? file.copyFor(recipient).toString('latin1') : wrapHtml(file, recipient);
}

/** The least that is a mail. Base64 keeps every byte of the HTML, line breaks, too. */
function wrapHtml({ mail }: HtmlFile, recipient: string): string {
  const { html, headers } = mail.render(recipient);
  const fields = {
    'X-Telltale-Message': headerText(mail.message),
    'X-Telltale-Recipient': headerText(recipient),
    'MIME-Version': '1.0',
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Transfer-Encoding': 'base64',
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n${wrap(encode(html))}\r\n`;
}

/** An id as a header can carry it: encoded (RFC 2047) unless all readers take it as it stands. */
function headerText(id: string): string {
  const isPlain = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(id) && !id.includes('=?');
  return isPlain ? id : encodeWord(id, 'B', 52).replaceAll(' ', '\r\n ');
}

/** Lines end in LF and none begins like the next mail: `From ` gets a `>`, and what has one gets one more. */
function toMboxrd(message: string): string {
  const text = message.replaceAll('\r\n', '\n').replace(/(^|\n)(>*From )/g, '$1>$2');
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** `Thu Jan  1 00:00:00 1970`, in UTC. */
function asctime(atMs: number): string {
  const [weekday = '', day = '', month, year, time] = new Date(atMs).toUTCString().split(' ');
  return `${weekday.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}
