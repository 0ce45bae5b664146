// `telltale rewrite`: HTML files in, tracked mails out: to stdout, as JSON, or as one file a recipient.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { parseBaseUrl } from '../base/base-url.ts';
import { TelltaleError } from '../base/errors.ts';
import { checkId, quote } from '../base/ids.ts';
import type { PixelPlacement } from '../html/find-pixel-places.ts';
import type { CompiledMail } from '../track/compiled-mail.ts';
import { createTracker } from '../track/create-tracker.ts';
import { type Io, say, writeOut } from './io.ts';
import { loadOrMakeKeys } from './key-file.ts';
import { readMails } from './mail-files.ts';
import { formatNote } from './notes.ts';
import { readRecipients } from './recipients-file.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { fileExists, writeFileWhole } from './write-file.ts';

export interface RewriteFlags extends CommonFlags {
  readonly message: string;
  readonly recipient?: string;
  readonly recipients?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly pixel?: PixelPlacement;
}

/** Runs the command. */
export async function rewrite(files: readonly string[], flags: RewriteFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  checkFlags(files, flags, settings);
  const recipients = () => recipientsOf(flags, io);
  const mails = await readMails(files, io);
  if (flags.out !== undefined) await checkTargets(mails, recipients(), flags, io);
  else for await (const _ of recipients()) void _; // Reads the whole list once: a bad row stops us before the first mail.
  const tracker = createTracker({ baseUrl: settings.baseUrl ?? '', keys: await loadOrMakeKeys(settings, io) });
  const compiled = mails.map(({ file, html }) => ({
    file,
    mail: tracker.compile(html, { message: flags.message, ...(flags.pixel && { pixel: flags.pixel }) }),
  }));
  if (!settings.quiet && !settings.json) sayNotes(compiled, io);
  if (flags.out === undefined) await print(compiled, recipients(), settings, io);
  else await write(compiled, recipients(), flags.out, flags, settings, io);
}

interface Compiled {
  readonly file: string;
  readonly mail: CompiledMail;
}

function checkFlags(files: readonly string[], flags: RewriteFlags, settings: Settings): void {
  if ((flags.recipient === undefined) === (flags.recipients === undefined)) {
    throw new TelltaleError('USAGE', 'Say for whom: either --recipient ID or --recipients FILE.csv.');
  }
  if (settings.baseUrl === undefined) {
    throw new TelltaleError(
      'INVALID_BASE_URL',
      'Say where your collector answers: --base-url https://t.example.com, or set TELLTALE_BASE_URL.',
    );
  }
  parseBaseUrl(settings.baseUrl);
  checkId(flags.message, 'message');
  if (flags.recipient !== undefined) checkId(flags.recipient, 'recipient');
  if (flags.out !== undefined || settings.json) return;
  if (files.length > 1 || flags.recipients !== undefined) {
    throw new TelltaleError(
      'USAGE',
      'Several mails do not fit on one stdout: give --out DIR, or --json for one object a line.',
    );
  }
}

async function* recipientsOf(flags: RewriteFlags, io: Io): AsyncGenerator<string> {
  if (flags.recipients !== undefined) yield* readRecipients(resolve(io.cwd, flags.recipients));
  else if (flags.recipient !== undefined) yield flags.recipient;
}

/** Refuses before the first file is written: a target that exists, or that two rows would share. */
async function checkTargets(
  mails: readonly { file: string }[],
  recipients: AsyncIterable<string>,
  flags: RewriteFlags,
  io: Io,
): Promise<void> {
  const directory = resolve(io.cwd, flags.out ?? '');
  checkStems(mails);
  const seen = new Set<string>();
  for await (const recipient of recipients) {
    if (seen.has(recipient)) {
      throw new TelltaleError(
        'INVALID_RECIPIENTS',
        `The recipient ${quote(recipient)} stands twice in ${flags.recipients}. Nothing was written.`,
      );
    }
    seen.add(recipient);
    if (flags.force === true) continue;
    for (const { file } of mails) {
      const path = join(directory, targetName(file, recipient, mails.length));
      if (existsSync(path)) throw fileExists(path);
    }
  }
  const manifest = join(directory, MANIFEST);
  if (flags.force !== true && existsSync(manifest)) throw fileExists(manifest);
}

const MANIFEST = 'manifest.ndjson';

function checkStems(mails: readonly { file: string }[]): void {
  const stems = mails.map(({ file }) => stemOf(file));
  const twice = stems.find((stem, index) => stems.indexOf(stem) !== index);
  if (twice === undefined) return;
  throw new TelltaleError(
    'USAGE',
    `Two of the files would be written to the folder ${quote(twice)}. Rewrite them into different --out folders.`,
  );
}

async function write(
  compiled: readonly Compiled[],
  recipients: AsyncIterable<string>,
  out: string,
  flags: RewriteFlags,
  settings: Settings,
  io: Io,
): Promise<void> {
  const directory = resolve(io.cwd, out);
  const force = flags.force ?? false;
  const lines: string[] = [];
  for await (const recipient of recipients) {
    for (const { file, mail } of compiled) {
      const path = join(directory, targetName(file, recipient, compiled.length));
      const { html } = mail.render(recipient);
      await mkdir(dirname(path), { recursive: true });
      await writeFileWhole(path, html, { force });
      lines.push(JSON.stringify({ file, recipient, path: relative(directory, path), bytes: Buffer.byteLength(html) }));
    }
  }
  // Last, so that a folder with a manifest is a whole one.
  await writeFileWhole(join(directory, MANIFEST), `${lines.join('\n')}\n`, { force });
  if (settings.json) await writeOut(io, `${lines.join('\n')}\n`);
  else if (!settings.quiet)
    say(io, `Wrote ${lines.length} ${lines.length === 1 ? 'mail' : 'mails'} and ${MANIFEST} to ${out}.`);
}

async function print(
  compiled: readonly Compiled[],
  recipients: AsyncIterable<string>,
  settings: Settings,
  io: Io,
): Promise<void> {
  for await (const recipient of recipients) {
    for (const { file, mail } of compiled) {
      const { html, text, headers } = mail.render(recipient);
      if (!settings.json) {
        await writeOut(io, html);
        continue;
      }
      const bytesAdded = Buffer.byteLength(html) - mail.sourceBytes;
      const row = {
        file,
        recipient,
        html,
        text: text ?? null,
        headers,
        links: mail.links,
        notes: mail.notes,
        bytesAdded,
      };
      await writeOut(io, `${JSON.stringify(row)}\n`);
    }
  }
}

/** `<recipient>.html`, or below a folder for each of several files. */
function targetName(file: string, recipient: string, fileCount: number): string {
  const name = `${fileNameOf(recipient)}.html`;
  return fileCount === 1 ? name : join(stemOf(file), name);
}

function stemOf(file: string): string {
  return file === '-' ? 'stdin' : basename(file, extname(file));
}

/** A file name that any file system keeps apart: bytes outside `[a-z0-9_-]` as `=hh`; a hash where that is too long. */
export function fileNameOf(recipient: string): string {
  const name = [...Buffer.from(recipient)]
    .map((byte) => (SAFE.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : hex(byte)))
    .join('');
  return name.length <= 200 ? name : createHash('sha256').update(recipient).digest('hex').slice(0, 32);
}

const SAFE = /[a-z0-9_-]/;

function hex(byte: number): string {
  return `=${byte.toString(16).padStart(2, '0')}`;
}

function sayNotes(compiled: readonly Compiled[], io: Io): void {
  for (const { file, mail } of compiled) {
    for (const note of mail.notes) if (note.severity !== 'info') say(io, formatNote(file, note));
  }
}
