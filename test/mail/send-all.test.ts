import { readFile } from 'node:fs/promises';
import { simpleParser } from 'mailparser';
import { createTransport, type Transporter } from 'nodemailer';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MailRecipients, SendAllOptions, SendResult } from '../../src/mail/index.ts';
import { sendAll } from '../../src/mail/index.ts';
import { openHitToken } from '../../src/token/hit-token.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openLink } from '../../src/token/open-link.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { makeHit } from '../support/hits.ts';
import { testRing } from '../support/keys.ts';
import { startScripted } from '../support/smtp-script.ts';
import { openTestStore, rowsOf, settleHits, type TestStore } from '../support/stores.ts';

const BASE = 'https://t.example.com';
const HTML = `<html><body><p>Dear {{ first }},</p><a href="https://shop.example/?c={{ code }}&amp;n=1">Shop</a>
<a href="https://shop.example/all">All</a> <a href="{{ unsubscribe_url }}">Leave</a></body></html>`;
const ann = { email: 'ann@example.com', recipient: 'r1', first: 'Ann & Co', code: 'A&B' };
const bob = { email: 'bob@example.com', recipient: 'r2', first: '<Bob>', code: 'B' };
const cyd = { email: 'cyd@example.org', recipient: 'r3', first: 'Cyd', code: 'C' };

function transportTo(port: number, more: object = {}): Transporter {
  const options = {
    host: '127.0.0.1',
    port,
    ignoreTLS: true,
    pool: true,
    maxConnections: 2,
    maxMessages: 1_000,
    ...more,
  };
  const transporter = createTransport(options);
  onTestFinished(() => transporter.close());
  return transporter;
}

function compiled({ store }: TestStore, html = HTML, more: object = {}) {
  const tracker = createTracker({ baseUrl: BASE, keys: testRing(), store });
  onTestFinished(() => tracker.close());
  return tracker.compile(html, { message: 'm', merge: 'liquid', keepMail: 'registered', ...more });
}

async function collect(results: AsyncIterable<SendResult>): Promise<SendResult[]> {
  const all: SendResult[] = [];
  for await (const result of results) all.push(result);
  return all.sort((a, b) => a.row - b.row);
}

interface Setup {
  readonly opened: TestStore;
  send(recipients: MailRecipients, more?: Partial<SendAllOptions>): Promise<SendResult[]>;
}

async function setUp(port: number, transport: object = {}, html = HTML): Promise<Setup> {
  const opened = await openTestStore();
  const mail = compiled(opened, html);
  const transporter = transportTo(port, transport);
  const options = { store: opened.store, from: 'Us <us@example.com>', subject: 'For {{ first }}', retryMs: 1 };
  return {
    opened,
    send: (recipients, more = {}) => collect(sendAll(transporter, mail, recipients, { ...options, ...more })),
  };
}

const statuses = (results: readonly SendResult[]) => results.map(({ status, reason }) => reason ?? status);

describe('sendAll', () => {
  it('sends each recipient one mail, merged, tracked, with a way out', async () => {
    const server = await startScripted();
    const { opened, send } = await setUp(server.port);
    const results = await send([ann, bob]);
    expect(results).toEqual([
      expect.objectContaining({ row: 1, recipient: 'r1', email: ann.email, status: 'sent', reason: null }),
      expect.objectContaining({ row: 2, recipient: 'r2', status: 'sent', messageId: expect.stringMatching(/@/) }),
    ]);
    const mails = await Promise.all(server.taken.map(({ mail }) => simpleParser(mail)));
    const first = mails.find((mail) => mail.subject === 'For Ann & Co');
    const html = typeof first?.html === 'string' ? first.html : '';
    expect(html).toContain('Dear Ann &amp; Co,');
    expect(html).toMatch(/<a href="https:\/\/t\.example\.com\/c\/[a-z2-7]+\/[a-z2-7]+">Shop/);
    expect(html).toMatch(/<a href="https:\/\/t\.example\.com\/u\/[a-z2-7]+">Leave/);
    expect(html).toMatch(/<img[^>]+\/o\/[a-z2-7]+\.gif/);
    expect(first?.headers.get('list')).toMatchObject({ unsubscribe: { url: expect.stringContaining('/u/') } });
    expect(mails.map((mail) => mail.headerLines.some(({ key }) => key === 'list-unsubscribe-post'))).toEqual([
      true,
      true,
    ]);
    expect(await opened.store.findMessage('m')).toMatchObject({ sent: 2, measurableOpens: 2 });
    expect((await opened.store.domainsOf('m', 5)).rows).toMatchObject([{ domain: 'example.com', sent: 2 }]);
    expect(await opened.store.linksOf('m', 9)).toMatchObject([
      { index: 0, destination: 'https://shop.example/?c={{ code }}&n=1' },
      { index: 1, destination: 'https://shop.example/all' },
    ]);
  });

  it('seals in a merged link what the field makes of it, without the escapes of HTML', async () => {
    const server = await startScripted();
    const { send } = await setUp(server.port);
    await send([ann]);
    const { html } = await simpleParser(server.taken[0]?.mail ?? '');
    const [, token, link] = /\/c\/([a-z2-7]+)\/([a-z2-7]+)">Shop/.exec(String(html)) ?? [];
    const ring = createKeyRing(testRing());
    const hit = openHitToken(ring, token ?? '');
    if (!hit.ok) throw new Error(hit.reason);
    expect(openLink(hit.key, hit.token, link ?? '')).toMatchObject({
      ok: true,
      link: { destination: 'https://shop.example/?c=A&B&n=1' },
    });
  });

  it('says which field a late row of a stream has not, also where a link alone needs it', async () => {
    const server = await startScripted();
    const { send } = await setUp(server.port, {}, '<p>{{ first }} <a href="https://shop.example/{{ code }}">x</a></p>');
    async function* rows() {
      for (let n = 0; n < 120; n += 1) yield { email: `r${n}@example.com`, first: 'A', code: '1' };
      yield { email: 'late@example.com', first: 'A' };
    }
    expect((await send(rows())).at(-1)).toMatchObject({
      ...{ email: 'late@example.com', reason: 'missing-fields', message: 'It has no code.' },
    });
  });

  it('refuses what is no transport', async () => {
    const server = await startScripted();
    const { opened } = await setUp(server.port);
    const options = { store: opened.store, from: 'us@example.com', subject: 'x' };
    const sending = collect(sendAll({} as Transporter, compiled(opened), [ann], options));
    await expect(sending).rejects.toMatchObject({
      ...{ code: 'INVALID_OPTION', message: expect.stringContaining('createTransport') },
    });
  });

  it('refuses a DKIM key that cannot sign before the first mail, since nodemailer would send without a word', async () => {
    const server = await startScripted();
    const { send } = await setUp(server.port, {
      dkim: { keys: [{ domainName: 'example.com', keySelector: 's1', privateKey: 'no key' }] },
    });
    await expect(send([ann])).rejects.toMatchObject({
      ...{ code: 'INVALID_OPTION', message: expect.stringContaining('s1._domainkey.example.com') },
    });
    expect(server.connections()).toBe(0);
  });

  it('refuses fields that are not there before the first mail, by name and row', async () => {
    const server = await startScripted();
    const { send } = await setUp(server.port);
    const rows = [ann, { email: 'b@example.com', code: '1' }, { email: 'c@example.com' }];
    for (const recipients of [rows, () => rows, new Set(rows)]) {
      await expect(send(recipients)).rejects.toMatchObject({
        code: 'MISSING_FIELDS',
        message: expect.stringMatching(/first \(row 2, 3\); code \(row 3\)/),
      });
    }
    expect(server.connections()).toBe(0);
  });

  it('lets a field be missing that has a default or is asked for first', async () => {
    const server = await startScripted();
    const html = '<p>{{ nick | default: "you" }}{% if vip %}!{% endif %}</p>';
    const { send } = await setUp(server.port, {}, html);
    expect(statuses(await send([{ email: 'a@example.com' }], { subject: 'x' }))).toEqual(['sent']);
    expect(server.taken[0]?.mail.toString()).toContain('<p>you</p>');
  });

  it('gives each row that cannot be sent its reason, and sends the others', async () => {
    const server = await startScripted();
    const { opened, send } = await setUp(server.port);
    await opened.store.suppress(['out'], 'complaint');
    await opened.store.eraseRecipient('gone', 'us');
    const rows = [
      ann,
      { ...ann, recipient: 'again' },
      { ...bob, email: 'BOB@example.com' },
      { ...bob, email: 'bob@example.com' },
      { ...cyd, email: 'not an address' },
      { ...cyd, email: 'x@example.com, y@example.com' },
      { ...cyd, email: 'x@example.com>\r\nRCPT TO:<y@example.com' },
      { ...cyd, recipient: 'out', email: 'out@example.com' },
      { ...cyd, recipient: 'gone', email: 'gone@example.com' },
      { ...cyd, recipient: 'evil', email: 'e@example.com', first: 'x\r\nBcc: y@example.com' },
      { ...cyd, recipient: 'a\u0000b', email: 'f@example.com' },
      'x' as never,
      cyd,
    ];
    const results = await send(rows);
    expect(statuses(results)).toEqual([
      ...['sent', 'duplicate', 'sent', 'duplicate', 'invalid-address', 'invalid-address', 'invalid-address'],
      ...['suppressed', 'erased', 'invalid-merge', 'invalid-recipient', 'invalid-recipient', 'sent'],
    ]);
    expect(results[9]?.message).toMatch(/The subject must be one line of text/);
    expect(server.taken.map(({ to }) => to).sort()).toEqual([ann.email, 'BOB@example.com', cyd.email].sort());
  });

  it('gives nobody a second mail when the same message is sent again', async () => {
    const server = await startScripted((to) => (to === bob.email ? { at: 'rcpt', code: 550 } : 'take'));
    const { send } = await setUp(server.port);
    expect(statuses(await send([ann, bob]))).toEqual(['sent', 'refused']);
    expect(statuses(await send([ann, bob, cyd]))).toEqual(['already-sent', 'refused-before', 'sent']);
    expect(statuses(await send([bob], { again: ['refused'] }))).toEqual(['refused']);
    expect(server.taken.map(({ to }) => to)).toEqual([ann.email, cyd.email]);
  });

  it('tries again what the server puts off, and gives up after so many tries', async () => {
    const asked = new Map<string, number>();
    const server = await startScripted((to) => {
      const count = (asked.get(to) ?? 0) + 1;
      asked.set(to, count);
      if (to === ann.email && count <= 2) return { at: 'rcpt', code: 451 };
      return to === bob.email ? { at: 'data', code: 452 } : 'take';
    });
    const { opened, send } = await setUp(server.port);
    const results = await send([ann, bob, cyd], { retries: 2 });
    expect(statuses(results)).toEqual(['sent', 'deferred', 'sent']);
    expect(results[1]).toMatchObject({ reply: 452, message: expect.stringContaining('as the script says') });
    expect(Object.fromEntries(asked)).toEqual({ [ann.email]: 3, [bob.email]: 3, [cyd.email]: 1 });
    expect(rowsOf(opened.path, 'SELECT count(*) AS n FROM send_log WHERE state = 3')).toEqual([{ n: 1 }]);
    expect(await opened.store.findMessage('m')).toMatchObject({ sent: 2 });
  });

  it.each(['take-and-close', 'close-in-data'] as const)(
    'reports the doubt of a connection that is lost (%s), and sends nothing twice',
    async (turn) => {
      const server = await startScripted((to) => (to === bob.email ? turn : 'take'));
      const { opened, send } = await setUp(server.port);
      const results = await send([ann, bob, cyd]);
      expect(statuses(results)).toEqual(['sent', 'no-answer', 'sent']);
      expect(statuses(await send([ann, bob, cyd]))).toEqual(['already-sent', 'interrupted', 'already-sent']);
      const copies = server.taken.filter(({ to }) => to === bob.email).length;
      expect(copies).toBe(turn === 'take-and-close' ? 1 : 0);
      expect(await opened.store.findMessage('m')).toMatchObject({ sent: 2 });
      await send([bob], { again: ['doubtful'] });
      expect(server.taken.filter(({ to }) => to === bob.email)).toHaveLength(turn === 'take-and-close' ? 2 : 0);
    },
  );

  it('goes on without doubt where a connection ended before the mail was read', async () => {
    let cuts = 0;
    const server = await startScripted((to) => {
      if (to !== bob.email || cuts === 2) return 'take';
      cuts += 1;
      return 'close-at-rcpt';
    });
    const { send } = await setUp(server.port);
    expect(statuses(await send([ann, bob, cyd]))).toEqual(['sent', 'sent', 'sent']);
    expect(server.taken.map(({ to }) => to).sort()).toEqual([ann.email, bob.email, cyd.email]);
  });

  it('stops at a server that lets nobody in, with nobody in doubt', async () => {
    const server = await startScripted(() => 'take', { user: 'us' });
    const { opened, send } = await setUp(server.port, { auth: { user: 'them', pass: 'x' } });
    await expect(send([ann, bob])).rejects.toMatchObject({ code: 'SMTP_FAILED' });
    expect(rowsOf(opened.path, 'SELECT * FROM send_log')).toEqual([]);
    expect(rowsOf(opened.path, 'SELECT * FROM send_runs')).toEqual([]);
    expect(await opened.store.findMessage('m')).toBeUndefined();
  });

  it('stops at a server that refuses the sender, which it would do for everybody', async () => {
    const server = await startScripted(() => 'take', { senderCode: 550 });
    const { opened, send } = await setUp(server.port);
    await expect(send([ann, bob])).rejects.toMatchObject({
      code: 'SMTP_FAILED',
      message: expect.stringContaining('as the script says'),
    });
    expect(rowsOf(opened.path, 'SELECT DISTINCT state FROM send_log')).toEqual([{ state: 3 }]);
  });

  it('waits for a server that is away, says so, and leaves no trace of the message until it is there', async () => {
    const gone = await startScripted();
    await gone.close();
    const { opened, send } = await setUp(gone.port);
    const seen: unknown[] = [];
    const coming = send([ann], {
      onAway: ({ message, untilMs }) => {
        seen.push(message, untilMs > Date.now());
        void opened.store.findMessage('m').then((found) => {
          seen.push(found);
          return startScripted(() => 'take', { port: gone.port });
        });
      },
    });
    expect(statuses(await coming)).toEqual(['sent']);
    expect(seen).toEqual([expect.stringContaining('ECONNREFUSED'), true, undefined]);
  });

  it('has no message of a list in which nobody may get mail, nor of a test', async () => {
    const server = await startScripted();
    const { opened, send } = await setUp(server.port);
    await opened.store.suppress(['r1'], 'manual');
    expect(statuses(await send([ann, { ...bob, email: 'nobody' }]))).toEqual(['suppressed', 'invalid-address']);
    const test = compiled(opened, HTML, { test: true });
    const options = { store: opened.store, from: 'us@example.com', subject: 'x' };
    expect(statuses(await collect(sendAll(transportTo(server.port), test, [bob], options)))).toEqual(['sent']);
    expect(await opened.store.listMessages({ sort: 'newest', search: '', after: null, limit: 9 })).toEqual([]);
  });

  it('ends what is under way when it is stopped, and goes on later with the others', async () => {
    const server = await startScripted();
    const { opened, send } = await setUp(server.port);
    const many = Array.from({ length: 200 }, (_, n) => ({ ...ann, recipient: `r${n}`, email: `r${n}@example.com` }));
    const mail = compiled(opened);
    const options = { store: opened.store, from: 'us@example.com', subject: 'x' };
    for await (const result of sendAll(transportTo(server.port), mail, many, options)) {
      expect(result.status).toBe('sent');
      break;
    }
    const before = server.taken.length;
    expect(before).toBeLessThan(200);
    const results = await send(many);
    expect(results.filter(({ reason }) => reason === 'already-sent')).toHaveLength(before);
    expect(results.filter(({ status }) => status === 'sent')).toHaveLength(200 - before);
    expect(new Set(server.taken.map(({ to }) => to)).size).toBe(200);
    expect(server.taken).toHaveLength(200);
  });

  it('stops by its signal, though a stream of recipients never ends', async () => {
    const server = await startScripted();
    const { send } = await setUp(server.port);
    const stopping = new AbortController();
    async function* endless() {
      yield ann;
      stopping.abort();
      await new Promise(() => undefined);
    }
    expect(statuses(await send(endless(), { signal: stopping.signal }))).toEqual([]);
    expect(server.taken).toEqual([]);
  });

  it('tracks of each what the lowest of mail, row and record allows', async () => {
    const server = await startScripted();
    const { opened, send } = await setUp(server.port);
    await opened.store.setConsent('r2', { opens: 'none', clicks: 'none' }, 'us');
    await send([{ ...ann, consent: { opens: 'none' } }, bob, cyd]);
    const mails = new Map(
      await Promise.all(
        server.taken.map(async ({ to, mail }) => [to, String((await simpleParser(mail)).html)] as const),
      ),
    );
    expect(mails.get(ann.email)).not.toContain('/o/');
    expect(mails.get(ann.email)).toContain('/c/');
    expect(mails.get(bob.email)).not.toMatch(/\/[oc]\//);
    expect(mails.get(bob.email)).toContain('href="https://shop.example/?c=B&amp;n=1"');
    expect(mails.get(cyd.email)).toContain('/o/');
    expect(await opened.store.findMessage('m')).toMatchObject({ sent: 3, measurableOpens: 1, measurableClicks: 2 });
  });

  it('sends no mail to who left any message, once that is settled', async () => {
    const server = await startScripted();
    const { opened, send } = await setUp(server.port);
    await settleHits(opened.store, [makeHit({ kind: 'unsubscribe', message: 'other', recipient: 'r1' })]);
    expect(statuses(await send([ann, bob]))).toEqual(['suppressed', 'sent']);
  });

  it('sends a finished mail byte for byte as it is rendered', async () => {
    const server = await startScripted();
    const opened = await openTestStore();
    const html = await readFile('templates/mail/newsletter.html', 'utf8');
    const mail = compiled(opened, html, { merge: undefined });
    const options = { store: opened.store, from: 'us@example.com', subject: 'Plain' };
    await collect(sendAll(transportTo(server.port), mail, [ann], options));
    const { html: came } = await simpleParser(server.taken[0]?.mail ?? '');
    expect(String(came).trimEnd()).toBe(mail.render('r1').html.trimEnd());
  });

  it('needs https for the way out, but on one’s own machine', async () => {
    const server = await startScripted();
    const { store } = await openTestStore();
    const options = { store, from: 'us@example.com', subject: 'x' };
    const mailAt = (baseUrl: string) =>
      createTracker({ baseUrl, keys: testRing() }).compile('<p>x</p>', { message: 'm' });
    const send = (baseUrl: string) => collect(sendAll(transportTo(server.port), mailAt(baseUrl), [ann], options));
    await expect(send('http://t.example.com')).rejects.toMatchObject({ code: 'INVALID_BASE_URL' });
    expect(server.connections()).toBe(0);
    expect(statuses(await send('http://127.0.0.1:8080'))).toEqual(['sent']);
  });

  it('refuses a mail with tags that was compiled as a finished one, and options that cannot be', async () => {
    const opened = await openTestStore();
    const unfinished = compiled(opened, HTML, { merge: undefined });
    const mail = compiled(opened);
    const transporter = transportTo(1);
    const good = { store: opened.store, from: 'us@example.com', subject: 'x' };
    const first = (of: typeof mail, options: object) => sendAll(transporter, of, [ann], options as never).next();
    await expect(first(unfinished, good)).rejects.toThrow(/merge: 'liquid'/);
    for (const [wrong, words] of [
      [{ from: 'a@example.com, b@example.com' }, /from must be one address/],
      [{ subject: '' }, /subject must be a text/],
      [{ headers: { 'List-Unsubscribe': 'x' } }, /writes List-Unsubscribe itself/],
      [{ headers: { 'a b': 'x' } }, /header names/],
      [{ store: {} }, /store must be/],
      [{ again: ['sent'] }, /again must be one of/],
      [{ sujbect: 'x' }, /Did you mean subject/],
      [{ subject: '{{ a | nosuch }}' }, /Liquid cannot read the subject/],
    ] as const) {
      await expect(first(mail, { ...good, ...wrong })).rejects.toThrow(words);
    }
  });
});
