// `telltale keys`: make, list and revoke the keys that seal tracked URLs. Secrets are never printed, but for
// the one that is made of the signing key for shops.
import { conversionSecretOf } from '../token/conversion-seal.ts';
import { addKey, createKeyRing, type KeyRingJson, revokeKey } from '../token/key-ring.ts';
import { type Io, say, writeOut } from './io.ts';
import { changeKeys, loadKeys, newKey } from './key-file.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { printTable } from './table.ts';

/** `keys new`: a new key, which signs from now on unless `sign` is false. */
export async function newKeyCommand(flags: CommonFlags & { readonly sign: boolean }, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const ring = await changeKeys(settings, io, (before) => addKey(before, newKey(flags.sign)));
  await printKeys(ring, settings, io);
}

/** `keys list`. */
export async function listKeysCommand(flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  await printKeys(loadKeys(settings, io), settings, io);
}

/** `keys seal`: of the key that signs. */
export async function sealSecretCommand(flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const secret = conversionSecretOf(createKeyRing(loadKeys(settings, io)).signing());
  await writeOut(io, settings.json ? `${JSON.stringify({ secret })}\n` : `${secret}\n`);
}

/** `keys revoke ID`. */
export async function revokeKeyCommand(id: string, flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  loadKeys(settings, io);
  const ring = await changeKeys(settings, io, (before) =>
    revokeKey(before ?? { signing: '', keys: [] }, id, Date.now()),
  );
  if (!settings.quiet)
    say(io, `Key ${id} is revoked: links in mail it sealed answer with a page instead of a redirect.`);
  await printKeys(ring, settings, io);
}

async function printKeys(ring: KeyRingJson, settings: Settings, io: Io): Promise<void> {
  const keys = ring.keys.map(({ id, number, createdAt, revokedAt }) => ({
    id,
    number,
    signing: id === ring.signing,
    createdAt,
    revokedAt,
  }));
  if (settings.json) return writeOut(io, `${JSON.stringify(keys)}\n`);
  const rows = keys.map((key) => [
    key.id,
    String(key.number),
    key.signing ? 'signing' : '',
    key.createdAt,
    key.revokedAt ?? '',
  ]);
  await printTable(io, ['key', 'number', 'use', 'created', 'revoked'], rows);
}
