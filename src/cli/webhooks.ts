// `telltale webhooks`: who is told of events and how it goes, and what was parked told again.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { type Io, say, writeOut } from './io.ts';
import { count } from './progress.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';

/** Lists the endpoints, without their secrets. */
export async function listWebhooksCommand(flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const webhooks = await withStore(settings, { migrate: false }, (store) => store.listWebhooks());
  const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString());
  if (settings.json) {
    for (const { createdAtMs, failingSinceMs, nextAtMs, ...webhook } of webhooks) {
      const times = { createdAt: iso(createdAtMs), failingSince: iso(failingSinceMs), nextAt: iso(nextAtMs) };
      await writeOut(io, `${JSON.stringify({ ...webhook, ...times })}\n`);
    }
    return;
  }
  const rows = webhooks.map((webhook) => [
    ...[webhook.id, webhook.url, webhook.events?.join(' ') ?? 'all', webhook.labels?.join(' ') ?? 'all'],
    ...[count(webhook.waiting), count(webhook.parked), count(webhook.dropped)],
    ...[iso(webhook.nextAtMs) ?? '', webhook.problem ?? ''],
  ]);
  const numbers = ['waiting', 'parked', 'dropped'];
  await printTable(io, ['id', 'url', 'events', 'labels', ...numbers, 'next try', 'problem'], rows, numbers);
  if (webhooks.length === 0 && !settings.quiet) {
    say(io, 'Nobody is told of events. Add an endpoint with POST /api/v1/webhooks; see docs/webhooks.md.');
  }
}

/** Lets what was parked be told again, of one endpoint or of all. */
export async function replayWebhooksCommand(id: string | undefined, flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const replayed = await withStore(settings, { migrate: false }, async (store) => {
    const known = (await store.listWebhooks()).map((webhook) => webhook.id);
    if (id !== undefined && !known.includes(id)) {
      throw new TelltaleError('UNKNOWN_WEBHOOK', `There is no webhook ${quote(id)}. See: telltale webhooks list.`);
    }
    return await store.replayNotices(id ?? null);
  });
  if (settings.json) return await writeOut(io, `${JSON.stringify({ replayed })}\n`);
  if (!settings.quiet) say(io, `Events that the server tells again, or the next that runs: ${count(replayed)}.`);
}
