import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { sameAddressHits } from '../../src/base/limits.ts';
import { CASES } from '../classify/cases/index.ts';
import { type Ran, run } from '../support/command.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const GOOD = {
  ...{ id: 'h1', event: 'open', message: 'm', recipient: 'r', atMs: 1_772_528_400_000, method: 'GET', ip: '192.0.2.9' },
  headers: { 'User-Agent': GMAIL },
};

function classify(lines: readonly unknown[], args: readonly string[] = ['-']): Promise<Ran> {
  const stdin = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  return run(['classify', ...args], { cwd: temporaryDirectory(), stdin });
}

function verdictsOf({ stdout }: Ran): readonly { id: string; label: string; reasons: readonly string[] }[] {
  return stdout.trim() === ''
    ? []
    : stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
}

describe('telltale classify', () => {
  it('judges a file of hits as the library does, a verdict a line', async () => {
    const cwd = temporaryDirectory();
    const hits = CASES.flatMap((one) => one.hits.map((hit) => ({ ...hit, ip: '192.0.2.1' })));
    await writeFile(join(cwd, 'hits.ndjson'), hits.map((hit) => `${JSON.stringify(hit)}\r\n\r\n`).join(''));
    const ran = await run(['classify', 'hits.ndjson'], { cwd });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(verdictsOf(ran).map(({ id }) => id)).toEqual(hits.map(({ id }) => id));
    const { classify: judge } = await import('../../src/settle/classify-hits.ts');
    expect(verdictsOf(ran)).toEqual(judge(hits));
  });

  it('folds header names and takes a name that came several times', async () => {
    const ran = await classify([{ ...GOOD, headers: { 'USER-AGENT': [GMAIL] } }]);
    expect(verdictsOf(ran)).toMatchObject([{ id: 'h1', label: 'proxy-human', reasons: ['google-proxy'] }]);
  });

  it.each([
    ['{', 'expected a hit as JSON'],
    ['[]', 'expected a hit as a JSON object, but a list came'],
    ['null', 'expected a hit as a JSON object, but null came'],
    [{ ...GOOD, id: undefined }, 'id: expected a text, but it is missing'],
    [{ ...GOOD, event: 'read' }, 'event: expected open, click or unsubscribe, but "read" came'],
    [{ ...GOOD, message: undefined }, 'message: expected the id of the message, a text, but it is missing'],
    [{ ...GOOD, recipient: 7 }, 'recipient: expected the id of the recipient, a text, or null, but 7 came'],
    [{ ...GOOD, atMs: 'now' }, 'atMs: expected milliseconds since 1970, a number, but "now" came'],
    [{ ...GOOD, method: '' }, 'method: expected a method of HTTP like GET, but "" came'],
    [{ ...GOOD, ip: 'localhost' }, 'ip: expected an IPv4 or IPv6 address, or null, but "localhost" came'],
    [{ ...GOOD, headers: [] }, 'headers: expected an object of header names and texts, but a list came'],
    [{ ...GOOD, headers: { a: 1 } }, 'headers: expected an object of header names and texts, but an object came'],
    [{ ...GOOD, link: -1 }, 'link: expected the index of a link, a whole number from 0, or null, but -1 came'],
    [{ ...GOOD, honeypot: 'yes' }, 'honeypot: expected true, false or null, but "yes" came'],
    [{ ...GOOD, network: 'microsft' }, 'network: expected one of residential, mobile, '],
    [{ ...GOOD, sentAtMs: {} }, 'sentAtMs: expected milliseconds since 1970, or null, but an object came'],
  ])('tells of the line %j and judges the others', async (line, problem) => {
    const ran = await classify([GOOD, line, { ...GOOD, id: 'h3' }]);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain(`stdin:2: ${problem}`);
    expect(ran.stderr).toContain('1 line was left out; 2 judged.');
    expect(verdictsOf(ran).map(({ id }) => id)).toEqual(['h1', 'h3']);
  });

  it.each([
    ['of 8 KiB', `${GMAIL}${' x'.repeat(4_096)}`, 'proxy-human'],
    ['in capitals', GMAIL.toUpperCase(), 'proxy-human'],
    ['with control characters', `\u0000\u001b[31m${GMAIL}\u0007`, 'proxy-human'],
    ['that is empty', '', 'unknown'],
  ])('takes a user agent %s', async (_, agent, label) => {
    const ran = await classify([{ ...GOOD, headers: { 'user-agent': agent } }]);
    expect(ran.status).toBe(0);
    expect(verdictsOf(ran)).toMatchObject([{ label }]);
  });

  it.each(['::ffff:192.0.2.9', 'fe80::1%eth0', '[2001:db8::1]', '2001:DB8::1'])('takes the address %s', async (ip) => {
    expect((await classify([{ ...GOOD, ip }])).status).toBe(0);
  });

  it('takes null for whatever need not be known, and looks up the network then', async () => {
    const optional = [
      'link',
      'linkCount',
      'honeypot',
      'sentAtMs',
      'deliveredAtMs',
      'network',
      'ptr',
      'recipientDomain',
    ];
    const nulls = Object.fromEntries(optional.map((name) => [name, null]));
    const browser = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36', 'accept-language': 'de' };
    const ran = await classify([{ ...GOOD, ...nulls, ip: '40.92.0.1', headers: browser }]);
    expect(ran.status).toBe(0);
    expect(verdictsOf(ran)).toMatchObject([{ label: 'scanner', reasons: ['eop'] }]);
  });

  it('takes clocks that jump', async () => {
    const ran = await classify([
      { ...GOOD, id: 'a', atMs: 0, sentAtMs: 9e15 },
      { ...GOOD, id: 'b', atMs: -5 },
      { ...GOOD, id: 'c', atMs: 8.64e15, deliveredAtMs: 1 },
    ]);
    expect(ran.status).toBe(0);
    expect(verdictsOf(ran)).toHaveLength(3);
  });

  it('prints a table on a terminal, and JSON there when asked', async () => {
    const onTerminal = async (...args: readonly string[]) => {
      const stdout = Object.assign(new PassThrough(), { isTTY: true });
      await run(['classify', ...args], { cwd: temporaryDirectory(), stdin: JSON.stringify(GOOD), io: { stdout } });
      return String(stdout.read());
    };
    expect(await onTerminal()).toMatch(/id +label +sure +because of *\nh1 +proxy-human +0\.90 +google-proxy/);
    expect(JSON.parse(await onTerminal('--json'))).toMatchObject({ id: 'h1', label: 'proxy-human' });
  });

  it('takes rules of the sender’s own from the configuration', async () => {
    const cwd = temporaryDirectory();
    const rules = [{ id: 'our-proxy', label: 'scanner', userAgent: 'googleimageproxy' }];
    await writeFile(join(cwd, 'telltale.config.json'), JSON.stringify({ rules }));
    const ran = await run(['classify'], { cwd, stdin: JSON.stringify(GOOD) });
    expect(verdictsOf(ran)).toMatchObject([{ label: 'scanner', reasons: ['our-proxy'] }]);
    await writeFile(join(cwd, 'telltale.config.json'), JSON.stringify({ rules: [{ id: 'x', label: 'human' }] }));
    expect(await run(['classify'], { cwd, stdin: '' })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('telltale.config.json: of the rules, "x" names nothing that must hold'),
    });
  });

  it('needs a file that is there, or a pipe', async () => {
    const cwd = temporaryDirectory();
    expect(await run(['classify', 'none.ndjson'], { cwd })).toMatchObject({ status: 1, stdout: '' });
    expect(await run(['classify'], { cwd, isTTY: true })).toMatchObject({ status: 2 });
  });
});

describe('telltale classify of an access log', () => {
  const line = (request: string, agent = GMAIL, time = '03/Mar/2026:10:00:00 +0100') =>
    `192.0.2.9 - - [${time}] "${request}" 200 43 "-" "${agent}"`;

  it('knows the format by its first line, and tracked URLs by their paths', async () => {
    const ran = await classify([
      line('GET /o/abcd234.gif HTTP/1.1'),
      line('GET /c/abcd234/mnop567 HTTP/2.0', 'curl/8.7.1'),
      line('HEAD /u/abcd234 HTTP/1.1'),
      line('GET /assets/logo.png?v=2 HTTP/1.1'),
      `2001:db8::7 - frank [03/Mar/2026:10:00:01 +0100] "GET /c/abcd234/mnop567 HTTP/1.1" 302 -`,
    ]);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(verdictsOf(ran).map(({ id, label, reasons }) => [id, label, reasons[0]])).toEqual([
      ['line-1', 'proxy-human', 'google-proxy'],
      ['line-2', 'scanner', 'library'],
      ['line-3', 'scanner', 'method'],
      ['line-4', 'proxy-human', 'google-proxy'],
      ['line-5', 'unknown', 'no-browser'],
    ]);
  });

  it('sees a burst over the links of a mail, whatever the time zone', async () => {
    const chrome =
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36';
    const times = ['10:00:00 +0100', '09:00:00 +0000', '04:00:01 -0500', '14:30:01 +0530', '09:00:02 +0000'];
    const ran = await classify(
      times.map((time, n) => line(`GET /c/abcd234/mnop56${'abcde'[n]} HTTP/1.1`, chrome, `03/Mar/2026:${time}`)),
    );
    expect(verdictsOf(ran).map(({ reasons }) => reasons[0])).toEqual(times.map(() => 'burst'));
  });

  it('names a proxy whose address stands for everybody, and guesses nothing of its hits', async () => {
    const chrome = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36';
    const letters = 'abcdefghijklmnopqrstuvwxyz234567';
    const lines = Array.from({ length: sameAddressHits }, (_, n) =>
      line(`GET /o/abcd${letters[n >> 5]}${letters[n & 31]}.gif HTTP/1.1`, n === 0 ? 'curl/8.7.1' : chrome).replace(
        '192.0.2.9',
        '10.0.0.5',
      ),
    );
    const ran = await classify(lines);
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('as from a proxy') });
    const [first, ...others] = verdictsOf(ran);
    expect(first).toMatchObject({ label: 'scanner', reasons: ['library'] });
    for (const one of others) expect(one).toMatchObject({ label: 'unknown', reasons: ['hidden-reader'] });
    const fewer = await classify(lines.slice(1));
    expect(fewer.stderr).toBe('');
    expect(verdictsOf(fewer)[0]).toMatchObject({ label: 'scanner', reasons: ['fan-out', 'browser-open'] });
  });

  it.each([
    ['rubbish', 'expected a line of the common or combined log format, but "rubbish" came'],
    [line('GET / HTTP/1.1', 'x', '3/3/2026'), 'time: expected [10/Oct/2026:13:55:36 +0200], but "3/3/2026" came'],
    [line('\\x16\\x03\\x01'), 'request: expected "GET /path HTTP/1.1"'],
  ])('tells of the line %j', async (bad, problem) => {
    const ran = await classify([line('GET /o/abcd234.gif HTTP/1.1'), bad], ['-', '--format', 'access-log']);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain(`stdin:2: ${problem}`);
    expect(verdictsOf(ran)).toHaveLength(1);
  });
});
