// What stands in Dockerfile and deploy/ fits the command, the package and each other. No container engine is needed.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from './support/command.ts';
import { temporaryDirectory } from './support/temporary.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const files = ['Dockerfile', ...readdirSync(join(root, 'deploy')).map((name) => `deploy/${name}`)];
const text = Object.fromEntries(files.map((path) => [path, read(path)]));
const composes = files.filter((path) => path.endsWith('.compose.yml'));
const { bin, files: packed, version, devDependencies } = JSON.parse(read('package.json'));
const docs = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  .filter((path) => path.endsWith('.md'))
  .map(read)
  .join('\n');

function textOf(path: string): string {
  return text[path] ?? '';
}

function matches(pattern: RegExp, path: string): readonly string[] {
  return [...textOf(path).matchAll(pattern)].map((match) => match[1] ?? '');
}

/** Commands of Telltale: those of other programs begin with an option. */
const commands = files.flatMap((path) => [
  ...matches(/^\s*(?:command|args): \[([a-z][^\]]*)\]$/gm, path).map((list) => ({ path, words: list.split(', ') })),
  ...matches(/^(?:ExecStart=\S+ \S+cli\.js|# {3}telltale) ([^&\n]*)/gm, path).map((line) => ({
    path,
    words: line.trim().split(' '),
  })),
]);

describe('deploy/', () => {
  it('has every kind of file', () => {
    expect(files).toEqual(
      expect.arrayContaining(
        ['cluster.compose.yml', 'kubernetes.yml', 'postgres.compose.yml', 'single.compose.yml', 'telltale.service'].map(
          (name) => `deploy/${name}`,
        ),
      ),
    );
  });

  it.each(commands)('calls a command that there is, with options it has: $path $words', async ({ words }) => {
    const [name = ''] = words;
    const groups = words[0] === 'keys' ? words.slice(0, 2) : [name];
    const { status, stdout } = await run([...groups, '--help'], { cwd: temporaryDirectory() });
    expect([status, stdout]).toEqual([0, expect.stringContaining(`Usage: telltale ${groups.join(' ')} `)]);
    for (const flag of words.filter((word) => word.startsWith('--'))) expect(stdout).toContain(flag);
  });

  it.each(files)('names only settings that the docs have: %s', (path) => {
    expect(matches(/\b(TELLTALE_[A-Z_]+)/g, path).filter((name) => !docs.includes(`\`${name}`))).toEqual([]);
  });

  it.each(files)('pins every image, its own to the version of the package: %s', (path) => {
    const images = [...matches(/^\s*image: (\S+)/gm, path), ...matches(/^FROM (\S+)/gm, path)];
    for (const image of images) expect(image).toMatch(/:\d+\.\d+(?:\.\d+)?(?:-[a-z0-9.-]+)?$/);
    for (const image of images.filter((one) => /telltale:/.test(one))) expect(image).toMatch(`telltale:${version}`);
    expect(textOf(path)).not.toMatch(/:latest\b/);
  });

  it.each(composes)(
    'mounts every volume it declares, declares every one it mounts, and waits for services it has: %s',
    (path) => {
      const [, declared = ''] = /^volumes:\n([\s\S]*)$/m.exec(textOf(path)) ?? [];
      const mounted = matches(/(?:\[|, )"?([a-z0-9-]+):\/[a-z]/g, path);
      expect(new Set(mounted)).toEqual(new Set(declared.match(/[a-z0-9-]+/g)));
      const [, body = ''] = /^services:\n([\s\S]*?)^volumes:/m.exec(textOf(path)) ?? [];
      const services = [...body.matchAll(/^ {2}([a-z0-9-]+):$/gm)].map(([, name]) => name);
      const upstreams = matches(/COLLECTORS: (.*)/g, path).flatMap((line) => line.split(' '));
      expect(upstreams.length).toBeGreaterThan(0);
      for (const upstream of upstreams) expect(services.map((name) => `${name}:8080`)).toContain(upstream);
      for (const needed of matches(/depends_on: \[(.*)\]/g, path).flatMap((list) => list.split(', ')))
        expect(services).toContain(needed);
      for (const alias of matches(/[<*]{1,2}:? ?\*([a-z]+)/g, path)) expect(textOf(path)).toContain(`&${alias}`);
    },
  );

  it('mounts files that are there', () => {
    for (const name of composes.flatMap((path) => matches(/\.\/([^:"]+):/g, path)))
      expect(existsSync(join(root, 'deploy', name))).toBe(true);
  });

  it('gives each collector a journal of its own', () => {
    for (const path of composes) {
      const places = matches(/([a-z0-9-]+):\/data\b/g, path);
      expect(new Set(places).size).toBe(places.length);
    }
    const [, ofCollectors = ''] = textOf('deploy/kubernetes.yml').split(/^kind: StatefulSet$/m);
    expect(ofCollectors).toMatch(/volumeClaimTemplates:/);
  });

  it('agrees on the port', () => {
    expect(textOf('Dockerfile')).toMatch(/TELLTALE_PORT=8080[\s\S]*EXPOSE 8080[\s\S]*127\.0\.0\.1:8080\/healthz/);
    expect(new Set(matches(/containerPort: (\d+)/g, 'deploy/kubernetes.yml'))).toEqual(new Set(['8080']));
    for (const path of files)
      for (const port of matches(/(?:pages|telltale|collector-\d):(\d{4})\b/g, path)) expect(port).toBe('8080');
  });

  it('asks both probes under a name that is answered, in each pod that answers', () => {
    const probes = matches(/httpGet: (.*)/g, 'deploy/kubernetes.yml');
    expect(probes.map((probe) => /path: (\S+),/.exec(probe)?.[1])).toEqual([
      ...['/healthz', '/readyz'],
      ...['/healthz', '/readyz'],
      ...['/healthz', '/readyz'],
    ]);
    for (const probe of probes) expect(probe).toContain('{ name: Host, value: localhost }');
  });

  it('waits longer for an end than an end takes', () => {
    const waits = [
      ...files.flatMap((path) => matches(/(?:stop_grace_period: |TimeoutStopSec=)(\d+)/g, path)),
      ...matches(/terminationGracePeriodSeconds: (\d+)/g, 'deploy/kubernetes.yml').map((wait) => Number(wait) - 5),
    ];
    expect(waits.length).toBeGreaterThan(5);
    for (const wait of waits) expect(Number(wait)).toBeGreaterThanOrEqual(10);
  });
});

describe('the image', () => {
  const dockerfile = textOf('Dockerfile');

  it('starts the file that the package starts, so that signals reach it', () => {
    expect(dockerfile).toContain(`ENTRYPOINT ["node", "${bin.telltale}"]`);
    expect(packed).toContain(bin.telltale.split('/')[0]);
  });

  it('runs as somebody who is not root, with its data on a volume', () => {
    const [, runs = ''] = dockerfile.split(/^FROM .*\n(?![\s\S]*^FROM)/m);
    expect(runs).toMatch(/^USER node$[\s\S]*^VOLUME \/data$[\s\S]*^HEALTHCHECK[\s\S]*^ENTRYPOINT \[/m);
  });

  it('copies what is there, all of it let through', () => {
    const ignored = read('.dockerignore');
    for (const line of matches(/^COPY (?!--)(.*) \S+$/gm, 'Dockerfile'))
      for (const name of line.split(' ')) {
        expect(existsSync(join(root, name))).toBe(true);
        expect(ignored).toContain(`!${name}\n`);
      }
  });

  it('adds the clients of the tested versions', () => {
    const added = [...dockerfile.matchAll(/(?<= )(@?[a-z][\w/-]*)@(\d+\.\d+\.\d+)/g)].map(([, name, at]) => [name, at]);
    expect(added.map(([name]) => name)).toEqual(['pg', '@nats-io/transport-node', '@nats-io/jetstream']);
    for (const [name = '', at] of added) expect([name, at]).toEqual([name, devDependencies[name]]);
  });
});

const hasSystemd = existsSync('/usr/bin/systemd-analyze') && existsSync('/usr/bin/node');

it.skipIf(!hasSystemd)('systemd finds nothing wrong with the unit', () => {
  const unit = join(root, 'deploy/telltale.service');
  expect(execFileSync('systemd-analyze', ['verify', unit], { stdio: 'pipe' }).toString()).toBe('');
});
