// Writes small databases in MaxMind's format (https://maxmind.github.io/MaxMind-DB/): a tree of 24-bit records over 128
// bits, data, and metadata.

type Value = string | number | bigint | readonly string[] | { readonly [name: string]: Value };

const NODE_BYTES = 6;
const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

export interface MmdbEntry {
  /** IPv4 in CIDR notation. */
  readonly range: string;
  readonly number: number;
  readonly organisation: string;
}

/** The bytes of a database with these entries. */
export function makeMmdb(entries: readonly MmdbEntry[], databaseType = 'GeoLite2-ASN', builtMs = 0): Buffer {
  const nodes: [number | null, number | null][] = [[null, null]];
  const data: Buffer[] = [];
  /** Places of data, by "node side". */
  const leaves = new Map<string, number>();
  let dataBytes = 0;
  for (const { range, number, organisation } of entries) {
    const bits = bitsOf(range);
    let node = 0;
    for (const side of bits.slice(0, -1)) {
      const next = nodes[node]?.[side] ?? nodes.push([null, null]) - 1;
      nodes[node]?.splice(side, 1, next);
      node = next;
    }
    leaves.set(`${node} ${bits.at(-1)}`, dataBytes);
    const value = encode({ autonomous_system_number: number, autonomous_system_organization: organisation });
    data.push(value);
    dataBytes += value.length;
  }
  const tree = Buffer.alloc(nodes.length * NODE_BYTES);
  nodes.forEach((sides, node) => {
    sides.forEach((next, side) => {
      const leaf = leaves.get(`${node} ${side}`);
      const record = leaf === undefined ? (next ?? nodes.length) : nodes.length + 16 + leaf;
      tree.writeUIntBE(record, node * NODE_BYTES + side * 3, 3);
    });
  });
  const metadata = encode({
    ...{ binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: BigInt(builtMs / 1_000) },
    ...{ database_type: databaseType, description: { en: 'a test' }, ip_version: 6, languages: ['en'] },
    ...{ node_count: nodes.length, record_size: 24 },
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, MARKER, metadata]);
}

/** IPv4 lies in the first 2^32 addresses of the tree. */
function bitsOf(range: string): readonly (0 | 1)[] {
  const [address = '', length = '32'] = range.split('/');
  const text = address.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  return [...`${'0'.repeat(96)}${text.join('')}`.slice(0, 96 + Number(length))].map((bit) => (bit === '1' ? 1 : 0));
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') return integer(6, value, 4);
  if (typeof value === 'bigint') return integer(9, Number(value), 6);
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const pairs = Object.entries(value);
  return Buffer.concat([control(7, pairs.length), ...pairs.flatMap(([name, inner]) => [encode(name), encode(inner)])]);
}

function integer(type: number, value: number, bytes: number): Buffer {
  const body = Buffer.alloc(bytes);
  body.writeUIntBE(value, 0, bytes);
  return Buffer.concat([control(type, bytes), body]);
}

/** A size over 28 has a byte of its own. */
function control(type: number, size: number): Buffer {
  const short = Math.min(size, 29);
  const rest = size > 28 ? [size - 29] : [];
  return Buffer.from(type < 8 ? [(type << 5) | short, ...rest] : [short, type - 7, ...rest]);
}
