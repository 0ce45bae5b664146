// The manifest of a folder of mails while it is made: manifest.ndjson.partial, whose first line says what run it is of.
// It lists a mail only when that is on disk under its name. A torn end is no harm: those mails are written again.
// The whole manifest is made of it last, so a folder with manifest.ndjson is a whole one.
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { type FileHandle, open, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TelltaleError } from '../base/errors.ts';
import { manifestSyncLines } from '../base/limits.ts';
import { fileExists, putInPlace, syncDirectory, temporaryName, writeFileWhole } from './write-file.ts';

export const MANIFEST = 'manifest.ndjson';
export const PARTIAL_MANIFEST = 'manifest.ndjson.partial';

/** What a run is of; two runs with the same write the same mails. */
export interface RunHeader {
  readonly message: string;
  readonly key: string;
  readonly baseUrl: string;
  readonly pixel: string;
  readonly links: string;
  readonly mails: readonly { readonly file: string; readonly sha256: string }[];
}

export interface ManifestEntry {
  readonly file: string;
  readonly recipient: string;
  /** Below the folder. */
  readonly path: string;
  readonly bytes: number;
}

export interface PartialManifest {
  /** What an earlier run listed, in order. */
  entries(): AsyncGenerator<ManifestEntry>;
  /** Lists one more mail. */
  add(entry: ManifestEntry): Promise<void>;
  /** Puts all lines on disk and keeps the manifest partial. */
  close(): Promise<void>;
  /** Makes the whole manifest of it. */
  finish(): Promise<void>;
}

/** Refuses a folder in which a run was interrupted, unless this one continues it or starts over. */
export function checkNoPartial(directory: string, name: string): void {
  if (!existsSync(join(directory, PARTIAL_MANIFEST)) || existsSync(join(directory, MANIFEST))) return;
  throw new TelltaleError(
    'FILE_EXISTS',
    `${join(name, PARTIAL_MANIFEST)} is there: an earlier run was interrupted, or is still at work. Continue it with --resume, or start over with --force.`,
  );
}

/** Begins a manifest; with `force` an old one is taken away first, for its folder is no longer whole. */
export async function beginManifest(
  directory: string,
  header: RunHeader,
  options: { readonly force: boolean },
): Promise<PartialManifest> {
  if (options.force) await rm(join(directory, MANIFEST), { force: true });
  else if (existsSync(join(directory, MANIFEST))) throw fileExists(join(directory, MANIFEST));
  const path = join(directory, PARTIAL_MANIFEST);
  await writeFileWhole(path, `${JSON.stringify({ telltale: 'rewrite', ...header })}\n`, options);
  return openPartial(directory, options);
}

/**
 * Continues the manifest of an interrupted run.
 *
 * @throws TelltaleError `NOT_RESUMABLE` when that run was of something else.
 */
export async function continueManifest(directory: string, header: RunHeader): Promise<PartialManifest> {
  const path = join(directory, PARTIAL_MANIFEST);
  if (existsSync(join(directory, MANIFEST))) {
    throw new TelltaleError(
      'FILE_EXISTS',
      `${join(directory, MANIFEST)} is there: all mails of that run are written. Name another place, or overwrite it with --force.`,
    );
  }
  let bytes = 0;
  let isFirst = true;
  for await (const line of wholeLines(path)) {
    if (isFirst) checkHeader(path, line, header);
    else if (readEntry(line) === undefined) break;
    isFirst = false;
    bytes += Buffer.byteLength(line) + 1;
  }
  if (isFirst) checkHeader(path, '', header);
  await truncate(path, bytes);
  return openPartial(directory, { force: false });
}

async function openPartial(directory: string, options: { readonly force: boolean }): Promise<PartialManifest> {
  const path = join(directory, PARTIAL_MANIFEST);
  const file = await open(path, 'a');
  let waiting: string[] = [];

  async function flush(): Promise<void> {
    const lines = waiting;
    waiting = [];
    if (lines.length > 0) await file.appendFile(lines.join(''));
    await file.sync();
  }

  return {
    entries: () => entriesOf(path),
    async add(entry) {
      waiting.push(`${JSON.stringify(entry)}\n`);
      if (waiting.length >= manifestSyncLines) await flush();
    },
    async close() {
      await flush().finally(() => file.close());
    },
    async finish() {
      await flush().finally(() => file.close());
      await writeManifest(directory, options);
      await rm(path, { force: true });
    },
  };
}

async function writeManifest(directory: string, options: { readonly force: boolean }): Promise<void> {
  const [from, to] = [join(directory, PARTIAL_MANIFEST), join(directory, MANIFEST)];
  const temporary = temporaryName(to);
  try {
    await pipeline(
      createReadStream(from, { start: await headerBytes(from) }),
      createWriteStream(temporary, { flags: 'wx' }),
    );
    await sync(temporary);
    await putInPlace(temporary, to, options);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(directory);
}

async function headerBytes(path: string): Promise<number> {
  for await (const line of wholeLines(path)) return Buffer.byteLength(line) + 1;
  return 0;
}

async function sync(path: string): Promise<void> {
  const file: FileHandle = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}

async function* entriesOf(path: string): AsyncGenerator<ManifestEntry> {
  let isFirst = true;
  for await (const line of wholeLines(path)) {
    const entry = isFirst ? undefined : readEntry(line);
    if (entry !== undefined) yield entry;
    isFirst = false;
  }
}

/** Lines that end: what stands behind the last line break is torn. */
async function* wholeLines(path: string): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    const bytes = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n', from)) {
      yield bytes.toString('utf8', from, end);
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
}

function readEntry(line: string): ManifestEntry | undefined {
  const value = parse(line);
  const isEntry =
    ['file', 'recipient', 'path'].every((name) => typeof value[name] === 'string') &&
    typeof value['bytes'] === 'number';
  return isEntry ? (value as unknown as ManifestEntry) : undefined;
}

function checkHeader(path: string, line: string, header: RunHeader): void {
  const was = parse(line);
  if (was['telltale'] !== 'rewrite') throw notResumable(path, 'its first line does not say of what run it is');
  for (const { name, words } of COMPARED) {
    const [before, now] = [JSON.stringify(was[name]), JSON.stringify(header[name])];
    if (before === now) continue;
    throw notResumable(
      path,
      name === 'mails' ? `${words} differ from what is given now` : `${words} was ${before}, and is ${now} now`,
    );
  }
}

const COMPARED: readonly { readonly name: keyof RunHeader; readonly words: string }[] = [
  { name: 'message', words: 'the message' },
  { name: 'key', words: 'the signing key' },
  { name: 'baseUrl', words: 'the base URL' },
  { name: 'pixel', words: 'the place of the pixel' },
  { name: 'links', words: 'the form of the links' },
  { name: 'mails', words: 'the bytes of its mails' },
];

/** Refuses to mix two runs in one folder. */
export function notResumable(path: string, why: string): TelltaleError {
  return new TelltaleError(
    'NOT_RESUMABLE',
    `${path} is of another run: ${why}. Give what was given then, or start over with --force.`,
  );
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
