// README and docs say what is true: their code runs, their tables match the source.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { LABELS, NETWORK_KINDS } from '../src/base/nouns.ts';
import { CONTEXT_RULES } from '../src/classify/context-rules.ts';
import { CLIENTS } from '../src/classify/mail-clients.ts';
import { readOwnRules } from '../src/classify/own-rules.ts';
import { RULES } from '../src/classify/rules.ts';
import { WEAK_SIGNALS } from '../src/classify/weak-signals.ts';
import { readNetworkList } from '../src/networks/read-network-list.ts';
import { SHIPPED_LISTS } from '../src/networks/shipped-lists.ts';
import { buildReport } from '../src/report/build-report.ts';
import { builtFile, transpile } from './support/built.ts';
import { run } from './support/command.ts';
import { makeHit, CLIENTS as SENDERS, sentMs } from './support/hits.ts';
import { startTestService } from './support/service.ts';
import { type Inbox, startInbox } from './support/smtp.ts';
import { openTestStore, settleHits } from './support/stores.ts';

const root = new URL('../', import.meta.url);
const docs = (await readdir(new URL('docs/', root)))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const pages = new Map<string, string>();
for (const name of ['README.md', ...docs]) pages.set(name, await readFile(new URL(name, root), 'utf8'));

let directory: string;
let inbox: Inbox;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'telltale-docs-'));
  inbox = await startInbox();
});
afterAll(async () => {
  await inbox.close();
  await rm(directory, { recursive: true });
});

function pageNamed(name: string): string {
  return pages.get(name) ?? '';
}

function blocks(language: string, page = 'README.md'): readonly string[] {
  const block = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g');
  return [...pageNamed(page).matchAll(block)].map((match) => match[1] ?? '');
}

/** The commands a page shows, in blocks and in its text. */
function commands(page: string): readonly string[] {
  const lines =
    blocks('sh', page)
      .join('')
      .match(/^telltale .*$/gm) ?? [];
  const spans = [...pageNamed(page).matchAll(/`(telltale [^`…]*)`/g)].map((match) => match[1] ?? '');
  return [...lines, ...spans];
}

/** Runs a code block as a program of its own, against the source and an SMTP server on this machine. */
async function execute(code: string): Promise<string> {
  const program = (await withCollector(code))
    .replace(
      "createTransport({ host: 'smtp.example.com' })",
      `createTransport({ host: '127.0.0.1', port: ${inbox.port}, ignoreTLS: true })`,
    )
    .replace(/from 'telltale(?:\/(\w+))?'/g, (_, part: string | undefined) => {
      const room = part === undefined ? '' : `${part === 'nodemailer' ? 'mail' : part}/`;
      return `from '${pathToFileURL(builtFile(new URL(`src/${room}index.ts`, root))).href}'`;
    })
    .replace(/from '(nodemailer|koa)'/g, (_, name: string) => `from '${import.meta.resolve(name)}'`);
  const path = join(directory, `block-${program.length}.mjs`);
  await writeFile(path, transpile(program));
  const child = spawn(process.execPath, [path], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [status] = await once(child, 'close');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** Where code speaks to a collector elsewhere, there is one. */
async function withCollector(code: string): Promise<string> {
  if (!code.includes('openRelay(')) return code;
  const service = await startTestService({ apiToken: 'tt_id_secret' });
  onTestFinished(() => service.end());
  return code.replace("{ url: 'https://t.example.com', token", `{ url: '${service.url}', token`);
}

const KEYS = `import { randomBytes } from 'node:crypto';\nimport { addKey } from 'telltale';\nconst keys = addKey(undefined, { secret: randomBytes(32), atMs: 0, sign: true });\n`;

describe('the README', () => {
  it('shows a first example of at most 12 lines that prints what it says', async () => {
    const code = blocks('ts')[0] ?? '';
    expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(12);
    const printed = (await execute(code))
      .replace(/\/(o|c)\/[a-z2-7]+/g, '/$1/…')
      .replace(/\/c\/…\/[a-z2-7]+/g, '/c/…/…');
    expect(printed).toBe(blocks('text')[0]);
  });

  it('shows a nodemailer example that sends a tracked mail', async () => {
    await execute(KEYS + (blocks('ts')[1] ?? ''));
    const mail = await inbox.last();
    expect(mail.html).toContain('https://t.example.com/c/');
    expect(mail.headers.has('list')).toBe(true);
  });

  it('shows a collector that mounts in a Koa app', async () => {
    await execute(`${KEYS}${blocks('ts')[2] ?? ''}\nconsole.log(app.middleware.length);\nprocess.exit(0);\n`);
  });
});

/** What an example of the docs may take as given. */
const GIVEN = `${KEYS}import { readFile } from 'node:fs/promises';
import { compileMime, createTracker } from 'telltale';
const tracker = createTracker({ baseUrl: 'https://t.example.com', keys });
`;

/** What runs round each block of code in the docs, and what that prints. */
const EXAMPLES: Readonly<Record<string, readonly { before: string; after: string; prints: string }[]>> = {
  'docs/rewriting.md': [
    {
      before: `const addresses = ['www.bank.example/', 'shop.example/account', 'shop.example/unsubscribe-survey', 'shop.example/'];
const html = '<a class="plain" href="https://shop.example/plain">a</a>' + addresses.map((address) => \`<a href="https://\${address}">a</a>\`).join('');
const { links } = `,
      after: 'for (const { destination } of links) console.log(destination);',
      prints: 'https://shop.example/unsubscribe-survey\nhttps://shop.example/\n',
    },
    {
      before: '',
      after: "console.log(mail.links.length, raw.includes('https://t.example.com/c/'), Object.keys(headers).join());",
      prints: '1 true List-Unsubscribe,List-Unsubscribe-Post\n',
    },
  ],
  'docs/deliveries.md': [
    { before: '', after: '', prints: "true [ 'List-Unsubscribe', 'List-Unsubscribe-Post', 'X-SMTPAPI' ]\n" },
  ],
  'docs/webhooks.md': [
    {
      before: '',
      after: `const secret = 'whsec_' + Buffer.alloc(32, 1).toString('base64');
const timestamp = String(Math.floor(Date.now() / 1000));
const sign = (text) => 'v1,' + createHmac('sha256', Buffer.alloc(32, 1)).update(text).digest('base64');
const headers = new Headers({ 'webhook-id': 'a', 'webhook-timestamp': timestamp, 'webhook-signature': sign(\`a.\${timestamp}.{}\`) });
console.log(isTelltale(headers, '{}', secret), isTelltale(headers, '[]', secret));`,
      prints: 'true false\n',
    },
  ],
  'docs/conversions.md': [
    {
      before: "process.env.TELLTALE_SEAL = 'ttseal_1_' + 'A'.repeat(43);\n",
      after: 'console.log(seal);',
      // HMAC-SHA-256 under 32 zero bytes.
      prints: '1.AEilfoDuCsZSsgQDO6g1JaZsrqB6g0-44YFpH8-ekfw\n',
    },
  ],
  'docs/sending.md': [
    {
      before: '',
      after: "console.log((await store.findMessage('summer-sale')).sent); await store.close();",
      prints: '1\n',
    },
    { before: '', after: 'console.log(relay.waiting());', prints: '0\n' },
    { before: '', after: 'console.log(brands.baseUrls.length);', prints: '2\n' },
  ],
};
const MESSAGE = 'Content-Type: text/html\r\n\r\n<a href="https://shop.example/">Shop</a>\r\n';

/** Commands that have commands of their own. */
const GROUPS: readonly string[] = [...['keys', 'tokens', 'revoke', 'links', 'networks', 'suppressions', 'webhooks']];

describe('docs', () => {
  it.each(docs)('have code that runs: %s', async (page) => {
    await writeFile(join(directory, 'mail.eml'), MESSAGE);
    const examples = EXAMPLES[page] ?? [];
    expect(examples).toHaveLength(blocks('ts', page).length);
    for (const [index, code] of blocks('ts', page).entries()) {
      const { before = '', after = '', prints } = examples[index] ?? {};
      expect(await execute(GIVEN + before + code + after)).toBe(prints);
    }
  });

  it('name only commands and flags that exist', async () => {
    const shown = ['README.md', ...docs].flatMap(commands);
    expect(shown.length).toBeGreaterThan(16);
    for (const line of shown) {
      const words = line
        .replace(/\s+#.*/, '')
        .split(' ')
        .slice(1);
      const names = words.slice(0, GROUPS.includes(words[0] ?? '') ? 2 : 1);
      const { status, stdout } = await run([...names, '--help'], { cwd: directory });
      expect([line, status]).toEqual([line, 0]);
      for (const flag of words.filter((word) => word.startsWith('--')))
        expect([line, stdout]).toEqual([line, expect.stringContaining(flag)]);
    }
  });

  it('show a report that has what a report has', async () => {
    const { store } = await openTestStore();
    await store.recordSends('spring-sale', [{ recipient: 'r1', atMs: sentMs, domain: 'example.com' }]);
    await store.recordLinks('spring-sale', [{ index: 0, destination: 'https://shop.example/', name: 'Shop' }]);
    await settleHits(store, [makeHit(), makeHit({ from: SENDERS.proxy })]);
    const report = await buildReport(store, { message: 'spring-sale' });
    const shown: unknown = JSON.parse(blocks('json', 'docs/api.md')[0] ?? '');
    expect(Object.keys(shown ?? {})).toEqual(Object.keys(report));
    expect(keysOf(report)).toEqual(expect.arrayContaining([...keysOf(shown)]));
  });

  it('name every label and every rule with its source', async () => {
    const opens = pageNamed('docs/opens.md').replace(/ {2,}/g, ' ');
    for (const label of LABELS) expect(opens).toContain(`\`${label}\``);
    for (const rule of RULES) {
      expect(opens).toContain(`| \`${rule.id}\` | \`${rule.label}\` | ${rule.certainty} | ${rule.source} |`);
    }
    for (const { id, weight, source } of WEAK_SIGNALS) {
      expect(opens).toContain(`| \`${id}\` | ${weight} | ${source} |`);
    }
    for (const { id, label, certainty, what, source } of CONTEXT_RULES) {
      const makes = label === null ? '(weight)' : `\`${label}\``;
      expect(opens).toContain(`| \`${id}\` | ${makes} | ${certainty} | ${what} | ${source} |`);
    }
    expect(readOwnRules(JSON.parse(blocks('json', 'docs/opens.md')[0] ?? '').rules, 'docs').rules).toHaveLength(1);
  });

  it('name every kind of network and every list, with its date, size and source', () => {
    const networks = pageNamed('docs/networks.md').replace(/ {2,}/g, ' ');
    for (const kind of NETWORK_KINDS) expect(networks).toContain(`\`${kind}\``);
    for (const { id, kind, date, ranges, isSeed, update, source } of SHIPPED_LISTS) {
      const row = [`\`${id}\``, `\`${kind}\``, date, ranges.length, isSeed ? 'seed' : 'whole', update ? 'yes' : 'no'];
      expect(networks).toContain(`| ${[...row, source].join(' | ')} |`);
    }
    const [own = ''] = blocks('json', 'docs/networks.md');
    expect(readNetworkList(own)).toMatchObject({ kind: 'corporate' });
  });

  it('name every mail client', () => {
    for (const { client } of CLIENTS) expect(pageNamed('docs/opens.md')).toContain(client);
  });

  it('link to files that are there', async () => {
    for (const [page, text] of pages) {
      for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
        await expect(
          readFile(new URL(target ?? '', new URL(page, root))),
          `${page} -> ${target}`,
        ).resolves.toBeDefined();
      }
    }
  });
});

/** The paths of all keys in a value: `opens.total`; `…` stands for more of its kind. */
function keysOf(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, inner]) => (key === '…' ? [] : keysOf(inner, `${path}.${key}`))),
  ];
}
