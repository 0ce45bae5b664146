// One life of a service with all that its promises speak of: hits that are answered and not on disk yet when it is
// killed, a bit that flips in its journal, batches that are settled. Deliberate defects must show, each in its figure.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Alteration, alter } from './altered.ts';
import { lockStore } from './away-store.ts';
import { type Asked, askMany, type Judgement, judge } from './oracle.ts';
import { inTrial } from './trial.ts';

const PLACE_IS_LOOKED_AT: readonly Alteration[] = [
  { file: 'store/settle-rows.ts', from: 'place >= through', to: 'false' },
  { file: 'store/settle-rows.ts', from: 'place !== after', to: 'false' },
];
const BATCH = 'await store.settle({ journal, after, through, hits, conversions, rules });';
const REPEATS: Alteration = { file: 'settle/settle-entries.ts', from: BATCH, to: `${BATCH} ${BATCH}` };

/** What each defect changes; those that end with `alone` do no harm without another. */
export const DEFECTS = {
  none: [],
  'answers before the commit': [
    { file: 'journal/open-journal.ts', from: 'waiting.push({', to: 'answer(true); waiting.push({' },
  ],
  'no checksum': [{ file: 'journal/read-entries.ts', from: 'checksumOf(seq, body) !== crc', to: 'false' }],
  'repeats batches, alone': [REPEATS],
  'repeats batches, places unseen, alone': [REPEATS, ...PLACE_IS_LOOKED_AT],
  'repeats batches, no idempotency': [
    REPEATS,
    ...PLACE_IS_LOOKED_AT,
    { file: 'store/settle-rows.ts', from: 'changes[at] === 1', to: 'true' },
  ],
} as const satisfies Readonly<Record<string, readonly Alteration[]>>;

export type Defect = keyof typeof DEFECTS;

export interface LifeResult extends Judgement {
  /** Hits that were dropped because their bytes did not survive. */
  readonly damaged: number;
}

/** Lives that life; the hit whose bit flips is not looked for. */
export async function liveThrough(defect: Defect): Promise<LifeResult> {
  const fileOf = alter(DEFECTS[defect]);
  return await inTrial(async ({ directory, storePath, start }) => {
    const journalPath = join(directory, 'journal.db');
    const service = await start({ fileOf });
    const asked: Asked[] = [...(await askMany(service.url, 20))];
    await service.ask('settle');
    const unlockStore = lockStore(storePath);
    const journalled = await askMany(service.url, 20);
    const journal = new Database(journalPath);
    journal.exec('BEGIN IMMEDIATE');
    asked.push(...journalled, ...(await askMany(service.url, 8)));
    await service.end('SIGKILL');
    journal.exec('ROLLBACK');
    // Its log has checksums of SQLite's own, and none once it is folded into the file.
    journal.pragma('wal_checkpoint(TRUNCATE)');
    journal.close();
    unlockStore();
    const victim = journalled.find(({ durable }) => durable)?.recipient ?? '';
    flipBit(journalPath, victim);
    const next = await start({ fileOf });
    const counts = await next.ask('settle');
    await next.end('SIGTERM');
    const looked = asked.filter(({ recipient }) => recipient !== victim);
    return { ...judge(directory, looked, { counts: [counts] }), damaged: counts.dropped.damaged };
  });
}

/** Wherever the text stands: pages that were split have old copies too. */
function flipBit(path: string, text: string): void {
  const bytes = readFileSync(path);
  const found = bytes.indexOf(`"${text}"`);
  if (text === '' || found < 0) throw new Error('the hit is not in the journal');
  for (let at = found; at >= 0; at = bytes.indexOf(`"${text}"`)) bytes.writeUInt8(bytes.readUInt8(at + 1) ^ 2, at + 1);
  writeFileSync(path, bytes);
}
