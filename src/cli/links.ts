// `telltale links set`: lets a link of mail that is sent lead elsewhere.
import { DESTINATION_PROBLEMS, parseDestination, stripUrl } from '../base/destination.ts';
import { TelltaleError } from '../base/errors.ts';
import { checkId, quote } from '../base/ids.ts';
import { type Io, say, writeOut } from './io.ts';
import { readLinkIndex } from './read-link-index.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';

/** Runs the command. */
export async function setLink(
  message: string,
  indexText: string,
  url: string,
  flags: CommonFlags,
  io: Io,
): Promise<void> {
  const settings = readSettings(flags, io);
  const link = { message: checkId(message, 'message'), index: readLinkIndex(indexText) };
  const destination = readDestination(url);
  const { changed, isKnown } = await withStore(settings, { migrate: false }, async (store) => ({
    changed: await store.correctLink(link, destination, 'command'),
    isKnown: (await store.findMessage(message)) !== undefined,
  }));
  if (!settings.quiet) {
    const name = `Link ${link.index} of message ${quote(message)}`;
    if (!isKnown) say(io, `No message ${quote(message)} was sent or hit so far. Is it spelt right?`);
    say(
      io,
      changed
        ? `${name} leads to ${destination}, on each collector within 5 seconds.`
        : `${name} was set to ${destination} before; nothing was changed.`,
    );
  }
  if (settings.json) await writeOut(io, `${JSON.stringify({ ...link, destination, changed })}\n`);
}

function readDestination(url: string): string {
  const read = parseDestination(stripUrl(url));
  if (read.ok) return read.url;
  throw new TelltaleError(
    'USAGE',
    `A link leads to an http or https address, but of ${quote(url)}: ${DESTINATION_PROBLEMS[read.reason]}.`,
  );
}
