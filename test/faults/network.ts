// Where the processes of a trial are to each other: all on the loopback, or each at a place of its own in a private network
// whose lines can be cut, like a cable that is pulled. Its namespaces live as long as a process in them.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Where readers and the database are, and where the stream's servers are. */
export type Line = 'front' | 'back';

export interface Network {
  /** Where the database listens. */
  readonly databaseHosts: readonly string[];
  /** The database as it is seen from a place. */
  readonly databaseHost: string;
  /** Where the readers' proxy is, as collectors see it. */
  readonly proxies: string;
  /** What others call a place on a line. */
  hostOf(place: string, line: Line): string;
  /** What goes before a command that is to run at a place. */
  at(place: string): readonly string[];
  /** Takes a place off a line, and puts it back; nothing where it cannot be cut. */
  readonly lines: { cut(place: string, line: Line): void; mend(place: string, line: Line): void } | undefined;
}

/** What a command runs under that has the machine's processes and networks out of its sight, and whose end ends all in it. */
export const ALONE: readonly string[] = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Whether private networks can be made here: it takes root's rights. */
export function canCutLines(): boolean {
  const [command = '', ...rest] = ALONE;
  const tried = 'ip link add tried type bridge && ip link add one type veth peer name other && unshare --net true';
  return process.getuid?.() === 0 && spawnSync(command, [...rest, 'sh', '-c', tried]).status === 0;
}

export const LOOPBACK: Network = {
  databaseHosts: ['127.0.0.1'],
  databaseHost: '127.0.0.1',
  proxies: '127.0.0.1',
  hostOf: () => '127.0.0.1',
  at: () => [],
  lines: undefined,
};

const NETS: Readonly<Record<Line, string>> = { front: '10.98.0', back: '10.99.0' };
/** This process itself, on both lines. */
const HERE = 254;

/** Makes a private network of these places around this process, which {@link ALONE} has in a namespace of its own. */
export async function makeNetwork(places: Readonly<Record<string, readonly Line[]>>): Promise<Network> {
  ip('link set lo up');
  for (const [line, net] of Object.entries(NETS)) {
    ip(`link add ${line} type bridge`, `addr add ${net}.${HERE}/24 dev ${line}`, `link set ${line} up`);
  }
  const names = Object.keys(places);
  const holders = new Map<string, number>();
  const numberOf = (place: string) => names.indexOf(place) + 1;
  const plugOf = (place: string, line: Line) => `${line}${numberOf(place)}`;
  for (const [place, lines] of Object.entries(places)) {
    const pid = await makeNamespace();
    holders.set(place, pid);
    within(pid, 'ip', 'link', 'set', 'lo', 'up');
    for (const line of lines) {
      const plug = plugOf(place, line);
      ip(`link add ${plug} type veth peer name ${line} netns ${pid}`, `link set ${plug} master ${line} up`);
      within(pid, 'ip', 'addr', 'add', `${NETS[line]}.${numberOf(place)}/24`, 'dev', line);
      within(pid, 'ip', 'link', 'set', line, 'up');
    }
  }
  return {
    databaseHosts: ['127.0.0.1', `${NETS.front}.${HERE}`],
    databaseHost: `${NETS.front}.${HERE}`,
    proxies: `${NETS.front}.${HERE}`,
    hostOf: (place, line) => `${NETS[line]}.${numberOf(place)}`,
    at: (place) => (holders.has(place) ? entering(holders.get(place) ?? 0) : []),
    lines: {
      cut: (place, line) => ip(`link set ${plugOf(place, line)} down`),
      mend: (place, line) => ip(`link set ${plugOf(place, line)} up`),
    },
  };
}

function ip(...commands: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n`, stdio: 'pipe' });
}

function entering(pid: number): readonly string[] {
  return ['nsenter', '--net', '--target', String(pid)];
}

function within(pid: number, ...command: readonly string[]): void {
  const [first = '', ...rest] = [...entering(pid), ...command];
  execFileSync(first, rest, { stdio: 'pipe' });
}

/** Returns the process that holds it. */
async function makeNamespace(): Promise<number> {
  const holder: ChildProcess = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  const pid = holder.pid ?? 0;
  while (holder.exitCode === null && netOf(pid) === netOf(process.pid)) await pause(5);
  if (holder.exitCode !== null) throw new Error('no network namespace could be made');
  return pid;
}

function netOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}
