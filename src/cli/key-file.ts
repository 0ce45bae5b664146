// The key ring on disk: keys.json in the data directory, for its owner only. Losing it kills every link in every mail.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TelltaleError } from '../base/errors.ts';
import { addKey, type KeyRingJson, readRing } from '../token/key-ring.ts';
import { type Io, say } from './io.ts';
import type { Log } from './log.ts';
import type { Settings } from './settings.ts';
import { makeDirectory, writeFileWhole } from './write-file.ts';

/** Milliseconds between looks at the file while a server runs. */
const WATCH_MS = 2_000;

/** Where the ring comes from: a file, or the environment itself. */
type Source =
  | { readonly kind: 'file'; readonly path: string; readonly isNamed: boolean }
  | { readonly kind: 'json'; readonly text: string };

/**
 * The ring, made when there is none yet.
 *
 * @throws TelltaleError `INVALID_KEYS`, `UNSAFE_KEY_FILE`, `FILE_NOT_FOUND`.
 */
export async function loadOrMakeKeys(settings: Settings, io: Io): Promise<KeyRingJson> {
  const source = sourceOf(settings, io);
  if (source.kind === 'json') return readRing(source.text);
  if (!existsSync(source.path) && !source.isNamed) {
    await makeRing(source.path, addKey(undefined, newKey(true)), settings, io);
  }
  return readFile(source.path);
}

/** The ring that must be there. */
export function loadKeys(settings: Settings, io: Io): KeyRingJson {
  const source = sourceOf(settings, io);
  return source.kind === 'json' ? readRing(source.text) : readFile(source.path);
}

/** The ring in another file, named as from the working directory. */
export function readKeyFile(path: string, io: Io): KeyRingJson {
  return readFile(resolve(io.cwd, path));
}

/** Changes the ring in its file; `change` gets nothing when there is none yet. */
export async function changeKeys(
  settings: Settings,
  io: Io,
  change: (ring: KeyRingJson | undefined) => KeyRingJson,
): Promise<KeyRingJson> {
  const source = sourceOf(settings, io);
  if (source.kind === 'json') {
    throw new TelltaleError(
      'INVALID_KEYS',
      'TELLTALE_KEYS holds the ring itself, which this command cannot change. Name a file in it, or unset it.',
    );
  }
  if (!existsSync(source.path)) {
    const ring = change(undefined);
    await makeRing(source.path, ring, settings, io);
    return ring;
  }
  const ring = change(readFile(source.path));
  await writeFileWhole(source.path, toText(ring), { mode: 0o600, force: true });
  return ring;
}

/** Whoever takes changed keys. */
export interface KeyTaker {
  replaceKeys(ring: KeyRingJson): Promise<void>;
}

/** Hands changes of the file to a running server; returns what stops it. */
export function watchKeys(settings: Settings, io: Io, server: KeyTaker, log: Log): () => void {
  const source = sourceOf(settings, io);
  if (source.kind === 'json') return () => {};
  let seen = stampOf(source.path);
  const take = async () => {
    const stamp = stampOf(source.path);
    if (stamp === seen) return;
    seen = stamp;
    try {
      await server.replaceKeys(readFile(source.path));
      log.info(`Keys read again from ${source.path}.`);
    } catch (error) {
      log.problem(error, 'The changed keys were not taken');
    }
  };
  const timer = setInterval(() => void take(), WATCH_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** What `addKey` needs: 32 random bytes and the time. */
export function newKey(sign: boolean): Parameters<typeof addKey>[1] {
  return { secret: randomBytes(32), atMs: Date.now(), sign };
}

function sourceOf(settings: Settings, io: Io): Source {
  const { keys } = settings;
  if (keys === undefined) return { kind: 'file', path: join(settings.data, 'keys.json'), isNamed: false };
  const isPath = keys.trim() !== '' && !keys.trimStart().startsWith('{');
  return isPath ? { kind: 'file', path: resolve(io.cwd, keys), isNamed: true } : { kind: 'json', text: keys };
}

async function makeRing(path: string, ring: KeyRingJson, settings: Settings, io: Io): Promise<void> {
  await makeDirectory(settings.data, 0o700);
  try {
    await writeFileWhole(path, toText(ring), { mode: 0o600 });
    say(io, `Made the key ring ${path}. Back it up: without it, no link in your mail works.`);
  } catch (error) {
    // Another process made it first; its keys are as good.
    if (!(error instanceof TelltaleError) || error.code !== 'FILE_EXISTS') throw error;
  }
}

function readFile(path: string): KeyRingJson {
  if (!existsSync(path)) {
    throw new TelltaleError(
      'FILE_NOT_FOUND',
      `There is no key file ${path}. Restore your backup, or make new keys: telltale keys new.`,
    );
  }
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new TelltaleError(
      'UNSAFE_KEY_FILE',
      `Others on this machine can read ${path}, so its keys are no secret. Run: chmod 600 ${path}`,
    );
  }
  return readRing(readFileSync(path, 'utf8'));
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'missing' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}

function toText(ring: KeyRingJson): string {
  return `${JSON.stringify(ring, null, 2)}\n`;
}
