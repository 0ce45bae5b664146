// A transport that sends nothing and keeps what would have been sent, by address.
import type { Transport } from 'nodemailer';

/** What would have been sent to one address. */
export interface CaughtMail {
  readonly headers: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** A transport that keeps mails in place of sending them. */
export function mailCatcher(): { readonly transport: Transport; readonly caught: ReadonlyMap<string, CaughtMail> } {
  const caught = new Map<string, CaughtMail>();
  const transport: Transport = {
    name: 'preview',
    version: '1',
    send(mail, done) {
      const { from, to } = mail.message.getEnvelope();
      const envelope = { from, to: [to].flat() };
      const { html, text, subject } = mail.data;
      const headers = mail.message.buildHeaders();
      const content = { html: String(html ?? ''), text: String(text ?? ''), subject: subject ?? '' };
      caught.set(envelope.to[0] ?? '', { headers, ...content });
      done(null, { envelope, messageId: mail.message.messageId() } as never);
    },
  };
  return { transport, caught };
}
