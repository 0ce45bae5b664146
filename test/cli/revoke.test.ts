import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ControlChange } from '../../src/base/control-change.ts';
import { openStore } from '../../src/store/open-store.ts';
import { run } from '../support/command.ts';

const BASE = ['--base-url', 'https://t.example.com'];

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-cli-'));
});
afterEach(() => rm(cwd, { recursive: true }));

/** Uses the store the commands use. */
async function inStore<T>(use: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>): Promise<T> {
  const store = await openStore(`sqlite:${join(cwd, 'telltale-data', 'telltale.db')}`);
  const result = await use(store);
  await store.close();
  return result;
}

function changes(): Promise<readonly ControlChange[]> {
  return inStore(async (store) => (await store.changesAfter(0, 100)).changes.map(({ change }) => change));
}

describe('telltale revoke', () => {
  beforeEach(async () => {
    await run(['migrate', '--quiet'], { cwd });
    await inStore((store) => store.recordLinks('spring sale', []));
  });

  it.each([
    [['message', 'spring sale'], { kind: 'message', message: 'spring sale' }, 'Message "spring sale"'],
    [
      ['link', 'spring sale', '3'],
      { kind: 'link', message: 'spring sale', index: 3 },
      'Link 3 of message "spring sale"',
    ],
    [['host', 'Shop.Example'], { kind: 'host', host: 'shop.example' }, 'Host shop.example'],
  ] as const)('%j revokes, says so, and undoes', async (args, of, words) => {
    const done = await run(['revoke', ...args], { cwd });
    expect(done).toEqual({
      status: 0,
      stdout: '',
      stderr: `${words} is revoked, on each collector within 5 seconds. Undo it with --undo.\n`,
    });
    const undone = await run(['revoke', ...args, '--undo'], { cwd });
    expect(undone.stderr).toBe(`${words} works again, on each collector within 5 seconds.\n`);
    expect((await run(['revoke', ...args, '--undo'], { cwd })).stderr).toBe(
      `${words} is not revoked; nothing was changed.\n`,
    );
    expect(await changes()).toEqual([
      { kind: 'revoked', of },
      { kind: 'restored', of },
    ]);
  });

  it('prints JSON, and no words when quiet', async () => {
    const { stdout, stderr } = await run(['revoke', 'host', 'shop.example', '--json', '--quiet'], { cwd });
    expect(JSON.parse(stdout)).toEqual({
      kind: 'host',
      host: 'shop.example',
      revokedAt: expect.stringMatching(/Z$/),
      revokedBy: 'command',
      restoredAt: null,
      restoredBy: null,
    });
    expect(stderr).toBe('');
    const undone = await run(['revoke', 'host', 'other.example', '--undo', '--json'], { cwd });
    expect(JSON.parse(undone.stdout)).toMatchObject({ host: 'other.example', revokedAt: null });
  });

  it('revokes a message nobody has seen, and asks whether it is spelt right', async () => {
    const { status, stderr } = await run(['revoke', 'message', 'spring-sale'], { cwd });
    expect([status, stderr]).toEqual([0, expect.stringContaining('No message "spring-sale" was sent or hit so far.')]);
    expect(await changes()).toHaveLength(1);
  });

  it.each([
    [['revoke'], 'Usage: telltale revoke'],
    [['revoke', 'mesage', 'm'], 'Did you mean message?'],
    [['revoke', 'message'], "missing required argument 'id'"],
    [['revoke', 'message', ''], 'A message id must be'],
    [['revoke', 'link', 'm'], "missing required argument 'index'"],
    [['revoke', 'link', 'm', 'x'], 'A link is named by its number'],
    [['revoke', 'link', 'm', '1.5'], 'A link is named by its number'],
    [['revoke', 'link', 'm', '1000000'], 'A link is named by its number'],
    [['revoke', 'host', 'https://shop.example/'], 'A host looks like'],
    [['revoke', 'host', 'a', 'b'], 'too many arguments'],
    [['links'], 'Usage: telltale links'],
    [['links', 'set', 'm', '1'], "missing required argument 'url'"],
    [['links', 'set', 'm', 'one', 'https://shop.example/'], 'A link is named by its number'],
    [['links', 'set', '', '1', 'https://shop.example/'], 'A message id must be'],
    [['links', 'set', 'm', '1', 'shop.example'], 'it does not begin with https:// or http://'],
    [['links', 'set', 'm', '1', 'javascript:alert(1)'], 'it does not begin with https:// or http://'],
    [['links', 'set', 'm', '1', 'https://a@b.example/'], 'user name or password'],
  ])('%j is used wrongly, and changes nothing', async (args, words) => {
    const { status, stderr } = await run(args, { cwd });
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(await changes()).toEqual([]);
  });
});

describe('telltale links set', () => {
  it('corrects where a link leads, once', async () => {
    await run(['migrate', '--quiet'], { cwd });
    const args = ['links', 'set', 'm', '3', ' https://Shop.example/sale '];
    const { status, stderr } = await run(args, { cwd });
    expect(status).toBe(0);
    expect(stderr).toContain('Link 3 of message "m" leads to https://shop.example/sale, on each collector within 5 s');
    const again = await run([...args, '--json'], { cwd });
    expect(JSON.parse(again.stdout)).toEqual({
      message: 'm',
      index: 3,
      destination: 'https://shop.example/sale',
      changed: false,
    });
    expect(await changes()).toEqual([
      { kind: 'destination', message: 'm', index: 3, destination: 'https://shop.example/sale' },
    ]);
  });
});

describe('commands over the control state', () => {
  it.each([[['revoke', 'message', 'm']], [['links', 'set', 'm', '0', 'https://shop.example/']]])(
    '%j makes no database where there is none',
    async (args) => {
      const { status, stderr } = await run(args, { cwd });
      expect([status, stderr]).toEqual([1, expect.stringContaining('There is no database')]);
    },
  );
});

describe('telltale rewrite --links short', () => {
  const args = ['rewrite', 'mail.html', '--message', 'm', ...BASE, '--links', 'short'];
  beforeEach(() => writeFile(join(cwd, 'mail.html'), '<a href="https://shop.example/">Shop</a>'));

  it('registers the links and writes short ones', async () => {
    const { status, stdout } = await run([...args, '--recipient', 'r1'], { cwd });
    expect(status).toBe(0);
    expect(stdout).toMatch(/href="https:\/\/t\.example\.com\/c\/[a-z2-7]+\/[a-z2-7]{8}"/);
    await run([...args, '--recipient', 'r2'], { cwd });
    expect(await changes()).toMatchObject([
      { kind: 'short-links', message: 'm', links: [{ index: 0, destination: 'https://shop.example/' }] },
    ]);
    const url = /https:[^"]+\/c\/[^"]+/.exec(stdout)?.[0] ?? '';
    const inspected = JSON.parse((await run(['inspect', url, '--json'], { cwd })).stdout);
    expect(inspected).toMatchObject({ valid: true, kind: 'click', message: 'm', link: 0, destination: null });
  });

  it('does so in messages and templates, too', async () => {
    await writeFile(
      join(cwd, 'mail.eml'),
      'Content-Type: text/html\r\n\r\n<a href="https://shop.example/e">Shop</a>\r\n',
    );
    const eml = await run(['rewrite', 'mail.eml', ...args.slice(2), '--recipient', 'r1'], { cwd });
    expect(eml.stdout).toMatch(/\/c\/[a-z2-7]+\/[a-z2-7]{8}"/);
    const template = await run([...args, '--placeholder', '{{ telltale }}'], { cwd });
    expect(template.stdout).toMatch(/\/c\/\{\{ telltale \}\}\/[a-z2-7]{8}"/);
    expect(await changes()).toHaveLength(2);
  });

  it('refuses another form, and to go on with a run of the other form', async () => {
    expect((await run([...args.slice(0, -1), 'tiny', '--recipient', 'r1'], { cwd })).status).toBe(2);
    await writeFile(join(cwd, 'list.csv'), 'recipient\nr1\n');
    const out = ['--recipients', 'list.csv', '--out', 'out'];
    const onInterrupt = (stop: () => void) => {
      stop();
      return () => {};
    };
    expect((await run([...args, ...out], { cwd, io: { onInterrupt } })).status).toBe(130);
    const resumed = await run([...args.slice(0, -2), ...out, '--resume'], { cwd });
    expect([resumed.status, resumed.stderr]).toEqual([1, expect.stringContaining('the form of the links was "short"')]);
  });
});
