// What tests of `telltale rewrite` with many recipients share: lists, an Io that is interrupted, a job of its own.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Io } from '../../src/cli/io.ts';
import { htmlFile, type RewriteJob } from '../../src/cli/rewrite-job.ts';
import { addKey } from '../../src/token/key-ring.ts';
import { createTracker } from '../../src/track/create-tracker.ts';

export const HTML = '<html>\r\n<body>\n<a href="https://shop.example/">Shop Übersicht</a>\n</body></html>\n';
export const MANY = ['rewrite', 'mail.html', '--base-url', 'https://t.example.com', '--recipients', 'list.csv'];

/** Writes mail.html and list.csv, and returns the recipients. */
export async function prepare(cwd: string, count: number): Promise<readonly string[]> {
  const recipients = Array.from({ length: count }, (_, index) => `r${index}`);
  await writeFile(join(cwd, 'mail.html'), HTML);
  await writeFile(join(cwd, 'list.csv'), `recipient\n${recipients.join('\n')}\n`);
  return recipients;
}

/** Takes out what rewriting put in. */
export function undo(html: string): string {
  return html
    .replace(/<img src="https:\/\/t\.example\.com\/o\/[^>]+>/, '')
    .replace(/https:\/\/t\.example\.com\/c\/[a-z2-7]+\/[a-z2-7]+/g, 'https://shop.example/');
}

/** For a terminal: the person presses Ctrl-C when so many mails are done. */
export function interruptAfter(mails: number): Pick<Io, 'now' | 'onInterrupt'> {
  let stop = () => {};
  let calls = 0;
  return {
    onInterrupt(given) {
      stop = given;
      return () => {
        stop = () => {};
      };
    },
    now() {
      calls += 1; // Once at the start, then once a mail.
      if (calls === mails + 1) stop();
      return 0;
    },
  };
}

/** A job of one HTML file. */
export function makeJob(recipients: readonly string[]): RewriteJob {
  const keys = addKey(undefined, { secret: Buffer.alloc(32, 7), atMs: 0, sign: true });
  const mail = createTracker({ baseUrl: 'https://t.example.com', keys }).compile(HTML, { message: 'm' });
  return {
    files: [htmlFile('mail.html', HTML, mail)],
    async *recipients() {
      yield* recipients;
    },
    mailCount: recipients.length,
    signal: new AbortController().signal,
    progress: { step: () => {}, end: () => {} },
  };
}

/** The rows of NDJSON. */
export function rowsOf(text: string): ReturnType<typeof JSON.parse>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
