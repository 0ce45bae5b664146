// Notes as a compiler prints them: file:line:column, how grave, what, and the code to look up. In a message of several
// parts the file is followed by the part's number, and lines count in that part's decoded text.
import type { MimeNote } from '../track/choose-bodies.ts';
import type { MailNote } from '../track/mail-notes.ts';
import { type Io, say } from './io.ts';

export function formatNote(file: string, note: MailNote | MimeNote): string {
  return `${placeOf(file, note)}: ${note.severity}: ${note.message} [${note.code}]`;
}

export function placeOf(
  file: string,
  { line, column, part = '' }: { readonly line: number; readonly column: number; readonly part?: string },
): string {
  return `${file}${part === '' ? '' : `#${part}`}:${line}:${column}`;
}

/** Says the warnings and errors of mails. */
export function sayNotes(files: readonly NotedFile[], io: Io): void {
  for (const { file, mail } of files) {
    for (const note of mail.notes) if (note.severity !== 'info') say(io, formatNote(file, note));
  }
}

interface NotedFile {
  readonly file: string;
  readonly mail: { readonly notes: readonly (MailNote | MimeNote)[] };
}
