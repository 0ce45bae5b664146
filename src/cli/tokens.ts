// `telltale tokens`: make, list and revoke the tokens that open the API. A token is shown once; its hash is kept.
import type { Scope } from '../base/nouns.ts';
import { type Io, say, writeOut } from './io.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';

/** `tokens new`. */
export async function newTokenCommand(flags: CommonFlags & { readonly scope: Scope }, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const made = await withStore(settings, { migrate: true }, (store) => store.createApiToken(flags.scope));
  if (settings.json) return writeOut(io, `${JSON.stringify({ ...made, scope: flags.scope })}\n`);
  if (!settings.quiet) say(io, `An API token with scope ${flags.scope}. It is shown this once:`);
  await writeOut(io, `${made.token}\n`);
}

/** `tokens list`. */
export async function listTokensCommand(flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const tokens = await withStore(settings, { migrate: false }, (store) => store.listApiTokens());
  if (settings.json) return writeOut(io, `${JSON.stringify(tokens)}\n`);
  await printTable(
    io,
    ['token', 'scope', 'created', 'revoked'],
    tokens.map((token) => [token.id, token.scope, token.createdAt, token.revokedAt ?? '']),
  );
}

/** `tokens revoke ID`. */
export async function revokeTokenCommand(id: string, flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  await withStore(settings, { migrate: false }, (store) => store.revokeApiToken(id));
  if (!settings.quiet) say(io, `API token ${id} is revoked.`);
}
