// One recipient's mail, as nodemailer takes it, or why they get none.
import type { SendMailOptions, Transporter } from 'nodemailer';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { type Consent, FULL_CONSENT, lowestConsent } from '../base/nouns.ts';
import type { CompiledMail } from '../track/compiled-mail.ts';
import type { Sendability } from '../track/send-log.ts';
import { signingOf } from './hand-over.ts';
import { listHeaders } from './mail-data.ts';
import type { makeMerger } from './merge-mail.ts';
import type { ReadRecipient } from './read-recipient.ts';
import type { ReadSendOptions } from './send-options.ts';
import { resultOf, type SendResult } from './send-result.ts';
import { makeTextEncoding } from './text-encoding.ts';

/** A mail that is ready, and what may be tracked in it. */
export interface Prepared {
  readonly message: SendMailOptions;
  readonly consent: Consent;
}

/** Makes what makes a recipient’s mail. */
export function makePersonalMail(
  transporter: Transporter,
  mail: CompiledMail,
  { from, replyTo }: ReadSendOptions,
  merger: ReturnType<typeof makeMerger>,
) {
  const dkim = signingOf(transporter);
  const encodingOf = makeTextEncoding();

  function make({ recipient, email, name, consent, fields }: ReadRecipient, recorded: Consent): Prepared {
    const allowed = lowestConsent(consent, recorded);
    const { html, text, subject, fromName, headers } = merger.merge(recipient, fields, allowed);
    const textEncoding = encodingOf([html, text], [subject, fromName, name, ...Object.values(headers)]);
    const own = Object.entries(headers).map(([key, value]) => ({ key, value }));
    const message: SendMailOptions = {
      from: { name: fromName, address: from },
      to: { name: name ?? '', address: email },
      subject,
      html,
      ...(text !== undefined && { text }),
      ...(replyTo !== undefined && { replyTo }),
      ...(textEncoding !== undefined && { textEncoding }),
      ...(dkim !== undefined && { dkim }),
      headers: [...own, ...listHeaders(mail.headersFor(recipient))],
    };
    return { message, consent: allowed };
  }

  return {
    /** The mail of a recipient, or why they get none. */
    prepare(recipient: ReadRecipient, record: Sendability | undefined): Prepared | SendResult {
      if (record?.erased === true) {
        return resultOf(recipient, {
          reason: 'erased',
          message: 'What was known of this recipient was erased on request.',
        });
      }
      if (record?.suppressed) {
        return resultOf(recipient, {
          reason: 'suppressed',
          message: `This recipient gets no mail: ${record.suppressed}.`,
        });
      }
      try {
        return make(recipient, record?.consent ?? FULL_CONSENT);
      } catch (error) {
        const isMissing = error instanceof TelltaleError && error.code === 'MISSING_FIELDS';
        return resultOf(recipient, {
          reason: isMissing ? 'missing-fields' : 'invalid-merge',
          message: messageOf(error),
        });
      }
    },
  };
}
