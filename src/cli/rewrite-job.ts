// What the ways out of `rewrite` (files, an mbox, stdout) are given: compiled files, recipients, and how to stop.
import { createHash } from 'node:crypto';
import type { CompiledMail } from '../track/compiled-mail.ts';
import type { CompiledMime } from '../track/rewrite-mime.ts';
import type { Progress } from './progress.ts';

export interface RewriteJob {
  readonly files: readonly CompiledFile[];
  /** The recipients, each checked before. */
  recipients(): AsyncIterable<string>;
  /** Mails there will be: recipients times files. */
  readonly mailCount: number;
  /** Aborted when the person wants to end: the mail at hand is finished, then no more. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** A file of the command line, compiled. */
export type CompiledFile = HtmlFile | EmlFile;

interface AnyFile {
  /** As named on the command line; `-` for stdin. */
  readonly file: string;
  /** Hash of the source's bytes. */
  readonly sha256: string;
  /** One recipient's copy. */
  copyFor(recipient: string): Buffer;
}

export interface HtmlFile extends AnyFile {
  /** Of its copies. */
  readonly extension: 'html';
  readonly mail: CompiledMail;
}

/** A whole message. */
export interface EmlFile extends AnyFile {
  readonly extension: 'eml';
  readonly mail: CompiledMime;
}

/** What came of a job. */
export interface Outcome {
  readonly done: number;
  readonly isInterrupted: boolean;
}

/** An HTML file, compiled. */
export function htmlFile(file: string, html: string, mail: CompiledMail): HtmlFile {
  return {
    file,
    mail,
    extension: 'html',
    sha256: createHash('sha256').update(html).digest('hex'),
    copyFor(recipient) {
      const copy = Buffer.allocUnsafe(mail.htmlBytes(recipient));
      mail.renderInto(copy, 0, recipient);
      return copy;
    },
  };
}
