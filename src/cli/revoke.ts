// `telltale revoke`: the kill switch, and its undoing.
import type { Revocable } from '../base/control-change.ts';
import { TelltaleError } from '../base/errors.ts';
import { parseHost } from '../base/host.ts';
import { checkId, quote } from '../base/ids.ts';
import type { Store } from '../store/open-store.ts';
import { type Io, say, writeOut } from './io.ts';
import { readLinkIndex } from './read-link-index.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';

/** What a person names. */
export type Named =
  | { readonly kind: 'message'; readonly message: string }
  | { readonly kind: 'link'; readonly message: string; readonly index: string }
  | { readonly kind: 'host'; readonly host: string };

/** Runs the command. */
export async function revoke(named: Named, flags: CommonFlags & { readonly undo?: boolean }, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const of = readNamed(named);
  const isUndo = flags.undo ?? false;
  const { revocation, isKnown } = await withStore(settings, { migrate: false }, async (store) => ({
    revocation: isUndo ? ((await store.restore(of, BY)) ?? null) : await store.revoke(of, BY),
    isKnown: await isSeen(of, store),
  }));
  if (!settings.quiet) {
    if (!isKnown)
      say(io, `No message ${quote('message' in of ? of.message : '')} was sent or hit so far. Is it spelt right?`);
    say(io, wordsFor(of, { isUndo, isDone: revocation !== null }));
  }
  if (!settings.json) return;
  const { of: _, ...times } = revocation ?? {
    of,
    revokedAt: null,
    revokedBy: null,
    restoredAt: null,
    restoredBy: null,
  };
  await writeOut(io, `${JSON.stringify({ ...of, ...times })}\n`);
}

/** Who does it, for the record. */
const BY = 'command';

function readNamed(named: Named): Revocable {
  if (named.kind !== 'host') checkId(named.message, 'message');
  if (named.kind === 'message') return named;
  if (named.kind === 'link') return { ...named, index: readLinkIndex(named.index) };
  const host = parseHost(named.host);
  if (host !== undefined) return { kind: 'host', host };
  throw new TelltaleError(
    'USAGE',
    `A host looks like shop.example or shop.example:8443, without scheme and path, but ${quote(named.host)} came.`,
  );
}

/** A message may be revoked before it is sent; more often its id is misspelt. */
async function isSeen(of: Revocable, store: Store): Promise<boolean> {
  return of.kind === 'host' || (await store.findMessage(of.message)) !== undefined;
}

function wordsFor(of: Revocable, { isUndo, isDone }: { readonly isUndo: boolean; readonly isDone: boolean }): string {
  const what = nameOf(of);
  if (!isDone) return `${what} is not revoked; nothing was changed.`;
  if (isUndo) return `${what} works again, on each collector within 5 seconds.`;
  return `${what} is revoked, on each collector within 5 seconds. Undo it with --undo.`;
}

function nameOf(of: Revocable): string {
  switch (of.kind) {
    case 'message':
      return `Message ${quote(of.message)}`;
    case 'link':
      return `Link ${of.index} of message ${quote(of.message)}`;
    case 'host':
      return `Host ${of.host}`;
  }
}
