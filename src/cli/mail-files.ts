// The mails a command works on: files, or stdin as `-`.
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { TelltaleError } from '../base/errors.ts';
import { isMessage } from '../mime/is-message.ts';
import { type Io, readStdin } from './io.ts';

/** A mail, named as on the command line; `-` for stdin. */
export type MailFile =
  | { readonly file: string; readonly extension: 'html'; readonly html: string }
  /** A whole message, as it is sent: by its name, or because it begins with headers. */
  | { readonly file: string; readonly extension: 'eml'; readonly raw: Buffer };

/**
 * Reads all mails before anything is done with one.
 *
 * @throws TelltaleError `FILE_NOT_FOUND`, `NOT_TEXT`, `USAGE` when nothing is named and nothing piped.
 */
export async function readMails(files: readonly string[], io: Io): Promise<readonly MailFile[]> {
  if (files.length === 0 && io.stdin.isTTY === true) {
    throw new TelltaleError('USAGE', 'Name one or more HTML files or .eml files, or pipe one in.');
  }
  const names = files.length === 0 ? ['-'] : files;
  const mails: MailFile[] = [];
  for (const file of names) mails.push(toMail(file, await bytesOf(file, io)));
  return mails;
}

function toMail(file: string, bytes: Buffer): MailFile {
  const isEml = extname(file).toLowerCase() === '.eml' || isMessage(bytes.toString('latin1'));
  return isEml
    ? { file, extension: 'eml', raw: bytes }
    : { file, extension: 'html', html: toText(bytes, file, 'HTML') };
}

async function bytesOf(file: string, io: Io): Promise<Buffer> {
  if (file === '-') return readStdin(io);
  const path = resolve(io.cwd, file);
  if (!existsSync(path)) throw new TelltaleError('FILE_NOT_FOUND', `There is no file ${file}.`);
  if (statSync(path).isDirectory())
    throw new TelltaleError('NOT_TEXT', `${file} should be a file with a mail, but it is a directory.`);
  return readFile(path);
}

/**
 * Reads a text that goes into a mail.
 *
 * @throws TelltaleError `FILE_NOT_FOUND`, `NOT_TEXT`.
 */
export async function readText(file: string, io: Io): Promise<string> {
  return toText(await bytesOf(file, io), file, 'text');
}

function toText(bytes: Buffer, file: string, what: 'HTML' | 'text'): string {
  try {
    if (bytes.includes(0)) throw new Error('it holds zero bytes');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const name = file === '-' ? 'stdin' : file;
    throw new TelltaleError(
      'NOT_TEXT',
      `${name} should be ${what} in UTF-8, but it is something else. Convert it, for example: iconv -f iso-8859-1 -t utf-8.`,
      { cause },
    );
  }
}
