// The keys by which a transport signs with DKIM, tried before the first mail: nodemailer signs with RSA alone, and sends what
// it cannot sign as it is, without a word.
import { createSign } from 'node:crypto';
import type { Transporter } from 'nodemailer';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { signingOf } from './hand-over.ts';

/** What keeps nodemailer from signing with a key; nothing when it can. */
export function dkimKeyProblem(key: unknown): string | undefined {
  try {
    createSign('RSA-SHA256')
      .update('')
      .sign(key as string);
    return undefined;
  } catch (error) {
    return `it must be an RSA private key in PEM (-----BEGIN PRIVATE KEY-----), but it cannot sign: ${messageOf(error)}`;
  }
}

/**
 * Tries all keys of the transport.
 *
 * @throws TelltaleError `INVALID_OPTION` with the first that cannot sign.
 */
export function checkDkimKeys(transporter: Transporter): void {
  const dkim = signingOf(transporter);
  if (dkim === undefined) return;
  for (const { domainName, keySelector, privateKey } of [dkim.keys ?? dkim].flat()) {
    const problem = dkimKeyProblem(privateKey);
    if (problem === undefined) continue;
    const name = `${keySelector}._domainkey.${domainName}`;
    throw new TelltaleError('INVALID_OPTION', `The transport's DKIM key of ${name} cannot be used: ${problem}.`);
  }
}
