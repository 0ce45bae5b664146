// `telltale rewrite`: HTML files in, tracked mails out: to stdout, as JSON, as one file a recipient, or as an mbox. The
// list of recipients is checked whole before the first mail, and never held.
import { resolve } from 'node:path';
import { createTracker } from '../track/create-tracker.ts';
import { compileMime } from '../track/rewrite-mime.ts';
import { type Io, say } from './io.ts';
import { loadOrMakeKeys } from './key-file.ts';
import { readMails } from './mail-files.ts';
import { formatNote } from './notes.ts';
import { startProgress } from './progress.ts';
import { checkRecipients } from './recipient-list.ts';
import { readRecipients } from './recipients-file.ts';
import { breaksSignature, emlFile, SIGNATURE_WOULD_BREAK } from './rewrite-eml.ts';
import { checkRewriteFlags, type RewriteFlags } from './rewrite-flags.ts';
import { type CompiledFile, htmlFile } from './rewrite-job.ts';
import { wayOutOf } from './rewrite-ways-out.ts';
import { readSettings } from './settings.ts';

/** Runs the command; returns the exit status. */
export async function rewrite(files: readonly string[], flags: RewriteFlags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  checkRewriteFlags(files, flags, settings);
  const sources = await readMails(files, io);
  const wayOut = wayOutOf(sources, flags, settings, io);
  const list = await checkRecipients(() => recipientsOf(flags, io), {
    name: flags.recipients ?? 'the command line',
    isUnique: wayOut.isUnique,
    check: wayOut.check,
  });
  const keys = await loadOrMakeKeys(settings, io);
  const tracker = createTracker({ baseUrl: settings.baseUrl ?? '', keys });
  const options = { message: flags.message, ...(flags.pixel && { pixel: flags.pixel }) };
  const compiled = sources.map((source) =>
    source.extension === 'eml'
      ? emlFile(source.file, source.raw, compileMime(tracker, source.raw, options))
      : htmlFile(source.file, source.html, tracker.compile(source.html, options)),
  );
  if (!settings.quiet && !settings.json) sayNotes(compiled, io);
  if (!wayOut.isContinued && breaksSignature(compiled, flags, io)) return SIGNATURE_WOULD_BREAK;
  const mailCount = list.count * compiled.length;
  const interruption = new AbortController();
  const release = io.onInterrupt?.(() => interruption.abort());
  const progress = startProgress(mailCount, !settings.quiet && !settings.json, io);
  const job = { files: compiled, recipients: list.again, mailCount, signal: interruption.signal, progress };
  try {
    const outcome = await wayOut.write(job, { baseUrl: tracker.baseUrl, key: keys.signing().id });
    progress.end();
    if (!settings.quiet) wayOut.tell(outcome, job);
    return outcome.isInterrupted ? 130 : 0;
  } finally {
    progress.end();
    release?.();
  }
}

async function* recipientsOf(flags: RewriteFlags, io: Io): AsyncGenerator<string> {
  if (flags.recipients !== undefined) yield* readRecipients(resolve(io.cwd, flags.recipients));
  else if (flags.recipient !== undefined) yield flags.recipient;
}

function sayNotes(compiled: readonly CompiledFile[], io: Io): void {
  for (const { file, mail } of compiled) {
    for (const note of mail.notes) if (note.severity !== 'info') say(io, formatNote(file, note));
  }
}
