// Numbers for texts, recipients and messages: a text that repeats stands once, rows hold its number.
import type { Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/** Values in one statement: far under SQLite's 32,766 parameters. */
const CHUNK = 1_000;

/** The number of each text, made where it has none. */
export async function textKeys(tx: Transaction<Tables>, texts: Iterable<string>): Promise<ReadonlyMap<string, number>> {
  return keysOf(texts, async (chunk) => {
    await tx
      .insertInto('texts')
      .values(chunk.map((text) => ({ text })))
      .onConflict((c) => c.column('text').doNothing())
      .execute();
    const rows = await tx.selectFrom('texts').select(['key', 'text']).where('text', 'in', chunk).execute();
    return rows.map((row) => [row.text, row.key]);
  });
}

/** The number of each recipient. */
export async function recipientKeys(
  tx: Transaction<Tables>,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  return keysOf(ids, async (chunk) => {
    await tx
      .insertInto('recipients')
      .values(chunk.map((id) => ({ id })))
      .onConflict((c) => c.column('id').doNothing())
      .execute();
    const rows = await tx.selectFrom('recipients').select(['key', 'id']).where('id', 'in', chunk).execute();
    return rows.map((row) => [row.id, row.key]);
  });
}

/** The number of each message; one not seen before is made. */
export async function messageKeys(
  tx: Transaction<Tables>,
  ids: Iterable<string>,
  atMs: number,
): Promise<ReadonlyMap<string, number>> {
  return keysOf(ids, async (chunk) => {
    const rows = chunk.map((id) => ({ id, name: null, created_at_ms: atMs }));
    await tx
      .insertInto('messages')
      .values(rows)
      .onConflict((c) => c.column('id').doNothing())
      .execute();
    const found = await tx.selectFrom('messages').select(['key', 'id']).where('id', 'in', chunk).execute();
    return found.map((row) => [row.id, row.key]);
  });
}

/** The number of a text that must be there. */
export function keyIn(keys: ReadonlyMap<string, number>, text: string): number {
  const key = keys.get(text);
  if (key === undefined) throw new Error('a text has no number in the store');
  return key;
}

async function keysOf(
  texts: Iterable<string>,
  find: (chunk: readonly string[]) => Promise<readonly (readonly [string, number])[]>,
): Promise<ReadonlyMap<string, number>> {
  const distinct = [...new Set(texts)].sort();
  const keys = new Map<string, number>();
  for (let at = 0; at < distinct.length; at += CHUNK) {
    for (const [text, key] of await find(distinct.slice(at, at + CHUNK))) keys.set(text, key);
  }
  return keys;
}
