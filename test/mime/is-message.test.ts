import { describe, expect, it } from 'vitest';
import { isMessage } from '../../src/mime/is-message.ts';
import { compose } from '../support/eml.ts';
import { MAIL_NAMES, readMail } from '../support/mails.ts';

describe('isMessage', () => {
  it('is true of what nodemailer builds, also in an mbox', async () => {
    const raw = (await compose({ html: '<p>' })).toString('latin1');
    expect(isMessage(raw)).toBe(true);
    expect(isMessage(`From us@example.com Thu Jan  1 00:00:00 1970\n${raw}`)).toBe(true);
  });

  it('is true of headers without a body', () => {
    expect(isMessage('From: a@b.example\nContent-Type: text/html')).toBe(true);
  });

  it.each([
    ['HTML', '<p>From: a@b.example\nMIME-Version: 1.0\n\n'],
    ['text with a colon', 'Note: this is it.\n\nFrom: a@b.example\nMIME-Version: 1.0\n'],
    ['a quoted head of a mail', 'From: Ann\nTo: Bob\n\n<a href="https://a.example/">x</a>'],
    ['a URL', 'https://a.example/'],
    ['nothing', ''],
  ])('is false of %s', (_, text) => {
    expect(isMessage(text)).toBe(false);
  });

  it.each(MAIL_NAMES)('is false of the sample %s', (name) => {
    expect(isMessage(readMail(name))).toBe(false);
  });
});
