// An SMTP server on this machine that keeps what it is sent: the demo's inboxes.
import type { AddressInfo } from 'node:net';
import { load } from 'cheerio';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** What a client finds in a mail. */
export interface ReceivedMail {
  readonly to: string;
  readonly pixel: string | undefined;
  /** Tracked links in the order of the mail. */
  readonly links: readonly string[];
}

export interface MailSink {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the sink on a free port; `onMail` gets each mail once it is stored. */
export async function startMailSink(baseUrl: string, onMail: (mail: ReceivedMail) => void): Promise<MailSink> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      simpleParser(stream).then(
        (mail) => {
          const to = session.envelope.rcptTo[0]?.address ?? '';
          onMail({ to, ...addressesIn(mail.html || '', baseUrl) });
          done();
        },
        (error: Error) => done(error),
      );
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function addressesIn(html: string, baseUrl: string): Omit<ReceivedMail, 'to'> {
  const $ = load(html);
  const pixel = $(`img[src^="${baseUrl}/o/"]`).attr('src');
  const links = $(`a[href^="${baseUrl}/c/"]`)
    .map((_, element) => $(element).attr('href'))
    .get();
  return { pixel, links: [...new Set(links)] };
}
