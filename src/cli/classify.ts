// `telltale classify`: says of hits what each was, from NDJSON or from an access log. A line that cannot be read is
// told and stops no other.
import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { messageOf, TelltaleError } from '../base/errors.ts';
import type { HitVerdict } from '../classify/classify.ts';
import type { ClassifyHit } from '../classify/read-signals.ts';
import { loadLists, networksDirectory } from '../network-files/load-lists.ts';
import { prepareNetworks } from '../networks/prepare-networks.ts';
import { classify } from '../settle/classify-hits.ts';
import { hideReaders } from './hide-readers.ts';
import { type Io, say, writeOut } from './io.ts';
import { makeLogReader } from './read-access-log.ts';
import { type ReadLine, readHitLine } from './read-hit-line.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { printTable } from './table.ts';

export interface ClassifyFlags extends CommonFlags {
  /** @default by the first line: NDJSON begins with a brace */
  readonly format?: 'ndjson' | 'access-log';
}

/** Runs the command; false when some lines could not be read. */
export async function classifyHits(file: string | undefined, flags: ClassifyFlags, io: Io): Promise<boolean> {
  const settings = readSettings(flags, io);
  const name = file ?? '-';
  const shown = name === '-' ? 'stdin' : name;
  const hits: ClassifyHit[] = [];
  let bad = 0;
  for await (const [line, read] of readLines(openInput(name, io), flags.format)) {
    if ('hit' in read) hits.push(read.hit);
    else {
      bad += 1;
      say(io, `${shown}:${line}: ${read.problem}`);
    }
  }
  const lists = await loadLists(networksDirectory(settings.data), (problem) => say(io, messageOf(problem)));
  const networks = prepareNetworks(lists.map(({ list }) => list));
  const shownHits = hideReaders(hits, networks, (sentence) => say(io, sentence));
  const verdicts = classify(shownHits, { rules: settings.rules, networks });
  if (settings.json || io.stdout.isTTY !== true) await printJson(verdicts, io);
  else await printVerdicts(verdicts, io);
  if (bad > 0 && !settings.quiet)
    say(io, `${bad} ${bad === 1 ? 'line was' : 'lines were'} left out; ${hits.length} judged.`);
  return bad === 0;
}

function openInput(name: string, io: Io): NodeJS.ReadableStream {
  if (name === '-') {
    if (io.stdin.isTTY !== true) return io.stdin;
    throw new TelltaleError('USAGE', 'Name a file of hits (NDJSON) or an access log, or pipe one in.');
  }
  const path = resolve(io.cwd, name);
  if (!existsSync(path)) throw new TelltaleError('FILE_NOT_FOUND', `There is no file ${name}.`);
  return createReadStream(path);
}

/** Every line that is not blank, with its number from 1. */
async function* readLines(
  input: NodeJS.ReadableStream,
  format: ClassifyFlags['format'],
): AsyncGenerator<readonly [number, ReadLine]> {
  const readLogLine = makeLogReader();
  let read: ((text: string, line: number) => ReadLine) | undefined;
  let line = 0;
  for await (const raw of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    const text = raw.replace(/^\ufeff/, '').trim();
    if (text === '') continue;
    read ??= (format ?? (text.startsWith('{') ? 'ndjson' : 'access-log')) === 'ndjson' ? readHitLine : readLogLine;
    yield [line, read(text, line)];
  }
}

async function printJson(verdicts: readonly HitVerdict[], io: Io): Promise<void> {
  for (let from = 0; from < verdicts.length; from += LINES_AT_ONCE) {
    const lines = verdicts.slice(from, from + LINES_AT_ONCE).map((verdict) => `${JSON.stringify(verdict)}\n`);
    await writeOut(io, lines.join(''));
  }
}

const LINES_AT_ONCE = 1_000;

async function printVerdicts(verdicts: readonly HitVerdict[], io: Io): Promise<void> {
  const rows = verdicts.map(({ id, label, confidence, reasons }) => [
    id,
    label,
    confidence.toFixed(2),
    reasons.join(', '),
  ]);
  await printTable(io, ['id', 'label', 'sure', 'because of'], rows, ['sure']);
}
