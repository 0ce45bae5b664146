// A journal full of hits that wait to be settled: opens, and clicks if asked for, of one message in the order of time, by 300 user agents.
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { writeBody } from '../src/base/hit-body.ts';
import type { Hit } from '../src/base/nouns.ts';
import { JournalFile } from '../src/journal/journal-file.ts';

export const BACKLOG_MESSAGE = 'spring-sale';
export const BACKLOG_START_MS: number = Date.UTC(2026, 0, 1);
const SPREAD_MS = 3 * 86_400_000;
const AGENTS = 300;

export interface Backlog {
  readonly hits: number;
  readonly recipients: number;
  readonly idOf: (recipient: number) => string;
  /** Of each ten hits so many are clicks; hits then come from the addresses of their recipients. */
  readonly clicksInTen: number;
  /** @default one, the backlog’s own */
  readonly messages?: number;
  /** Another for each of several journals: which of the recipients it has hits of, and when. @default 0 */
  readonly collector?: number;
}

/** An id of 12 bytes. */
export function shortId(recipient: number): string {
  return `r${String(recipient).padStart(11, '0')}`;
}

/** Makes a journal with opens of one message, in the order of time; returns how large its file became. */
export function fillJournal(path: string, of: Backlog): number {
  const { hits, recipients, idOf, clicksInTen, messages = 1, collector = 0 } = of;
  const chance = seeded(7 + collector);
  const file = new JournalFile(path, Number.MAX_SAFE_INTEGER);
  for (let from = 0; from < hits; from += 5_000) {
    const count = Math.min(5_000, hits - from);
    const bodies = Array.from({ length: count }, (_, at) => {
      const atMs = BACKLOG_START_MS + Math.floor(((from + at) / hits) * SPREAD_MS);
      const recipient = Math.floor(chance() * recipients);
      const ofOne = openOf(idOf(recipient), atMs, Math.floor(chance() * AGENTS));
      const open = messages === 1 ? ofOne : { ...ofOne, message: `${BACKLOG_MESSAGE}-${recipient % messages}` };
      return writeBody(clicksInTen === 0 ? open : fromItsAddress(open, recipient, at % 10 < clicksInTen));
    });
    file.append(bodies, { overflow: 0, failed: 0 });
  }
  file.close();
  return statSync(path).size;
}

function openOf(recipient: string, atMs: number, agent: number): Hit {
  const browser = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${agent}.0.0.0 Safari/537.36`;
  return {
    id: atMs.toString(16).padStart(12, '0') + randomBytes(10).toString('hex'),
    kind: 'open',
    message: BACKLOG_MESSAGE,
    recipient,
    level: 'individual',
    test: false,
    link: null,
    repeat: false,
    peer: null,
    network: 'unknown',
    networkLists: '2026-01-01-000000',
    atMs,
    method: 'GET',
    headers: { 'user-agent': browser, 'accept-language': 'en' },
  };
}

function fromItsAddress(open: Hit, recipient: number, isClick: boolean): Hit {
  const hit: Hit = { ...open, peer: recipient.toString(16).padStart(16, '5') };
  if (!isClick) return hit;
  const index = recipient % 8;
  return {
    ...hit,
    kind: 'click',
    link: { index, count: 8, destination: `https://shop.example/${index}`, honeypot: false },
  };
}

/** A chain of numbers from 0 to 1, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
