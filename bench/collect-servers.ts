// The processes of the collect bench: its servers, each on the first core, and its client on the second. nginx, where it is
// installed, shows how fast a pixel can be answered at all.
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const API_TOKEN = 'bench';

export interface Started {
  readonly kind: string;
  readonly port: number;
  readonly child: ChildProcess;
  usedCpu(): Promise<UsedCpu>;
  /** Resolves when nothing is left to do. */
  finish(): Promise<void>;
}

/** Microseconds of processor time. */
export interface UsedCpu {
  readonly answering: number;
  /** Of work that is done beside answering, whenever there is time. */
  readonly settling: number;
}

/** Starts one of the servers in collect-server.ts. */
export async function startServer(kind: string, directory: string, ring: string, pinned: boolean): Promise<Started> {
  const child = fork(programOf('collect-server'), [kind, directory, ring, API_TOKEN]);
  const ask = async <T>(what: string): Promise<T> => {
    child.send(what);
    const [answer] = (await once(child, 'message')) as [T];
    return answer;
  };
  const [{ url }] = (await once(child, 'message')) as [{ readonly url: string }];
  if (pinned) pin(child, 0);
  const finish = async () => void (await ask('finish'));
  return { kind, child, port: Number(new URL(url).port), usedCpu: () => ask<UsedCpu>('cpu'), finish };
}

/** Starts nginx with one process; nothing where it is not installed. */
export async function startNginx(directory: string, pinned: boolean): Promise<Started | undefined> {
  if (!runs('nginx', ['-v'])) return undefined;
  const port = await freePort();
  const file = join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${directory}/nginx.pid; error_log stderr crit;
     events { worker_connections 2048; }
     http { access_log off; keepalive_requests 100000000;
       ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${directory}/${of};`).join(' ')}
       server { listen 127.0.0.1:${port}; location / { empty_gif; } } }`,
  );
  const child = spawn('nginx', ['-p', directory, '-c', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  while (!(await answers(port))) await setTimeout(20);
  if (pinned) pin(child, 0);
  const usedCpu = async () => ({ answering: cpuOf(child), settling: 0 });
  return { kind: 'nginx, empty_gif', port, child, usedCpu, finish: async () => {} };
}

export function startClient(pinned: boolean): ChildProcess {
  const client = fork(programOf('collect-client'));
  if (pinned) pin(client, 1);
  return client;
}

export function canPin(): boolean {
  return runs('taskset', ['-c', '0,1', 'true']);
}

function runs(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A program beside this one. */
function programOf(name: string): string {
  return fileURLToPath(new URL(name + extname(import.meta.url), import.meta.url));
}

/** All threads of a process on one core. */
function pin(child: ChildProcess, core: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', String(core), String(child.pid)], { stdio: 'ignore' });
}

/** From proc(5): fields 14 and 15 of stat, in ticks of 10 ms. */
function cpuOf({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function freePort(): Promise<number> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function answers(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/`).then(
    (response) => response.ok,
    () => false,
  );
}
