// A transport that sends nothing: each mail becomes a file, named by its address.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Transport } from 'nodemailer';
import { fileNameOf } from './file-names.ts';

/** Makes the transport; `directory` must be there. */
export function emlFolder(directory: string): Transport {
  return {
    name: 'folder',
    version: '1',
    send(mail, done) {
      const { from, to } = mail.message.getEnvelope();
      const envelope = { from, to: [to].flat() };
      const path = join(directory, `${fileNameOf(envelope.to[0] ?? 'nobody')}.eml`);
      const messageId = mail.message.messageId();
      pipeline(mail.message.createReadStream(), createWriteStream(path)).then(
        () => done(null, { envelope, messageId } as never),
        (error: Error) => done(error, undefined as never),
      );
    },
  };
}
