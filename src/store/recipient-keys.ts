// Numbers for recipients: the first 8 bytes of a keyed hash of the id, so that every machine that knows the key gives a
// recipient the same one. Two ids whose hashes meet are told apart: the later takes the hash of its next try.
import { prepareMac } from '../token/mac.ts';
import { Overtaken, type Statement } from './sql.ts';

/** Bytes of a recipient's key. */
const KEY_BYTES = 8;

/** The hash of an id at its first, second, … try. */
export type RecipientHash = (id: string, attempt: number) => Buffer;

/** The order of keys in a table. Their first half nearly always decides, and is read at a tenth of what a comparison costs. */
export function compareKeys(a: Buffer, b: Buffer): number {
  return a.readUInt32BE(0) - b.readUInt32BE(0) || a.compare(b);
}

/** HMAC-SHA-256 under a key of the store, so that nobody can choose ids that meet. */
export function hashUnder(secret: Uint8Array): RecipientHash {
  const mac = prepareMac(secret);
  return (id, attempt) => mac(Buffer.from(`${attempt} ${id}`)).subarray(0, KEY_BYTES);
}

/** What finding keys needs of the table of recipients. */
export interface RecipientRows {
  /** An id as this database stores it. */
  readonly pack: (id: string) => string | Buffer;
  readonly idOf: Statement<[Buffer], string | Buffer>;
  readonly add: Statement<[Buffer, string | Buffer]>;
}

/** Keys by id, in the order of the keys, as the table is; and the rows of those that are not there yet. */
export interface RecipientKeys {
  readonly keys: ReadonlyMap<string, Buffer>;
  readonly missing: readonly [key: Buffer, id: string | Buffer][];
}

/** Within a transaction: the key of each id, made where it has none. In the order of the keys, as the table is. */
export function findRecipientKeys(
  ids: Iterable<string>,
  hash: RecipientHash,
  rows: RecipientRows,
): ReadonlyMap<string, Buffer> {
  const { keys, missing } = chooseRecipientKeys(ids, hash, rows);
  addRecipients(missing, rows);
  return keys;
}

/** The key of each id, chosen where it has none. Writes nothing. */
export function chooseRecipientKeys(
  ids: Iterable<string>,
  hash: RecipientHash,
  rows: Pick<RecipientRows, 'pack' | 'idOf'>,
): RecipientKeys {
  const hashed = [...new Set(ids)].map((id) => ({ id, key: hash(id, 0) }));
  hashed.sort((a, b) => compareKeys(a.key, b.key));
  const holders = rows.idOf.gets(hashed.map(({ key }) => [key]));
  const taken = new Set<string>();
  const missing: [Buffer, string | Buffer][] = [];
  const looked = hashed.map(({ id, key }, at) => ({ id, key, holder: holders[at], taken, missing }));
  return { keys: new Map(looked.map((one) => [one.id, settleOn(one, hash, rows)])), missing };
}

interface Looked {
  readonly id: string;
  /** The first try, and who has it. */
  readonly key: Buffer;
  readonly holder: string | Buffer | undefined;
  /** Keys that were given since that was looked up. */
  readonly taken: Set<string>;
  readonly missing: [Buffer, string | Buffer][];
}

function settleOn(looked: Looked, hash: RecipientHash, rows: Pick<RecipientRows, 'pack' | 'idOf'>): Buffer {
  const { id, taken, missing } = looked;
  let { key, holder } = looked;
  for (let attempt = 1; ; attempt += 1) {
    const name = key.toString('latin1');
    if (holder === undefined && !taken.has(name)) {
      missing.push([key, rows.pack(id)]);
      taken.add(name);
      return key;
    }
    if (holder !== undefined && unpackId(holder) === id) return key;
    key = hash(id, attempt);
    holder = rows.idOf.get(key);
  }
}

/**
 * Within a transaction: adds the rows of keys that were found missing.
 *
 * @throws Overtaken when somebody else has been given one of them since.
 */
export function addRecipients(missing: RecipientKeys['missing'], { add, idOf }: RecipientRows): void {
  const added = add.runs(missing);
  for (const [at, [key, id]] of missing.entries()) {
    const holder = added[at] === 1 ? id : idOf.get(key);
    if (holder === undefined || unpackId(holder) !== unpackId(id)) throw new Overtaken('two recipients met in one key');
  }
}

/** The key of an id; nothing when it has none. */
export function lookUpRecipientKey(
  id: string,
  hash: RecipientHash,
  { idOf }: Pick<RecipientRows, 'idOf'>,
): Buffer | undefined {
  for (let attempt = 0; ; attempt += 1) {
    const key = hash(id, attempt);
    const holder = idOf.get(key);
    if (holder === undefined) return undefined;
    if (unpackId(holder) === id) return key;
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An id as it is stored: a UUID in its usual spelling as 16 bytes instead of 36. */
export function packId(id: string): string | Buffer {
  return UUID.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : id;
}

/** The id of what is stored. */
export function unpackId(stored: string | Buffer): string {
  if (typeof stored === 'string') return stored;
  const hex = stored.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
