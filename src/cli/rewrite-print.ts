// To stdout: one mail as it is, or an object a line. Nothing is gathered; a slow reader slows us.
import { type Io, writeOut } from './io.ts';
import { emlRows } from './rewrite-eml.ts';
import type { CompiledFile, HtmlFile, Outcome, RewriteJob } from './rewrite-job.ts';

/** Prints all mails. */
export async function print(job: RewriteJob, options: { readonly json: boolean }, io: Io): Promise<Outcome> {
  const files = job.files.map((file) => ({ file, row: options.json ? rowsOf(file) : undefined }));
  let done = 0;
  for await (const recipient of job.recipients()) {
    for (const { file, row } of files) {
      if (job.signal.aborted) return { done, isInterrupted: true };
      await writeOut(io, row === undefined ? file.copyFor(recipient) : row(recipient));
      done += 1;
      job.progress.step();
    }
  }
  return { done, isInterrupted: false };
}

function rowsOf(file: CompiledFile): (recipient: string) => string {
  return file.extension === 'eml' ? emlRows(file) : rowMaker(file);
}

/** Makes the line of a recipient; what is the same for all of them is put into JSON once. */
function rowMaker({ file, mail }: HtmlFile): (recipient: string) => string {
  const { links, notes, sourceBytes } = mail;
  const shared = JSON.stringify({ links, notes }).slice(1, -1);
  return (recipient) => {
    const { html, text, headers } = mail.render(recipient);
    const own = JSON.stringify({ file, recipient, html, text: text ?? null, headers }).slice(0, -1);
    return `${own},${shared},"bytesAdded":${Buffer.byteLength(html) - sourceBytes}}\n`;
  };
}
