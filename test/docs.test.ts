// README and docs say what is true: their code runs, their tables match the source.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LABELS } from '../src/base/nouns.ts';
import { RULES } from '../src/classify/rules.ts';
import { run } from './support/command.ts';
import { type Inbox, startInbox } from './support/smtp.ts';

const root = new URL('../', import.meta.url);
const readme = await readFile(new URL('README.md', root), 'utf8');

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

function blocks(language: string): readonly string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');
}

/** Runs a code block as a program of its own, against the source and an SMTP server on this machine. */
async function execute(code: string): Promise<string> {
  const program = code
    .replace(
      "createTransport({ host: 'smtp.example.com' })",
      `createTransport({ host: '127.0.0.1', port: ${inbox.port}, ignoreTLS: true })`,
    )
    .replace(/from 'telltale(?:\/(\w+))?'/g, (_, part: string | undefined) => {
      const room = part === undefined ? '' : `${part === 'nodemailer' ? 'mail' : part}/`;
      return `from '${new URL(`src/${room}index.ts`, root).href}'`;
    })
    .replace(/from '(nodemailer|koa)'/g, (_, name: string) => `from '${import.meta.resolve(name)}'`);
  const path = join(directory, `block-${program.length}.mts`);
  await writeFile(path, program);
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), path], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', TSX_TSCONFIG_PATH: fileURLToPath(new URL('tsconfig.json', root)) },
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

  it('names only commands and flags that exist', async () => {
    const lines =
      blocks('sh')
        .join('')
        .match(/^telltale .*$/gm) ?? [];
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) {
      const words = line
        .replace(/\s+#.*/, '')
        .split(' ')
        .slice(1);
      const names = words.slice(0, ['keys', 'tokens', 'revoke', 'links'].includes(words[0] ?? '') ? 2 : 1);
      const { status, stdout } = await run([...names, '--help'], { cwd: directory });
      expect([line, status]).toEqual([line, 0]);
      for (const flag of words.filter((word) => word.startsWith('--')))
        expect([line, stdout]).toEqual([line, expect.stringContaining(flag)]);
    }
  });
});

describe('docs', () => {
  it('name every label and every rule with its source', async () => {
    const opens = (await readFile(new URL('docs/opens.md', root), 'utf8')).replace(/ {2,}/g, ' ');
    for (const label of LABELS) expect(opens).toContain(`\`${label}\``);
    for (const rule of RULES) {
      expect(opens).toContain(`| \`${rule.id}\` | \`${rule.label}\` | ${rule.certainty} | ${rule.source} |`);
    }
  });

  it('link to files that are there', async () => {
    const pages = [
      'README.md',
      ...(await readdir(new URL('docs/', root))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
    ];
    for (const page of pages) {
      const text = await readFile(new URL(page, root), 'utf8');
      for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
        await expect(
          readFile(new URL(target ?? '', new URL(page, root))),
          `${page} -> ${target}`,
        ).resolves.toBeDefined();
      }
    }
  });
});
