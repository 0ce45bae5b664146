// `telltale doctor`: whether all is in place to send and to collect. Changes nothing; what can only be known elsewhere it asks for.
import { createTransport } from 'nodemailer';
import { parseBaseUrls } from '../base/base-url.ts';
import { messageOf } from '../base/errors.ts';
import { isLoopbackName } from '../base/loopback-name.ts';
import { listMessages } from '../report/list-messages.ts';
import { createKeyRing, type KeyRing, type KeyRingJson } from '../token/key-ring.ts';
import { type CollectorAnswers, lookAtCollector } from './doctor-collector.ts';
import { type DkimFlags, lookAtDkim } from './doctor-dkim.ts';
import { type Finding, found } from './finding.ts';
import { type Io, writeOut } from './io.ts';
import { loadKeys, readKeyFile } from './key-file.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';

export interface DoctorFlags extends CommonFlags, DkimFlags {
  readonly keysBackup?: string;
}

/** Runs the command; false when something is a problem. */
export async function doctor(flags: DoctorFlags, io: Io): Promise<boolean> {
  const settings = readSettings(flags, io);
  const keys = lookAtKeys(flags, settings, io);
  const ring = keys.ring && createKeyRing(keys.ring);
  const findings = [
    ...(await lookAtBaseUrl(settings, ring, io)),
    ...keys.findings,
    await lookAtDatabase(settings),
    await lookAtMailServer(settings),
    ...(await lookAtDkim(flags, io)),
  ];
  if (settings.json) await writeOut(io, `${JSON.stringify(findings)}\n`);
  else {
    const rows = findings.map(({ check, status, message }) => [check, status, message]);
    await printTable(io, ['check', 'status', 'what was found'], rows);
  }
  return findings.every(({ status }) => status !== 'problem');
}

async function lookAtBaseUrl(settings: Settings, ring: KeyRing | undefined, io: Io): Promise<readonly Finding[]> {
  const { baseUrl } = settings;
  if (baseUrl === undefined) {
    return [
      found('base-url', 'problem', 'None is set. Say where your collector answers: --base-url https://t.example.com.'),
    ];
  }
  try {
    const urls = parseBaseUrls(baseUrl, settings.baseUrls);
    const of = await Promise.all(urls.map((url) => lookAtCollector(url, ring, io)));
    return of.flatMap((answers, at) => {
      const url = urls[at] ?? '';
      return [schemeOf(url), ...answers.findings, ...proxiesOf(url, answers, settings)];
    });
  } catch (error) {
    return [found('base-url', 'problem', messageOf(error))];
  }
}

function schemeOf(url: string): Finding {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return found('base-url', 'ok', url);
  if (isLoopbackName(hostname))
    return found('base-url', 'warning', `${url} is this machine alone: nobody else can open it.`);
  return found('base-url', 'problem', `${url} is not https. Mail providers unsubscribe over nothing else (RFC 8058).`);
}

/** `serve` speaks plain HTTP, so whoever answers https is a proxy in front of it. */
function proxiesOf(url: string, { readiness }: CollectorAnswers, settings: Settings): readonly Finding[] {
  if (readiness === 'misconfigured') {
    return [
      found(
        'proxy-trust',
        'problem',
        'The collector cannot tell its readers apart. Its log says why; most often the proxy in front is not named: --trusted-proxies.',
      ),
    ];
  }
  if (!url.startsWith('https:')) return [];
  const { trustedProxies = '' } = settings;
  if (!['', '0'].includes(trustedProxies.trim())) return [found('proxy-trust', 'ok', `believed: ${trustedProxies}`)];
  return [
    found(
      'proxy-trust',
      'warning',
      'Something in front of serve answers https, but no proxy is named here. Where serve runs, set TELLTALE_TRUSTED_PROXIES (loopback, if it is on the same machine).',
    ),
  ];
}

function lookAtKeys(
  { keysBackup }: DoctorFlags,
  settings: Settings,
  io: Io,
): { readonly ring: KeyRingJson | undefined; readonly findings: readonly Finding[] } {
  try {
    const ring = loadKeys(settings, io);
    const signs = `${ring.keys.length} in the ring, ${ring.signing} signs`;
    return { ring, findings: [found('keys', 'ok', signs), lookAtBackup(ring, keysBackup, io)] };
  } catch (error) {
    return { ring: undefined, findings: [found('keys', 'problem', messageOf(error))] };
  }
}

function lookAtBackup(ring: KeyRingJson, path: string | undefined, io: Io): Finding {
  if (path === undefined) {
    return found(
      'keys-backup',
      'unknown',
      'Without keys.json no link in your mail works. --keys-backup FILE compares it with your copy.',
    );
  }
  try {
    const kept = readKeyFile(path, io);
    const missing = ring.keys.filter(
      ({ id, secret }) => !kept.keys.some((key) => key.id === id && key.secret === secret),
    );
    if (missing.length === 0) return found('keys-backup', 'ok', `${path} has all of them`);
    const ids = missing.map(({ id }) => id).join(', ');
    return found('keys-backup', 'problem', `${path} lacks ${ids}. Copy the key ring there again.`);
  } catch (error) {
    return found('keys-backup', 'problem', messageOf(error));
  }
}

async function lookAtDatabase(settings: Settings): Promise<Finding> {
  try {
    const [newest] = await withStore(
      settings,
      { migrate: false },
      async (store) => (await listMessages(store, { limit: 1 })).items,
    );
    return found(
      'database',
      'ok',
      `${settings.database} opens${newest === undefined ? '; it knows no message yet' : ''}`,
    );
  } catch (error) {
    return found('database', 'problem', messageOf(error));
  }
}

/** Milliseconds to wait for a mail server. */
const SMTP_TIMEOUT_MS = 10_000;

async function lookAtMailServer({ smtp }: Settings): Promise<Finding> {
  if (smtp === undefined) {
    return found(
      'mail-server',
      'unknown',
      'TELLTALE_SMTP is not set; telltale send needs it: smtps://user:password@smtp.example.com.',
    );
  }
  if (!/^smtps?:\/\//i.test(smtp) || !URL.canParse(smtp)) {
    return found('mail-server', 'problem', 'TELLTALE_SMTP must be like smtps://user:password@smtp.example.com:465.');
  }
  const { host } = new URL(smtp);
  const wait = { connectionTimeout: SMTP_TIMEOUT_MS, greetingTimeout: SMTP_TIMEOUT_MS, socketTimeout: SMTP_TIMEOUT_MS };
  const transporter = createTransport({ url: smtp, ...wait });
  try {
    await transporter.verify();
    return found('mail-server', 'ok', `${host} takes mail`);
  } catch (error) {
    return found('mail-server', 'problem', `${host}: ${messageOf(error)}`);
  } finally {
    transporter.close();
  }
}
