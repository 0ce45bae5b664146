import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { authenticate } from 'mailauth';
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type TrackingPlugin, type TrackingPluginOptions, trackingPlugin } from '../../src/mail/tracking-plugin.ts';
import { addKey } from '../../src/token/key-ring.ts';
import { createTracker, type TrackerOptions } from '../../src/track/create-tracker.ts';
import type { Send, SendStore } from '../../src/track/send-queue.ts';
import { type Inbox, startInbox } from '../support/smtp.ts';

const ring = addKey(undefined, { secret: Buffer.alloc(32, 7), atMs: 0, sign: true });
const HTML = '<html><body><p>Grüße <a href="https://shop.example/">Shop</a></p></body></html>';
const MAIL = { from: 'us@example.com', to: 'Ann <ann@Example.org>', subject: 'Hello' };

let inbox: Inbox;
let directory: string;
const open: Transporter[] = [];

beforeAll(async () => {
  inbox = await startInbox();
  directory = await mkdtemp(join(tmpdir(), 'telltale-mail-'));
});
afterEach(() => {
  for (const transporter of open.splice(0)) transporter.close();
});
afterAll(async () => {
  await inbox.close();
  await rm(directory, { recursive: true });
});

interface Setup {
  readonly send: (mail: SendMailOptions) => Promise<unknown>;
  readonly plugin: TrackingPlugin;
  readonly problems: unknown[];
  readonly tracker: ReturnType<typeof createTracker>;
}

function setUp(options: TrackingPluginOptions & { store?: TrackerOptions['store']; transport?: object } = {}): Setup {
  const { store, transport, ...forPlugin } = options;
  const problems: unknown[] = [];
  const tracker = createTracker({
    baseUrl: 'https://t.example.com',
    keys: ring,
    onProblem: (error) => problems.push(error),
    ...(store && { store }),
  });
  const plugin = trackingPlugin(tracker, forPlugin);
  const transporter = createTransport({ host: '127.0.0.1', port: inbox.port, ignoreTLS: true, ...transport });
  transporter.use('compile', plugin);
  open.push(transporter);
  return { send: (mail) => transporter.sendMail(mail), plugin, problems, tracker };
}

async function receivedHtml(): Promise<string> {
  const mail = await inbox.last();
  return typeof mail.html === 'string' ? mail.html.trimEnd() : '';
}

const tracking = { message: 'spring-sale', recipient: 'r1' };

function expected(): string {
  return createTracker({ baseUrl: 'https://t.example.com', keys: ring })
    .compile(HTML, { message: 'spring-sale' })
    .render('r1').html;
}

describe('trackingPlugin', () => {
  it.each<[string, () => Promise<SendMailOptions['html']>]>([
    ['a string', async () => HTML],
    ['a Buffer', async () => Buffer.from(HTML)],
    ['a stream', async () => Readable.from([Buffer.from(HTML)])],
    ['an object with content', async () => ({ content: HTML })],
    [
      'an object with encoded content',
      async () => ({ content: Buffer.from(HTML).toString('base64'), encoding: 'base64' }),
    ],
    [
      'a path',
      async () => {
        const path = join(directory, 'mail.html');
        await writeFile(path, HTML);
        return { path };
      },
    ],
  ])('tracks html given as %s', async (_, make) => {
    const { send, plugin, problems } = setUp();
    await send({ ...MAIL, html: await make(), tracking });
    expect(await receivedHtml()).toBe(expected());
    expect(plugin.counts()).toEqual({ tracked: 1, untouched: 0, problems: 0, refused: 0 });
    expect(problems).toEqual([]);
  });

  it.each([[undefined], [false as const]])('does not touch a mail with tracking %s', async (value) => {
    const { send, plugin } = setUp();
    await send({ ...MAIL, html: HTML, tracking: value });
    const mail = await inbox.last();
    expect(await receivedHtml()).toBe(HTML);
    expect(mail.headers.has('list')).toBe(false);
    expect(plugin.counts().untouched).toBe(1);
  });

  it('adds both unsubscribe headers, unless the caller has one', async () => {
    const { send } = setUp();
    await send({ ...MAIL, html: HTML, tracking });
    const raw = inbox.messages.at(-1)?.toString() ?? '';
    expect(raw).toMatch(/^List-Unsubscribe: <https:\/\/t\.example\.com\/u\/[a-z2-7]+>\r$/m);
    expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
    await send({ ...MAIL, html: HTML, tracking, list: { unsubscribe: 'https://ours.example/out' } });
    expect(inbox.messages.at(-1)?.toString()).not.toContain('t.example.com/u/');
    await send({
      ...MAIL,
      html: HTML,
      tracking,
      headers: { 'list-unsubscribe': '<https://ours.example/out>', 'x-a': '1' },
    });
    const kept = inbox.messages.at(-1)?.toString() ?? '';
    expect(kept).not.toContain('t.example.com/u/');
    expect(kept).toContain('X-A: 1');
  });

  it('keeps headers given as a list or an object', async () => {
    const { send } = setUp();
    for (const headers of [{ 'x-a': '1' }, [{ key: 'x-a', value: '1' }], { key: 'x-a', value: '1' }]) {
      await send({ ...MAIL, html: HTML, tracking, headers });
      const raw = inbox.messages.at(-1)?.toString() ?? '';
      expect(raw).toContain('X-A: 1');
      expect(raw).toContain('t.example.com/u/');
    }
  });

  it('counts a mail to many for the message alone', async () => {
    const { send } = setUp();
    await send({ ...MAIL, to: 'a@example.org, b@example.org', html: HTML, tracking: { message: 'spring-sale' } });
    expect(await receivedHtml()).toContain('https://t.example.com/o/');
    expect(inbox.messages.at(-1)?.toString()).not.toContain('List-Unsubscribe');
  });

  it.each<[string, SendMailOptions]>([
    ['several addressees in to', { to: 'a@example.org, b@example.org' }],
    ['an addressee in cc', { cc: 'c@example.org' }],
    ['an addressee in bcc', { bcc: [{ name: 'B', address: 'b@example.org' }] }],
    ['a group', { to: 'friends: a@example.org, b@example.org;' }],
    ['an envelope with two', { envelope: { from: 'us@example.com', to: ['a@example.org', 'b@example.org'] } }],
  ])('fails a mail that names one recipient and has %s', async (_, more) => {
    const { send, plugin } = setUp();
    const before = inbox.messages.length;
    await expect(send({ ...MAIL, html: HTML, tracking, ...more })).rejects.toMatchObject({
      code: 'SEVERAL_RECIPIENTS',
    });
    expect(inbox.messages.length).toBe(before);
    expect(plugin.counts().refused).toBe(1);
  });

  it('takes one address written twice as one addressee', async () => {
    const { send } = setUp();
    await send({ ...MAIL, to: ['ann@example.org', 'Ann <ANN@example.org>'], html: HTML, tracking });
    expect(await receivedHtml()).toBe(expected());
  });

  it.each<[string, unknown, string]>([
    ['no message', { recipient: 'r1' }, 'MISSING_TRACKING'],
    ['an empty recipient', { message: 'm', recipient: '' }, 'INVALID_ID'],
    ['a misspelt name', { message: 'm', recipent: 'r1' }, 'UNKNOWN_OPTION'],
    ['true', true, 'INVALID_OPTION'],
    ['a consent that is none', { message: 'm', recipient: 'r', consent: { opens: 'all' } }, 'INVALID_OPTION'],
  ])('fails a mail whose tracking is %s', async (_, value, code) => {
    const { send } = setUp();
    const mail = { ...MAIL, html: HTML, tracking: value } as SendMailOptions;
    await expect(send(mail)).rejects.toMatchObject({ name: 'TelltaleError', code });
  });

  it.each<[string, Buffer | string]>([
    ['is not UTF-8', Buffer.from('<p>Gr\xfc\xdfe <a href="https://shop.example/">x</a>', 'latin1')],
    ['is too complex', `<body>${'<div>'.repeat(5_000)}`],
  ])('sends a mail as it was and says so when its html %s', async (_, html) => {
    const { send, plugin, problems } = setUp();
    await send({ ...MAIL, html, tracking });
    expect(await receivedHtml()).not.toContain('t.example.com');
    expect(problems).toHaveLength(1);
    expect(plugin.counts()).toMatchObject({ tracked: 0, problems: 1 });
  });

  it('lets nodemailer tell of a file that is missing', async () => {
    const { send, problems } = setUp();
    await expect(send({ ...MAIL, html: { path: join(directory, 'none.html') }, tracking })).rejects.toThrow(/ENOENT/);
    expect(problems).toHaveLength(1);
  });

  it('leaves the text part alone by default and tracks it on request', async () => {
    const text = 'See https://shop.example/.';
    await setUp().send({ ...MAIL, html: HTML, text, tracking });
    expect((await inbox.last()).text?.trim()).toBe(text);
    await setUp({ text: 'track' }).send({ ...MAIL, html: HTML, text, tracking });
    expect((await inbox.last()).text).toMatch(/See https:\/\/t\.example\.com\/c\/[a-z2-7]+\/[a-z2-7]+\.\s*$/);
  });

  it('obeys what a recipient agreed to', async () => {
    const { send } = setUp();
    await send({ ...MAIL, html: HTML, tracking: { ...tracking, consent: { opens: 'none', clicks: 'none' } } });
    expect(await receivedHtml()).toBe(HTML);
  });

  it('compiles a mailing once', async () => {
    const { send, tracker } = setUp();
    let compiled = 0;
    const { compile } = tracker;
    tracker.compile = (...args) => {
      compiled += 1;
      return compile(...args);
    };
    for (const recipient of ['r1', 'r2', 'r3'])
      await send({ ...MAIL, html: HTML, tracking: { message: 'm', recipient } });
    expect(compiled).toBe(1);
  });

  it('keeps a DKIM signature valid, with both list headers under it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const dkim = {
      domainName: 'example.com',
      keySelector: 's1',
      privateKey,
      headerFieldNames:
        'from:to:subject:date:message-id:mime-version:content-type:list-unsubscribe:list-unsubscribe-post',
    };
    const { send } = setUp({ transport: { dkim } });
    await send({ ...MAIL, html: HTML, text: 'Hello', tracking });
    const raw = inbox.messages.at(-1) ?? Buffer.alloc(0);
    const resolver = async (name: string, type: string) => {
      if (name === 's1._domainkey.example.com' && type === 'TXT')
        return [[`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`]];
      throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    };
    const verify = async (message: Buffer) =>
      (await authenticate(message, { resolver, sender: 'us@example.com' })).dkim.results[0];
    const verdict = await verify(raw);
    expect(verdict?.status.result).toBe('pass');
    expect(raw.toString()).toMatch(/h=[^;]*list-unsubscribe:\s*list-unsubscribe-post/i);
    expect(raw.toString()).toContain('List-Unsubscribe-Post');
    const changed = Buffer.from(
      raw.toString('latin1').replace('List-Unsubscribe=One-Click', 'List-Unsubscribe=No'),
      'latin1',
    );
    expect((await verify(changed))?.status.result).toBe('fail');
  });
});

describe('trackingPlugin with a store', () => {
  function memoryStore(failing = false) {
    const sends: (Send & { message: string })[] = [];
    const links: string[] = [];
    const store: SendStore = {
      async recordSends(message, batch) {
        if (failing) throw new Error('the store is down');
        sends.push(...batch.map((send) => ({ ...send, message })));
      },
      async recordLinks(message, found) {
        if (failing) throw new Error('the store is down');
        links.push(...found.map((link) => `${message} ${link.index} ${link.destination} ${link.name}`));
      },
    };
    return { store, sends, links };
  }

  it('records each send with the recipient’s domain, and the links once', async () => {
    const { store, sends, links } = memoryStore();
    const { send, tracker } = setUp({ store });
    await send({ ...MAIL, html: HTML, tracking });
    await send({ ...MAIL, html: HTML, tracking: { ...tracking, recipient: 'r2' } });
    await tracker.close();
    expect(sends).toMatchObject([
      { message: 'spring-sale', recipient: 'r1', domain: 'example.org' },
      { message: 'spring-sale', recipient: 'r2', domain: 'example.org' },
    ]);
    expect(JSON.stringify(sends)).not.toContain('ann@');
    expect(links).toEqual(['spring-sale 0 https://shop.example/ Shop']);
  });

  it('records no send for test traffic or for a message alone', async () => {
    const { store, sends } = memoryStore();
    const { send, tracker } = setUp({ store });
    await send({ ...MAIL, html: HTML, tracking: { ...tracking, test: true } });
    await send({ ...MAIL, html: HTML, tracking: { message: 'm' } });
    await tracker.close();
    expect(sends).toEqual([]);
  });

  it('sends tracked mail while the store is down, and says so', async () => {
    const { store } = memoryStore(true);
    const { send, tracker, problems, plugin } = setUp({ store });
    await send({ ...MAIL, html: HTML, tracking });
    await tracker.close();
    expect(await receivedHtml()).toBe(expected());
    expect(plugin.counts().tracked).toBe(1);
    expect(problems.map(String)).toContain('Error: the store is down');
  });
});

describe('trackingPlugin options', () => {
  it('refuses names it does not know, with the nearest', () => {
    const tracker = createTracker({ baseUrl: 'https://t.example.com', keys: ring });
    expect(() => trackingPlugin(tracker, { txt: 'track' } as TrackingPluginOptions)).toThrow(/Did you mean text\?/);
    expect(() => trackingPlugin(tracker, { text: 'both' } as unknown as TrackingPluginOptions)).toThrow(
      /one of track, leave/,
    );
  });
});
