// Notes as a compiler prints them: file:line:column, how grave, what, and the code to look up.
import type { MailNote } from '../track/compile-mail.ts';

export function formatNote(file: string, note: MailNote): string {
  return `${file}:${note.line}:${note.column}: ${note.severity}: ${note.message} [${note.code}]`;
}
