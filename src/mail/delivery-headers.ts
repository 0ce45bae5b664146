// Headers by which a provider keeps whose mail it is, and says so in what it tells of the delivery. Read back by
// src/deliveries; only the sender and the provider see them.
import { checkId } from '../base/ids.ts';

const PROVIDERS = ['ses', 'postmark', 'sendgrid', 'mailgun'] as const;
export type HeaderProvider = (typeof PROVIDERS)[number];

/** A header that nodemailer is to leave as it is: it would encode quotes, which no provider decodes. */
export interface PreparedHeader {
  readonly prepared: true;
  readonly foldLines: true;
  readonly value: string;
}

/**
 * Headers for one recipient's mail, to be added to those that `render` gives. None where the provider could not keep the
 * ids as they are: Postmark's and Amazon's values are short and of few characters.
 *
 * @throws TelltaleError `INVALID_ID`.
 */
export function deliveryHeaders(
  provider: HeaderProvider,
  of: { readonly message: string; readonly recipient: string },
): Readonly<Record<string, string | PreparedHeader>> {
  const telltale_message = checkId(of.message, 'message');
  const telltale_recipient = checkId(of.recipient, 'recipient');
  switch (provider) {
    case 'ses':
      return SES_VALUE.test(telltale_message) && SES_VALUE.test(telltale_recipient)
        ? {
            'X-SES-MESSAGE-TAGS': `telltale_message=${telltale_message}, telltale_recipient=${telltale_recipient}`,
          }
        : {};
    case 'postmark':
      return POSTMARK_VALUE.test(telltale_message) && POSTMARK_VALUE.test(telltale_recipient)
        ? {
            'X-PM-Metadata-telltale_message': telltale_message,
            'X-PM-Metadata-telltale_recipient': telltale_recipient,
          }
        : {};
    case 'sendgrid':
      return { 'X-SMTPAPI': toAscii({ unique_args: { telltale_message, telltale_recipient } }) };
    case 'mailgun':
      return { 'X-Mailgun-Variables': toAscii({ telltale_message, telltale_recipient }) };
  }
}

/** https://docs.aws.amazon.com/ses/latest/APIReference/API_MessageTag.html */
const SES_VALUE = /^[A-Za-z0-9_.@-]{1,128}$/;

/** https://postmarkapp.com/support/article/1125-custom-metadata-faq: 80 characters; a header has ASCII. */
const POSTMARK_VALUE = /^[!-~]{1,80}$/;

/** JSON that a header can hold; it is folded at its blanks. */
function toAscii(of: object): PreparedHeader {
  const json = JSON.stringify(of, undefined, 1).replaceAll(/\n */g, ' ');
  const value = json.replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return { prepared: true, foldLines: true, value };
}
