// `telltale rewrite --placeholder`: a mail that another engine or a provider will merge, with the sender's own merge
// variable in place of R, and the table of what it stands for: one row a recipient.
import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { CompiledMail } from '../track/compiled-mail.ts';
import { type Io, say, writeOut } from './io.ts';
import { sayNotes } from './notes.ts';
import type { RecipientList } from './recipient-list.ts';
import type { RewriteFlags } from './rewrite-flags.ts';
import type { Settings } from './settings.ts';
import { fileExists, makeDirectory, putInPlace, syncDirectory, temporaryName, writeFileWhole } from './write-file.ts';

export interface TemplateFile {
  readonly file: string;
  /** The name without folder and ending. */
  readonly stem: string;
  readonly mail: CompiledMail;
}

/** Writes templates, and the table when there are recipients. */
export async function writeTemplates(
  files: readonly TemplateFile[],
  placeholder: string,
  list: RecipientList | undefined,
  flags: RewriteFlags,
  settings: Settings,
  io: Io,
): Promise<void> {
  if (!settings.quiet && !settings.json) sayNotes(files, io);
  if (flags.out !== undefined) return writeFolder(files, placeholder, list, flags, settings, io);
  for (const { file, mail } of files) {
    const { html, text } = mail.template(placeholder);
    const row = { file, placeholder, html, text: text ?? null, links: mail.links, notes: mail.notes };
    await writeOut(io, settings.json ? `${JSON.stringify(row)}\n` : html);
  }
  for await (const row of rowsOf(files, list)) await writeOut(io, `${JSON.stringify(row)}\n`);
}

/** The table in a folder of templates. */
const TOKENS_FILE = 'tokens.csv';

const COLUMNS = ['recipient', 'telltale', 'list_unsubscribe'];

async function writeFolder(
  files: readonly TemplateFile[],
  placeholder: string,
  list: RecipientList | undefined,
  flags: RewriteFlags,
  settings: Settings,
  io: Io,
): Promise<void> {
  const directory = resolve(io.cwd, flags.out ?? '');
  const force = flags.force ?? false;
  const targets = files.map((file) => ({ ...file, path: join(directory, `${file.stem}.html`) }));
  const table = join(directory, TOKENS_FILE);
  for (const path of [...targets.map((target) => target.path), table]) {
    if (!force && existsSync(path)) throw fileExists(path);
  }
  await makeDirectory(directory);
  for (const { path, mail } of targets) await writeFileWhole(path, mail.template(placeholder).html, { force });
  if (list !== undefined) await writeTable(table, rowsOf(files, list), force);
  await syncDirectory(directory);
  if (settings.quiet) return;
  const what = `${files.length} ${files.length === 1 ? 'template' : 'templates'}`;
  say(
    io,
    `Wrote ${what}${list === undefined ? '' : ` and ${TOKENS_FILE} for ${list.count} recipients`} to ${flags.out}.`,
  );
}

/** Written under a temporary name, so that a table that has its name is whole. */
async function writeTable(path: string, rows: AsyncIterable<TokenRow>, force: boolean): Promise<void> {
  const temporary = temporaryName(path);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.appendFile(stringify([COLUMNS]));
    for await (const row of rows)
      await file.appendFile(stringify([[row.recipient, row.telltale, row.listUnsubscribe]]));
    await file.sync();
    await file.close();
    await putInPlace(temporary, path, { force });
  } finally {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
  }
}

interface TokenRow {
  readonly recipient: string;
  /** R: what the placeholder stands for. It is the same for all mails of one message. */
  readonly telltale: string;
  readonly listUnsubscribe: string;
}

async function* rowsOf(files: readonly TemplateFile[], list: RecipientList | undefined): AsyncGenerator<TokenRow> {
  const mail = files[0]?.mail;
  if (list === undefined || mail === undefined) return;
  for await (const recipient of list.again()) {
    const listUnsubscribe = mail.render(recipient).headers['List-Unsubscribe'] ?? '';
    yield { recipient, telltale: mail.token(recipient), listUnsubscribe };
  }
}
