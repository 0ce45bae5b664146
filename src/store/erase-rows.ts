// Removes what is kept of one recipient, message by message, in short steps; only their events have to be looked for. The
// row that has the id goes last, so that an erasure which was interrupted can be made anew.
import { erasedAtOnce } from '../base/limits.ts';
import type { ErasedTable, ErasePlace, EraseStep, EraseStore } from '../retain/erase.ts';
import { type EraseStatements, prepareErasing } from './erase-statements.ts';
import type { Sql } from './sql.ts';
import type { Writer } from './writer.ts';

export function makeEraseStore(database: Sql, writer: Writer): Pick<EraseStore, 'eraseStep' | 'scrub'> {
  let prepared: EraseStatements | undefined;
  return {
    async eraseStep(recipient, place) {
      prepared ??= prepareErasing(database);
      const statements = prepared;
      return await writer.transaction(() =>
        database.erasing(() => eraseStep(writer, statements, recipient, place ?? START)),
      );
    },
    scrub: () => database.scrub(),
  };
}

const START: ErasePlace = { message: 0, hit: '' };

/** Behind every hit's id. */
const LAST_HIT = Buffer.alloc(17, 0xff);

function eraseStep(writer: Writer, statements: EraseStatements, recipient: string, start: ErasePlace): EraseStep {
  const key = writer.recipientKey(recipient);
  if (key === undefined) return { rows: {}, next: null };
  const rows: Partial<Record<ErasedTable, number>> = {};
  const add = (table: ErasedTable, changes: number) => {
    if (changes > 0) rows[table] = (rows[table] ?? 0) + changes;
  };
  let { message, hit } = start;
  for (let left = erasedAtOnce; left > 0; ) {
    const found = statements.messageFrom.get(message, message);
    if (found === undefined) {
      for (const [table, remove] of statements.last) add(table, remove.run(key).changes);
      return { rows, next: null };
    }
    const from = found === message ? Buffer.from(hit, 'hex') : Buffer.alloc(0);
    if (from.length === 0) for (const [table, remove] of statements.ofMessage) add(table, remove(found, key));
    const last = statements.hitAfter.get(found, from, left);
    const end = last ?? LAST_HIT;
    const looked = last === undefined ? (statements.countHits.get(found, from) ?? 0) : left;
    add('events', statements.removeEvents.run(found, from, end, key).changes);
    // The message itself was looked at, too.
    left -= looked + 1;
    message = last === undefined ? found + 1 : found;
    hit = last === undefined ? '' : last.toString('hex');
  }
  return { rows, next: { message, hit } };
}
