// `telltale networks`: what is known of networks, and getting it anew from where it is published.
import { join } from 'node:path';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { fetchList, prepareFetchText } from '../network-files/fetch-list.ts';
import { loadLists, networksDirectory } from '../network-files/load-lists.ts';
import type { NetworkList } from '../networks/network-list.ts';
import { prepareNetworks } from '../networks/prepare-networks.ts';
import type { ShippedList } from '../networks/shipped-list.ts';
import { SHIPPED_LISTS } from '../networks/shipped-lists.ts';
import { type Io, say, writeOut } from './io.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { printTable } from './table.ts';
import { makeDirectory, writeFileWhole } from './write-file.ts';

/** `networks list`. */
export async function listNetworksCommand(flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const loaded = await loadLists(networksDirectory(settings.data), (error) => say(io, messageOf(error)));
  const rows = loaded.map(({ list, path, isSeed }) => ({
    ...{ id: list.id, kind: list.kind, date: list.date, ranges: list.ranges.length },
    ...{ seed: isSeed, from: path ?? 'package', source: list.source },
  }));
  if (settings.json) return writeOut(io, `${JSON.stringify(rows)}\n`);
  if (!settings.quiet) say(io, `Verdicts name these lists ${prepareNetworks(loaded.map(({ list }) => list)).version}.`);
  await printTable(
    io,
    ['list', 'kind', 'date', 'ranges', 'whole', 'from', 'source'],
    rows.map((row) => [
      row.id,
      row.kind,
      row.date,
      String(row.ranges),
      row.seed ? 'seed' : 'whole',
      row.from,
      row.source,
    ]),
    ['ranges'],
  );
}

export interface UpdateFlags extends CommonFlags {
  readonly mirror?: string;
}

/** A list that has an address. */
type Published = ShippedList & Required<Pick<ShippedList, 'update'>>;

interface Updated {
  readonly id: string;
  readonly date: string | null;
  readonly ranges: number | null;
  /** Why the list in force stays, if it does. */
  readonly problem: string | null;
}

/** `networks update`; 3 when some lists could not be had, 1 when none could. */
export async function updateNetworksCommand(ids: readonly string[], flags: UpdateFlags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  const wanted = chooseLists(ids);
  const directory = networksDirectory(settings.data);
  await makeDirectory(directory, 0o700);
  const today = new Date((io.now ?? Date.now)()).toISOString().slice(0, 10);
  const fetchText = prepareFetchText(readMirror(flags.mirror));
  const updated: Updated[] = [];
  for (const shipped of wanted) {
    const result = await updateOne(shipped, (list) => keep(directory, list), { fetchText, today });
    updated.push(result);
    if (!settings.quiet && !settings.json) say(io, sentence(result));
  }
  if (settings.json) await writeOut(io, `${JSON.stringify(updated)}\n`);
  const failed = updated.filter(({ problem }) => problem !== null).length;
  return failed === 0 ? 0 : failed < updated.length ? 3 : 1;
}

async function updateOne(
  shipped: Published,
  keepList: (list: NetworkList) => Promise<void>,
  options: Parameters<typeof fetchList>[1],
): Promise<Updated> {
  const { id } = shipped;
  try {
    const list = await fetchList(shipped, options);
    await keepList(list);
    return { id, date: list.date, ranges: list.ranges.length, problem: null };
  } catch (error) {
    return { id, date: null, ranges: null, problem: messageOf(error) };
  }
}

async function keep(directory: string, list: NetworkList): Promise<void> {
  await writeFileWhole(join(directory, `${list.id}.json`), `${JSON.stringify(list)}\n`, { force: true });
}

function sentence({ id, date, ranges, problem }: Updated): string {
  return problem === null ? `${id}: ${ranges} ranges of ${date}.` : `${id}: kept as it was. ${problem}`;
}

/** The lists named, or all that have an address. */
function chooseLists(ids: readonly string[]): readonly Published[] {
  const published = SHIPPED_LISTS.filter((list): list is Published => list.update !== undefined);
  for (const id of ids) {
    if (published.some((list) => list.id === id)) continue;
    const names = published.map((list) => list.id).join(', ');
    throw new TelltaleError('USAGE', `Lists that can be updated are ${names}, but ${quote(id)} came.`);
  }
  return ids.length === 0 ? published : published.filter(({ id }) => ids.includes(id));
}

function readMirror(mirror: string | undefined): string | undefined {
  if (mirror === undefined || URL.canParse(mirror)) return mirror;
  throw new TelltaleError(
    'INVALID_OPTION',
    `--mirror takes the https address of a copy, with each document under its host and path, but ${quote(mirror)} came.`,
  );
}
