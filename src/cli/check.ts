// `telltale check`: what would be tracked, what not and why, size before and after. Changes nothing, needs no keys.
import { addKey, createKeyRing } from '../token/key-ring.ts';
import type { CompiledMail } from '../track/compiled-mail.ts';
import { createTracker } from '../track/create-tracker.ts';
import { type CompiledMime, compileMime } from '../track/rewrite-mime.ts';
import { type AdornmentFlags, adornmentOf } from './adornment-flags.ts';
import { type Io, writeOut } from './io.ts';
import { newKey } from './key-file.ts';
import { type MailFile, readMails } from './mail-files.ts';
import { formatNote, placeOf } from './notes.ts';
import { type CommonFlags, readSettings } from './settings.ts';

/** Stands in for a base URL when none is set: only the size depends on it. */
const EXAMPLE_BASE_URL = 'https://track.example.com';

export interface CheckFlags extends CommonFlags, AdornmentFlags {
  readonly message?: string;
}

/** Runs the command; false when a mail has errors. */
export async function check(files: readonly string[], flags: CheckFlags, io: Io): Promise<boolean> {
  const settings = readSettings(flags, io);
  const tracker = createTracker({
    baseUrl: settings.baseUrl ?? EXAMPLE_BASE_URL,
    keys: createKeyRing(addKey(undefined, newKey(true))),
  });
  const options = { message: flags.message ?? 'check', ...adornmentOf(flags) };
  let isClean = true;
  for (const mail of await readMails(files, io)) {
    const compiled =
      mail.extension === 'eml' ? compileMime(tracker, mail.raw, options) : tracker.compile(mail.html, options);
    await writeOut(io, settings.json ? toJson(mail, compiled) : toText(mail, compiled));
    if (compiled.notes.some((note) => note.severity === 'error')) isClean = false;
  }
  return isClean;
}

type Checked = Pick<CompiledMail | CompiledMime, 'links' | 'notes' | 'sourceBytes' | 'bytesAdded'>;

function toJson({ file }: MailFile, mail: Checked): string {
  return `${JSON.stringify({ file, links: mail.links, notes: mail.notes, bytes: bytesOf(mail) })}\n`;
}

function toText({ file }: MailFile, mail: Checked): string {
  const links = mail.links.map(
    (link) =>
      `${placeOf(file, link)}: link ${link.index} -> ${link.destination}${link.name && `  "${link.name}"`}${link.clickId === undefined ? '' : `  + ${link.clickId}`}`,
  );
  const notes = mail.notes.map((note) => formatNote(file, note));
  const { before, after } = bytesOf(mail);
  const sum = `${file}: ${count(mail.links.length, 'link')} tracked, ${count(mail.notes.length, 'note')}, ${format(before)} -> ${format(after)} bytes`;
  return `${[...links, ...notes, sum].join('\n')}\n`;
}

function bytesOf(mail: Checked) {
  return { before: mail.sourceBytes, after: mail.sourceBytes + mail.bytesAdded };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function format(number: number): string {
  return number.toLocaleString('en');
}
