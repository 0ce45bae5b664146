// `telltale suppressions`: who gets no more mail of this sender; list, add and remove.
import { TelltaleError } from '../base/errors.ts';
import { checkId, quote } from '../base/ids.ts';
import { pageRowsMax } from '../base/limits.ts';
import type { SuppressionReason } from '../base/nouns.ts';
import { listSuppressions } from '../report/list-suppressions.ts';
import { type Io, say, writeOut } from './io.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';
import { printable } from './terminal.ts';

/** `suppressions list`: tab-separated when piped, a page of rows at a time; `--json` one object a line. */
export async function listSuppressionsCommand(flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  await withStore(settings, { migrate: false }, async (store) => {
    let cursor: string | null = null;
    let isFirst = true;
    do {
      const page: Awaited<ReturnType<typeof listSuppressions>> = await listSuppressions(store, {
        ...{ cursor, limit: pageRowsMax },
      });
      cursor = page.next;
      if (settings.json) {
        for (const item of page.items) await writeOut(io, `${JSON.stringify(item)}\n`);
        continue;
      }
      const rows = page.items.map(({ recipient, reason, source, at }) => [recipient, reason, at, source ?? '']);
      if (isFirst || io.stdout.isTTY === true) await printTable(io, ['recipient', 'reason', 'since', 'source'], rows);
      else await writeOut(io, rows.map((row) => `${row.map(printable).join('\t')}\n`).join(''));
      isFirst = false;
    } while (cursor !== null);
  });
}

/** `suppressions add ID…`. */
export async function addSuppressionsCommand(
  recipients: readonly string[],
  flags: CommonFlags & { readonly reason: SuppressionReason; readonly source?: string },
  io: Io,
): Promise<void> {
  const settings = readSettings(flags, io);
  for (const recipient of recipients) checkId(recipient, 'recipient');
  const { added, erased } = await withStore(settings, { migrate: true }, async (store) => ({
    added: await store.suppress(recipients, flags.reason, flags.source),
    erased: (await store.sendability(recipients)).filter((known) => known.erased).length,
  }));
  const asked = recipients.length;
  if (settings.json) return await writeOut(io, `${JSON.stringify({ asked, added, erased })}\n`);
  if (settings.quiet) return;
  const before = asked - added - erased;
  const sentences = [
    `${added} of ${asked} get no more mail from now on.`,
    ...(before > 0 ? [`${before} got none already.`] : []),
    ...(erased > 0 ? [`${erased} are erased: nothing is kept of them, and sending skips them anyhow.`] : []),
  ];
  say(io, sentences.join(' '));
}

/** `suppressions remove ID…`. */
export async function removeSuppressionsCommand(
  recipients: readonly string[],
  flags: CommonFlags,
  io: Io,
): Promise<void> {
  const settings = readSettings(flags, io);
  const removed = await withStore(settings, { migrate: false }, (store) => store.unsuppress(recipients));
  if (settings.json) await writeOut(io, `${JSON.stringify({ asked: recipients.length, removed })}\n`);
  if (removed === 0) {
    const named = recipients.length === 1 ? quote(recipients[0] ?? '') : `any of ${recipients.length}`;
    throw new TelltaleError(
      'UNKNOWN_RECIPIENT',
      `No suppression of ${named} is on record. See telltale suppressions list.`,
    );
  }
  if (!settings.quiet && !settings.json) say(io, `${removed} of ${recipients.length} may get mail again.`);
}
