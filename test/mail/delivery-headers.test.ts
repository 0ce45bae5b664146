import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { tieIn } from '../../src/deliveries/provider.ts';
import { deliveryHeaders } from '../../src/mail/delivery-headers.ts';
import { thrownBy } from '../support/thrown.ts';

const of = { message: 'spring-sale', recipient: 'r-42@x' };

/** The headers as they are read behind nodemailer, which folds them. */
async function sent(headers: ReturnType<typeof deliveryHeaders>): Promise<ReadonlyMap<string, unknown>> {
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    ...{ from: 'a@example.com', to: 'b@example.com', text: 'x', headers },
  });
  return (await simpleParser(message as Buffer)).headers;
}

describe('headers for a provider', () => {
  it('are what its hook reads back, of any id, also when they were folded', async () => {
    for (const one of [of, { message: 'm'.repeat(128), recipient: '"ü\\ 😀"'.repeat(8) }]) {
      const tie = { message: one.message, recipient: one.recipient };
      const sendgrid = (await sent(deliveryHeaders('sendgrid', one))).get('x-smtpapi');
      expect(tieIn(JSON.parse(String(sendgrid)).unique_args)).toMatchObject(tie);
      const mailgun = (await sent(deliveryHeaders('mailgun', one))).get('x-mailgun-variables');
      expect(tieIn(JSON.parse(String(mailgun)))).toMatchObject(tie);
    }
  });

  it('are tags of Amazon SES and metadata of Postmark where those can hold the ids, else none', () => {
    expect(deliveryHeaders('ses', of)).toEqual({
      'X-SES-MESSAGE-TAGS': 'telltale_message=spring-sale, telltale_recipient=r-42@x',
    });
    expect(deliveryHeaders('postmark', of)).toEqual({
      'X-PM-Metadata-telltale_message': 'spring-sale',
      'X-PM-Metadata-telltale_recipient': 'r-42@x',
    });
    for (const recipient of ['ü', 'a b', 'a,b=c', 'x'.repeat(81)])
      expect(deliveryHeaders('ses', { ...of, recipient: `${recipient} ` })).toEqual({});
    for (const recipient of ['ü', 'a b', 'x'.repeat(81)])
      expect(deliveryHeaders('postmark', { ...of, recipient })).toEqual({});
  });

  it('are not made of what is no id', () => {
    expect(thrownBy(() => deliveryHeaders('ses', { ...of, recipient: 'a\r\nBcc: b' })).code).toBe('INVALID_ID');
  });
});
