import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { authenticate } from 'mailauth';
import { simpleParser } from 'mailparser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../support/command.ts';
import { startTestService } from '../support/service.ts';
import { startScripted, type Turn } from '../support/smtp-script.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const HTML = `<html><body><h1>Hello {{ first_name }}</h1><p>See <a href="https://shop.example/?c={{ code }}">the shop</a>.</p>
<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>`;
const LIST =
  '\ufeffEmail;recipient;First name;code\r\nann@example.com;r1;"Ann; ""A""";X\r\n\r\nbob@example.com;r2;Bob;Y\r\n';
const FLAGS = [
  'send',
  '--html',
  'mail.html',
  '--subject',
  'Hi {{ First_name }}',
  '--from',
  'Us <us@example.com>',
  '--message',
  'm',
];

async function setUp(list = LIST, turn?: (to: string) => Turn) {
  const cwd = temporaryDirectory();
  const server = await startScripted(turn);
  await writeFile(join(cwd, 'mail.html'), HTML.replaceAll('first_name', 'First_name'));
  await writeFile(join(cwd, 'list.csv'), list);
  const env = {
    TELLTALE_SMTP: `smtp://127.0.0.1:${server.port}?ignoreTLS=true`,
    TELLTALE_BASE_URL: 'https://t.example.com',
  };
  const send = (...more: readonly string[]) => run([...FLAGS, '--recipients', 'list.csv', ...more], { cwd, env });
  return { cwd, server, send, env };
}

describe('telltale send', () => {
  it('mails a list out of a spreadsheet, and nobody again', async () => {
    const { cwd, server, send } = await setUp();
    const first = await send();
    expect([first.status, first.stderr.match(/error|warning/g)]).toEqual([0, null]);
    expect(first.stdout).toBe('\twhy\trecipients\nsent\t\t2\n');
    const mails = await Promise.all(server.taken.map(({ mail }) => simpleParser(mail)));
    const ann = mails.find(({ to }) => !Array.isArray(to) && to?.text === 'ann@example.com');
    expect(ann?.subject).toBe('Hi Ann; "A"');
    expect(ann?.text).toMatch(/HELLO ANN; "A"\s+See the shop https:\/\/t\.example\.com\/c\/[a-z2-7]+\/[a-z2-7]+\./i);
    expect(ann?.html).toContain('Hello Ann; &#34;A&#34;');
    const again = await send();
    expect(again.stdout).toBe('\twhy\trecipients\nsent\t\t0\nskipped\talready-sent\t2\n');
    expect(server.taken).toHaveLength(2);
    expect(rowsOf(join(cwd, 'telltale-data/telltale.db'), 'SELECT sent FROM messages')).toEqual([{ sent: 2 }]);
  });

  it('says who got none and why, and exits 3', async () => {
    const list =
      'email,First_name,code\nann@example.com,Ann,1\nno address,X,1\nbob@example.com,Bob,1\nann@example.com,Ann,1\n';
    const { send } = await setUp(list, (to) => (to.startsWith('bob') ? { at: 'rcpt', code: 550 } : 'take'));
    const { status, stdout, stderr } = await send();
    expect(status).toBe(3);
    expect(stdout).toBe(
      '\twhy\trecipients\nsent\t\t1\nskipped\tduplicate\t1\nfailed\tinvalid-address\t1\nfailed\trefused\t1\n',
    );
    expect(stderr).toMatch(/row 2 \(line 3\), no address: invalid-address: An address must be like ann@example\.com/);
    expect(stderr).toMatch(/row 3 \(line 4\), bob@example\.com: refused: .*as the script says/);
    expect(stderr).toMatch(/A column "recipient" with ids of your own/);
    const json = await send('--json');
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).reason)
        .sort(),
    ).toEqual(['already-sent', 'duplicate', 'invalid-address', 'refused-before'].sort());
  });

  it('writes files in place of sending, and leaves no record', async () => {
    const { cwd, server, send } = await setUp();
    const { status, stdout } = await send('--dry-run', 'out');
    expect(stdout).toBe('\twhy\trecipients\nwritten\t\t2\n');
    expect([status, server.connections()]).toEqual([0, 0]);
    expect(await readdir(join(cwd, 'out'))).toEqual(['ann=40example=2ecom.eml', 'bob=40example=2ecom.eml']);
    const mail = await simpleParser(await readFile(join(cwd, 'out', 'bob=40example=2ecom.eml')));
    expect(mail.headerLines.map(({ key }) => key)).toContain('list-unsubscribe-post');
    expect(mail.html).toContain('https://t.example.com/o/');
    expect((await send()).stdout).toContain('sent\t\t2');
  });

  it('sends one mail as a test, again and again, that is in no report', async () => {
    const { cwd, server, send } = await setUp();
    for (let time = 0; time < 2; time += 1) expect((await send('--test', 'me@example.com')).status).toBe(0);
    expect(server.taken.map(({ to }) => to)).toEqual(['me@example.com', 'me@example.com']);
    expect(rowsOf(join(cwd, 'telltale-data/telltale.db'), 'SELECT sent FROM messages')).toEqual([]);
    expect((await send()).stdout).toContain('sent\t\t2');
  });

  it('leaves nothing of a message that is refused before the first mail, and all of it once one is sent', async () => {
    const { cwd, send } = await setUp('email,First_name\nann@example.com,Ann\n');
    const kept = ['messages', 'links', 'mails'].map((table) => `SELECT count(*) AS rows FROM ${table}`);
    const counts = () => kept.map((query) => rowsOf(join(cwd, 'telltale-data/telltale.db'), query)[0]?.['rows']);
    expect((await send()).stderr).toContain('Rows are counted below the line of names.');
    expect(counts()).toEqual([0, 0, 0]);
    await writeFile(join(cwd, 'list.csv'), LIST);
    expect((await send()).status).toBe(0);
    expect(counts()).toEqual([1, 1, 1]);
  });

  it('says that the mail server is away, though nobody looks at a terminal', async () => {
    const { cwd, server, env } = await setUp();
    await server.close();
    const stderr = Object.assign(new PassThrough(), { isTTY: false });
    const coming = run([...FLAGS, '--recipients', 'list.csv'], { cwd, env, io: { stderr } });
    let said = '';
    while (!said.includes('cannot be reached')) said += String(await once(stderr, 'data'));
    expect(said).toMatch(/^The mail server cannot be reached \(.*ECONNREFUSED.*\)\. Trying until 2\d{3}-/m);
    const { taken } = await startScripted(() => 'take', { port: server.port });
    expect((await coming).status).toBe(0);
    expect(taken).toHaveLength(2);
  });

  it('says how to go on where nobody can know whether a mail went out', async () => {
    const { send } = await setUp(LIST, (to) => (to.startsWith('bob') ? 'take-and-close' : 'take'));
    const { status, stderr } = await send();
    expect([status, stderr]).toEqual([3, expect.stringContaining('unless you say --again doubtful')]);
  });

  it('refuses a list of base URLs that holds something else, also where nothing is sent', async () => {
    const { cwd, env } = await setUp();
    const args = [...FLAGS, '--recipients', 'list.csv', '--dry-run', 'out'];
    const ran = await run(args, { cwd, env: { ...env, TELLTALE_BASE_URLS: 'foo bar' } });
    expect([ran.status, ran.stderr]).toEqual([
      2,
      expect.stringMatching(/^telltale: Each address in TELLTALE_BASE_URLS must be .*, but "foo" is among them\.\n$/),
    ]);
  });

  it('asks before it mails many, and needs --yes where it cannot', async () => {
    const many = `email,First_name,code\n${Array.from({ length: 51 }, (_, n) => `r${n}@example.com,x,1`).join('\n')}\n`;
    const { server, send } = await setUp(many);
    const refused = await send();
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('51 recipients needs --yes')]);
    expect((await send('--yes')).status).toBe(0);
    expect(server.taken).toHaveLength(51);
  });

  it.each([
    ['First name,code\nAnn,1\n', /must name a column "email"/, 1],
    ['email,email\na@example.com,b\n', /names the column "email" twice/, 1],
    ['email,code\na@example.com,1\n', /First_name \(row 1\)\. There are code, email\. /, 1],
    ['email,First_name,code\n', /holds no recipient/, 1],
    ['email,First_name,code\na@example.com,"x,1\n', /cannot be read as CSV/, 1],
  ])('refuses %j before the first mail', async (list, words, status) => {
    const { server, send } = await setUp(list);
    const ran = await send();
    expect([ran.status, ran.stderr]).toEqual([status, expect.stringMatching(words)]);
    expect(server.connections()).toBe(0);
  });

  it.each([
    ['<p>{{ code </p>', [], /Liquid cannot read the HTML: output "\{\{ code <\/p>" not closed\.\n$/],
    ['<p>{{ code | nosuch }}</p>', [], /Liquid cannot read the HTML: undefined filter: nosuch\.\n$/],
    [
      '<p>x</p>',
      ['--from', 'nobody'],
      /from must be one address like News <news@example\.com>, but "nobody" came\.\n$/,
    ],
  ])('refuses %j %j before the first mail, with nothing else to say', async (html, more, words) => {
    const { cwd, server, send } = await setUp();
    await writeFile(join(cwd, 'mail.html'), html);
    const ran = await send(...more);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringMatching(words)]);
    expect([ran.stderr.match(/database/g), server.connections()]).toEqual([null, 0]);
  });

  it.each(['include', 'render', 'layout'])('reads no file that a mail names (%s)', async (tag) => {
    const { cwd, server, send } = await setUp();
    await writeFile(join(cwd, 'secret.html'), 'sesame');
    await writeFile(join(cwd, 'mail.html'), `<p>x{% ${tag} "${join(cwd, 'secret.html')}" %}</p>`);
    const { status, stderr } = await send('--text', 'mail.html');
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/Liquid cannot read the HTML: a mail is one file and can name no other, .*\.\n$/),
    ]);
    expect(stderr).toContain(`{% ${tag} %}`);
    expect(server.connections()).toBe(0);
  });

  it('says which mail server is missing, and shows no password', async () => {
    const { cwd, env } = await setUp();
    const args = [...FLAGS, '--recipients', 'list.csv'];
    const none = await run(args, { cwd, env: { TELLTALE_BASE_URL: env.TELLTALE_BASE_URL } });
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('TELLTALE_SMTP=smtps://')]);
    expect(none.stderr).toContain('TELLTALE_SMTP is not set.');
    const wrong = await run(args, { cwd, env: { ...env, TELLTALE_SMTP: 'user:geheim@smtp' } });
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.not.stringContaining('geheim')]);
    expect(wrong.stderr).toContain('TELLTALE_SMTP is set, but to no address');
  });

  it.each([
    ['a list', LIST],
    [
      'a key that nodemailer does not sign with',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
  ])('refuses %s as a DKIM key before the first mail', async (_, key) => {
    const { cwd, server, send } = await setUp();
    await writeFile(join(cwd, 'dkim.pem'), key);
    const ran = await send('--dkim-domain', 'example.com', '--dkim-selector', 's1', '--dkim-key', 'dkim.pem');
    expect([ran.status, ran.stderr]).toEqual([
      2,
      expect.stringMatching(/--dkim-key dkim\.pem cannot be used: it must be an RSA private key.* Nothing was sent\./),
    ]);
    expect(server.connections()).toBe(0);
  });

  it.each([
    ['a list in ISO-8859-1', 'list.csv', 'email,First_name,code\nann@example.com,M\xfcller,1\n'],
    ['a text in ISO-8859-1', 'text.txt', 'M\xfcller'],
  ])('refuses %s, which readers would get damaged', async (_, file, text) => {
    const { cwd, server, send } = await setUp();
    await writeFile(join(cwd, 'text.txt'), 'Hello');
    await writeFile(join(cwd, file), text, 'latin1');
    const ran = await send('--text', 'text.txt');
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringMatching(/should be text in UTF-8.* iconv -f /)]);
    expect(server.connections()).toBe(0);
  });

  it('takes a list in UTF-16 with a byte order mark, and letters wherever the reading is cut', async () => {
    const { cwd, server, send } = await setUp();
    const rows = Array.from({ length: 50 }, (_, n) => `r${n}@example.com;M\xfcller${'\xfc'.repeat(3_000)};1`);
    const list = `\ufeffemail;First_name;code\n${rows.join('\n')}\n`;
    await writeFile(join(cwd, 'list.csv'), list);
    expect((await send()).status).toBe(0);
    await writeFile(join(cwd, 'list.csv'), list.replaceAll('@', '-16@'), 'utf16le');
    expect((await send()).status).toBe(0);
    expect(server.taken).toHaveLength(100);
    expect((await simpleParser(server.taken[99]?.mail ?? '')).subject).toMatch(/^Hi M\xfcller\xfc+$/);
  });

  it('signs both list headers, as another program verifies', async () => {
    const { cwd, server, send } = await setUp();
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(join(cwd, 'dkim.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const ran = await send('--dkim-domain', 'example.com', '--dkim-selector', 's1', '--dkim-key', 'dkim.pem');
    expect(ran.status).toBe(0);
    const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const { dkim } = await authenticate(server.taken[0]?.mail ?? '', {
      resolver: async (name: string, type: string) => {
        if (type === 'TXT' && name === 's1._domainkey.example.com') return [[`v=DKIM1; k=rsa; p=${key}`]];
        throw Object.assign(new Error('no record'), { code: 'ENOTFOUND' });
      },
    } as Parameters<typeof authenticate>[1]);
    expect(dkim.results[0]?.status.result).toBe('pass');
    expect(server.taken[0]?.mail.toString().toLowerCase().replace(/\s/g, '')).toMatch(
      /h=[^;]*list-unsubscribe:[^;]*list-unsubscribe-post/,
    );
  });
});

describe('telltale send --api', () => {
  it('registers sends with a collector elsewhere, and once it is back when it is away', async () => {
    const service = await startTestService({ apiToken: 'an-admin-token' });
    onTestFinished(() => service.end());
    const { cwd, server, env } = await setUp();
    const keys = { TELLTALE_KEYS: JSON.stringify(service.ring), TELLTALE_API_TOKEN: 'an-admin-token' };
    const send = (api: string) =>
      run([...FLAGS, '--recipients', 'list.csv', '--api', api], { cwd, env: { ...env, ...keys } });
    const first = await send(service.url);
    expect(first.stdout).toBe('\twhy\trecipients\nsent\t\t2\n');
    expect(await service.store.findMessage('m')).toMatchObject({ sent: 2 });
    await writeFile(join(cwd, 'list.csv'), `${LIST}cyd@example.com;r3;Cyd;Z\r\n`);
    await service.store.suppress(['r9'], 'manual');
    const away = await send('http://127.0.0.1:1');
    expect(away.status).toBe(0);
    expect(away.stdout).toBe('\twhy\trecipients\nsent\t\t1\nskipped\talready-sent\t2\n');
    expect(away.stderr).toMatch(
      /Who gets no mail is known from .*\n(?:.*\n)*.*wait in .*relay\. Run the same command again/,
    );
    expect((await send(service.url)).status).toBe(0);
    expect(server.taken).toHaveLength(3);
    expect(await service.store.findMessage('m')).toMatchObject({ sent: 3 });
  });

  it('needs a token, and mails nobody without having heard from the collector', async () => {
    const { cwd, server, env } = await setUp();
    const args = [...FLAGS, '--recipients', 'list.csv', '--api', 'http://127.0.0.1:1'];
    const bare = await run(args, { cwd, env });
    expect([bare.status, bare.stderr]).toEqual([2, expect.stringContaining('TELLTALE_API_TOKEN')]);
    const empty = await run(args, { cwd, env: { ...env, TELLTALE_API_TOKEN: '' } });
    expect([empty.status, empty.stderr]).toEqual([2, expect.stringContaining('TELLTALE_API_TOKEN')]);
    const nowhere = await run([...args.slice(0, -1), 'notaurl'], { cwd, env: { ...env, TELLTALE_API_TOKEN: 'x' } });
    expect([nowhere.status, nowhere.stderr]).toEqual([
      2,
      expect.stringMatching(/^telltale: --api takes .* but "notaurl" came\.\n$/),
    ]);
    const unheard = await run(args, { cwd, env: { ...env, TELLTALE_API_TOKEN: 'x' } });
    expect([unheard.status, unheard.stderr]).toEqual([1, expect.stringContaining('nobody is mailed')]);
    expect(server.taken).toHaveLength(0);
  });
});
