// `telltale serve` as processes of their own, and the mail whose readers it answers.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTracker } from '../../src/track/create-tracker.ts';
import { firstLine, start } from './command.ts';
import { childrenOf, commandOf } from './processes.ts';
import { ask, urlIn } from './service.ts';

const API_TOKEN = 'an-extra-token';
export const asAdmin = { headers: { authorization: `Bearer ${API_TOKEN}` } } as const;

export interface Serving {
  readonly child: ChildProcess;
  readonly url: string;
  readonly adminUrl: string;
  /** What it has said on stderr. */
  readonly said: () => string;
  /** Resolves when it has said this. */
  hasSaid(text: string): Promise<void>;
  /** The processes that answer. */
  workers(): readonly number[];
  /** The pixel of a recipient's mail, sealed with the keys that sign now. */
  pixelOf(recipient: string): string;
  /** Resolves with the exit status. */
  ended(): Promise<number | null>;
}

/** Starts it in a directory and waits until it listens. */
export async function startServing(cwd: string, args: readonly string[], fromSource = false): Promise<Serving> {
  const env = { TELLTALE_API_TOKEN: API_TOKEN };
  const child = start(['serve', '--port', '0', '--json', ...args], { cwd, env, fromSource });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const exited = once(child, 'exit');
  const { url, adminUrl = '' } = JSON.parse(await firstLine(child));
  return {
    child,
    url,
    adminUrl,
    said: () => said,
    async hasSaid(text) {
      while (!said.includes(text)) if (child.stderr !== null) await once(child.stderr, 'data');
    },
    workers: () => childrenOf(child.pid ?? 0).filter((pid) => commandOf(pid).includes('worker-process')),
    pixelOf(recipient) {
      const tracker = createTracker({ baseUrl: url, keys: readFileSync(join(cwd, 'telltale-data/keys.json'), 'utf8') });
      return urlIn(tracker.compile('<body><p>x', { message: 'm' }).render(recipient).html, 'o');
    },
    ended: async () => (await exited)[0],
  };
}

/** Fetches a pixel over a connection of its own; whether the answer said that the hit is on disk. */
export async function open(pixel: string): Promise<boolean> {
  const answer = await ask(pixel).catch(() => undefined);
  return answer?.headers['telltale-durable'] === 'yes';
}
