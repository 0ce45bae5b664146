// Whether DKIM covers both list headers (RFC 8058, section 4): by a mail that was received, or by the key that signs.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { dkimKeyProblem } from '../mail/dkim-keys.ts';
import { readHeaders, valuesOf } from '../mime/read-headers.ts';
import { type Finding, found } from './finding.ts';
import type { Io } from './io.ts';

export interface DkimFlags {
  /** A message that was received. */
  readonly mail?: string;
  readonly dkimDomain?: string;
  readonly dkimSelector?: string;
  readonly dkimKey?: string;
  /** The DNS server that is asked. */
  readonly dns?: string;
}

const CHECK = 'dkim';
const LIST_HEADERS = ['list-unsubscribe', 'list-unsubscribe-post'] as const;

/** Looks at a received mail, and at what DNS says of the key. */
export async function lookAtDkim(flags: DkimFlags, io: Io): Promise<readonly Finding[]> {
  const { mail, dkimDomain, dkimSelector, dkimKey } = flags;
  const saysKey = [dkimDomain, dkimSelector, dkimKey].some((flag) => flag !== undefined);
  const findings: Finding[] = [];
  if (mail !== undefined) findings.push(await explained(() => lookAtReceived(mail, io)));
  if (saysKey) findings.push(await explained(() => lookAtSigning(flags, io)));
  if (findings.length > 0) return findings;
  return [
    found(
      CHECK,
      'unknown',
      'Mail yourself a test (telltale send --test), save what arrives, and say --mail FILE; or say --dkim-domain, --dkim-selector and --dkim-key.',
    ),
  ];
}

async function explained(look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return found(CHECK, 'problem', messageOf(error));
  }
}

async function lookAtReceived(mail: string, io: Io): Promise<Finding> {
  return lookAtMail(await readFile(resolve(io.cwd, mail), 'latin1'), mail);
}

async function lookAtSigning({ dkimDomain, dkimSelector, dkimKey, dns }: DkimFlags, io: Io): Promise<Finding> {
  if (dkimDomain === undefined || dkimSelector === undefined || dkimKey === undefined) {
    return found(CHECK, 'problem', 'Say all of --dkim-domain, --dkim-selector and --dkim-key.');
  }
  const key = await readFile(resolve(io.cwd, dkimKey), 'utf8');
  return await lookAtKey({ file: dkimKey, name: `${dkimSelector}._domainkey.${dkimDomain}`, key, dns });
}

function lookAtMail(text: string, name: string): Finding {
  const { headers } = readHeaders(text, 0, text.length);
  const missing = LIST_HEADERS.filter((header) => valuesOf(headers, header).length === 0);
  if (missing.length > 0) return found(CHECK, 'problem', `${name} has no ${missing.join(' and no ')}.`);
  const signatures = valuesOf(headers, 'dkim-signature');
  if (signatures.length === 0) {
    return found(CHECK, 'problem', `${name} is not signed. Sign with --dkim-domain, or where your provider lets you.`);
  }
  const covering = signatures.filter((signature) => LIST_HEADERS.every((header) => signedBy(signature).has(header)));
  if (covering.length > 0)
    return found(CHECK, 'ok', `${domainOf(covering[0] ?? '')} signs both list headers of ${name}`);
  return found(
    CHECK,
    'problem',
    `No signature of ${name} covers ${LIST_HEADERS.join(' and ')}, which one-click unsubscribe needs (RFC 8058). Have ${domainOf(signatures[0] ?? '')} sign them.`,
  );
}

function tagOf(list: string, tag: string): string {
  const values = list.split(';').map((part) => part.split('='));
  const [, ...value] = values.find(([name]) => name?.trim() === tag) ?? [];
  return value.join('=').replace(/\s+/g, '');
}

function signedBy(signature: string): ReadonlySet<string> {
  return new Set(tagOf(signature, 'h').toLowerCase().split(':'));
}

function domainOf(signature: string): string {
  return tagOf(signature, 'd') || 'the signer';
}

interface SigningKey {
  readonly file: string;
  /** Where DNS has its public half. */
  readonly name: string;
  readonly key: string;
  readonly dns: string | undefined;
}

async function lookAtKey({ file, name, key, dns }: SigningKey): Promise<Finding> {
  const resolver = new Resolver({ timeout: 5_000, tries: 2 });
  if (dns !== undefined) resolver.setServers([dns]);
  const problem = dkimKeyProblem(key);
  if (problem !== undefined) return found(CHECK, 'problem', `--dkim-key ${file} cannot be used: ${problem}.`);
  const own = createPublicKey(createPrivateKey(key));
  const records = await resolver.resolveTxt(name).catch((error: NodeJS.ErrnoException) => error);
  if (records instanceof Error) {
    return found(
      CHECK,
      'problem',
      `DNS has no TXT record ${name} (${records.code ?? records.message}); receivers cannot verify what is signed.`,
    );
  }
  const published = records.map((parts) => tagOf(parts.join(''), 'p'));
  // RFC 6376 allows PKCS #1, too.
  const forms = (['spki', 'pkcs1'] as const).map((type) => own.export({ type, format: 'der' }).toString('base64'));
  if (published.some((one) => one !== '' && forms.includes(one))) {
    return found(CHECK, 'ok', `${name} has the key; telltale send signs both list headers with it`);
  }
  return found(
    CHECK,
    'problem',
    `${name} has another key than the file. Publish the public half of it, or sign with the other.`,
  );
}
