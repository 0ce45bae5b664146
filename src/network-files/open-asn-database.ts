// A database of networks by number, in MaxMind's format (GeoLite2-ASN and others; none comes with the package). It says
// what kind an address is where no list does.
import { existsSync, readFileSync } from 'node:fs';
import type { AsnResponse, Reader } from 'mmdb-lib';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { asnCacheEntries } from '../base/limits.ts';
import type { NetworkKind } from '../base/nouns.ts';
import { kindOfAs } from '../networks/as-kinds.ts';

export interface AsnDatabase {
  kindOf(address: string): NetworkKind;
  /** The day it was built. */
  readonly date: string;
}

/**
 * Opens a database and keeps it in memory.
 *
 * @throws TelltaleError `FILE_NOT_FOUND`, `INVALID_NETWORKS`.
 */
export async function openAsnDatabase(path: string): Promise<AsnDatabase> {
  const { Reader } = await import('mmdb-lib');
  try {
    const reader = new Reader<AsnResponse>(readDatabase(path));
    const { databaseType, buildEpoch } = reader.metadata;
    if (!/ASN|ISP/i.test(databaseType)) throw new Error(`it is of type ${quote(databaseType)}`);
    return { kindOf: remember((address) => kindIn(reader, address)), date: buildEpoch.toISOString().slice(0, 10) };
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    throw new TelltaleError(
      'INVALID_NETWORKS',
      `${path} should be a database of network numbers in MaxMind's format (GeoLite2-ASN.mmdb), but ${messageOf(error)}. Name another with --asn-database.`,
      { cause: error },
    );
  }
}

function readDatabase(path: string): Buffer {
  if (existsSync(path)) return readFileSync(path);
  throw new TelltaleError('FILE_NOT_FOUND', `There is no ASN database ${path}. Name another with --asn-database.`);
}

/** What is no address, or lies where the file is damaged, is of no known kind. */
function kindIn(reader: Reader<AsnResponse>, address: string): NetworkKind {
  try {
    // Databases know IPv4 as such, and no zones.
    const found = reader.get(address.replace(/^::ffff:(?=[\d.]+$)|%.*$/gi, ''));
    if (found === null) return 'unknown';
    const { autonomous_system_number: number, autonomous_system_organization: organisation = '' } = found;
    return kindOfAs({ number, organisation });
  } catch {
    return 'unknown';
  }
}

/** Answers for the last addresses from memory: a reader comes more than once. */
function remember(look: (address: string) => NetworkKind): (address: string) => NetworkKind {
  const known = new Map<string, NetworkKind>();
  return (address) => {
    const before = known.get(address);
    if (before !== undefined) return before;
    const kind = look(address);
    if (known.size >= asnCacheEntries) known.clear();
    known.set(address, kind);
    return kind;
  };
}
