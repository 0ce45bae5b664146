import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { makeTextEncoding } from '../../src/mail/text-encoding.ts';

const LATIN = `<p>Good morning, here are the prices of this week.</p>`;
const LONG = `${LATIN}<p>Schöne Grüße ${'and more '.repeat(20)}</p>`;
const JAPANESE = `<p>${'おはようございます。'.repeat(20)}</p>`;

describe('the encoding of a mail', () => {
  it.each([
    ['7bit', LATIN, 'Good morning', 'Prices', 'Ann'],
    ['quoted-printable', LONG, LONG, 'Grüße', 'Ärzte'],
    ['quoted-printable', LONG, undefined, 'Привет', 'Ann'],
    ['quoted-printable', LONG, undefined, 'Prices', '太郎'],
    ['base64', JAPANESE, JAPANESE, 'おはよう', 'Ann'],
    ['base64', JAPANESE, undefined, 'Grüße', '太郎'],
    ['base64', JAPANESE, LONG, 'Grüße', '太郎'],
  ])('is what nodemailer would find: %s', async (encoding, html, text, subject, name) => {
    const textEncoding = makeTextEncoding()([html, text], [subject, name]);
    const mail = {
      ...{ from: { name, address: 'us@example.com' }, to: 'ann@example.com', subject, html, text },
      ...{ messageId: '<1@example.com>', date: new Date(0), boundaryPrefix: 'b', baseBoundary: 'b' },
    };
    const [own, told] = [await raw(mail), await raw({ ...mail, textEncoding })];
    expect(told).toBe(own);
    expect(own.toLowerCase()).toContain(`content-transfer-encoding: ${encoding}`);
  });

  it('is told of most mails, and found from the first of a mailing', () => {
    const encodingOf = makeTextEncoding();
    expect(encodingOf([LONG], ['Prices'])).toBe('quoted-printable');
    expect(encodingOf([JAPANESE], ['Prices'])).toBe('quoted-printable');
    expect(encodingOf([LONG], ['Привет'])).toBeUndefined();
  });
});

async function raw(mail: object): Promise<string> {
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail(mail);
  return message.toString();
}
