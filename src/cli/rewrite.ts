// `telltale rewrite`: HTML files in, tracked mails out: to stdout, as JSON, as one file a recipient, or as an mbox. The
// list of recipients is checked whole before the first mail, and never held.
import { resolve } from 'node:path';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { MERGE_ENGINES, type MergeSyntax } from '../html/merge-tags.ts';
import { createKeyRing, type KeyRing } from '../token/key-ring.ts';
import { type CompileOptions, createTracker, type Tracker } from '../track/create-tracker.ts';
import { compileMime } from '../track/rewrite-mime.ts';
import { adornmentOf } from './adornment-flags.ts';
import { stemOf } from './file-names.ts';
import type { Io } from './io.ts';
import { loadOrMakeKeys } from './key-file.ts';
import { type MailFile, readMails } from './mail-files.ts';
import { sayNotes } from './notes.ts';
import { startProgress } from './progress.ts';
import { checkRecipients } from './recipient-list.ts';
import { readRecipients } from './recipients-file.ts';
import { breaksSignature, emlFile, SIGNATURE_WOULD_BREAK } from './rewrite-eml.ts';
import { checkRewriteFlags, type RewriteFlags } from './rewrite-flags.ts';
import { htmlFile } from './rewrite-job.ts';
import { writeTemplates } from './rewrite-template.ts';
import { wayOutOf } from './rewrite-ways-out.ts';
import { readSettings, type Settings } from './settings.ts';
import { withStore } from './stores.ts';

/** Runs the command; returns the exit status. */
export async function rewrite(files: readonly string[], flags: RewriteFlags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  checkRewriteFlags(files, flags, settings);
  const sources = await readMails(files, io);
  if (flags.placeholder !== undefined) return rewriteTemplates(sources, flags.placeholder, flags, settings, io);
  const wayOut = wayOutOf(sources, flags, settings, io);
  const list = await checkRecipients(() => recipientsOf(flags, io), {
    name: flags.recipients ?? 'the command line',
    isUnique: wayOut.isUnique,
    check: wayOut.check,
  });
  const keys = createKeyRing(await loadOrMakeKeys(settings, io));
  const options = compileOptions(flags);
  const { baseUrl, mails: compiled } = await compileAll(flags, settings, keys, (tracker) =>
    sources.map((source) =>
      source.extension === 'eml'
        ? emlFile(source.file, source.raw, compileMime(tracker, source.raw, options))
        : htmlFile(source.file, source.html, tracker.compile(source.html, options)),
    ),
  );
  if (!settings.quiet && !settings.json) sayNotes(compiled, io);
  if (!wayOut.isContinued && breaksSignature(compiled, flags, io)) return SIGNATURE_WOULD_BREAK;
  const mailCount = list.count * compiled.length;
  const interruption = new AbortController();
  const release = io.onInterrupt?.(() => interruption.abort());
  const progress = startProgress(mailCount, !settings.quiet && !settings.json, io);
  const job = { files: compiled, recipients: list.again, mailCount, signal: interruption.signal, progress };
  try {
    const outcome = await wayOut.write(job, { baseUrl, key: keys.signing().id });
    progress.end();
    if (!settings.quiet) wayOut.tell(outcome, job);
    return outcome.isInterrupted ? 130 : 0;
  } finally {
    progress.end();
    release?.();
  }
}

/** Mails that are merged elsewhere: no copy for each recipient, but what to fill in. */
async function rewriteTemplates(
  sources: readonly MailFile[],
  placeholder: string,
  flags: RewriteFlags,
  settings: Settings,
  io: Io,
): Promise<number> {
  const hasRecipients = flags.recipient !== undefined || flags.recipients !== undefined;
  const list = hasRecipients
    ? await checkRecipients(() => recipientsOf(flags, io), {
        name: flags.recipients ?? 'the command line',
        isUnique: true,
        check: () => {},
      })
    : undefined;
  const htmlSources = sources.map((source) => {
    if (source.extension !== 'eml') return source;
    throw new TelltaleError(
      'USAGE',
      `--placeholder takes HTML, but ${source.file} is a message. Take the HTML it is made of.`,
    );
  });
  const keys = createKeyRing(await loadOrMakeKeys(settings, io));
  const { mails: templates } = await compileAll(flags, settings, keys, (tracker) =>
    htmlSources.map(({ file, html }) => ({
      file,
      stem: stemOf(file),
      mail: tracker.compile(html, compileOptions(flags)),
    })),
  );
  await writeTemplates(templates, placeholder, list, flags, settings, io);
  return 0;
}

/** Compiles what is to be written; short links are registered in the database, which nothing else here needs. */
async function compileAll<T extends { readonly mail: { register(): Promise<void> } }>(
  flags: RewriteFlags,
  settings: Settings,
  keys: KeyRing,
  compile: (tracker: Tracker) => readonly T[],
): Promise<{ readonly baseUrl: string; readonly mails: readonly T[] }> {
  const options = { baseUrl: settings.baseUrl ?? '', keys };
  if (flags.links !== 'short') {
    const tracker = createTracker(options);
    return { baseUrl: tracker.baseUrl, mails: compile(tracker) };
  }
  return withStore(settings, { migrate: true }, async (store) => {
    const tracker = createTracker({ ...options, store, links: 'short' });
    const mails = compile(tracker);
    for (const { mail } of mails) await mail.register();
    await tracker.close();
    return { baseUrl: tracker.baseUrl, mails };
  });
}

function compileOptions(
  flags: RewriteFlags,
): Pick<CompileOptions, 'message' | 'pixel' | 'merge' | 'keepMail' | 'clickId' | 'utm'> {
  const { message, pixel, merge, recipient } = flags;
  // A mail for one recipient may hold what is theirs alone.
  return { message, pixel, merge: mergeOf(merge), keepMail: recipient === undefined, ...adornmentOf(flags) };
}

/** An engine's name, or delimiters of one's own with a space between them: `[[ ]]`. */
function mergeOf(text: string | undefined): MergeSyntax | undefined {
  const engine = MERGE_ENGINES.find((name) => name === text);
  if (text === undefined || engine !== undefined) return engine;
  const [open, close, ...more] = text.split(' ');
  if (open !== undefined && close !== undefined && more.length === 0) return { open, close };
  const known = MERGE_ENGINES.join(', ');
  throw new TelltaleError('USAGE', `--merge takes ${known}, or two delimiters like "[[ ]]", but ${quote(text)} came.`);
}

async function* recipientsOf(flags: RewriteFlags, io: Io): AsyncGenerator<string> {
  if (flags.recipients !== undefined) yield* readRecipients(resolve(io.cwd, flags.recipients));
  else if (flags.recipient !== undefined) yield flags.recipient;
}
