// `rewrite` of .eml files: whole messages, whose HTML parts are rewritten in place.
import { createHash } from 'node:crypto';
import type { CompiledMime } from '../track/rewrite-mime.ts';
import { type Io, say } from './io.ts';
import type { CompiledFile, EmlFile } from './rewrite-job.ts';

/** A message, compiled. */
export function emlFile(file: string, raw: Buffer, mail: CompiledMime): EmlFile {
  return {
    file,
    mail,
    extension: 'eml',
    sha256: createHash('sha256').update(raw).digest('hex'),
    copyFor: (recipient) => mail.render(recipient).raw,
  };
}

/** Makes the JSON line of a recipient: the message as text under `eml`, or under `emlBase64` when it is not UTF-8. */
export function emlRows({ file, mail }: EmlFile): (recipient: string) => string {
  const { links, notes, sourceBytes } = mail;
  return (recipient) => {
    const { raw, headers } = mail.render(recipient);
    const text = asText(raw);
    const message = text === undefined ? { emlBase64: raw.toString('base64') } : { eml: text };
    const bytesAdded = raw.length - sourceBytes;
    return `${JSON.stringify({ file, recipient, ...message, text: null, headers, links, notes, bytesAdded })}\n`;
  };
}

function asText(raw: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return undefined; // A message may hold 8-bit bytes of any charset.
  }
}

/** Exit status of a rewrite that would break a signature; nothing was written. */
export const SIGNATURE_WOULD_BREAK = 3;

/** Whether a DKIM or ARC signature would break and nobody said that it may; says so. */
export function breaksSignature(files: readonly CompiledFile[], flags: { readonly force?: boolean }, io: Io): boolean {
  if (flags.force === true) return false;
  const signed = files.filter(
    ({ extension, mail }) => extension === 'eml' && mail.notes.some(({ code }) => code === 'dkim-will-break'),
  );
  for (const { file } of signed) {
    say(
      io,
      `telltale: The DKIM or ARC signature of ${file} would no longer hold. Track first, then sign; or use --force.`,
    );
  }
  if (signed.length > 0) say(io, 'Nothing was written.');
  return signed.length > 0;
}
