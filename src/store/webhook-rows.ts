// Endpoints of webhooks: who is told of what, and how it goes.
import { randomBytes } from 'node:crypto';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { webhooksMax } from '../base/limits.ts';
import type { NoticeFilter, NoticeType } from '../base/notice.ts';
import type { Label } from '../base/nouns.ts';
import type { StoredWebhook } from './webhook-statements.ts';
import type { Writer } from './writer.ts';

/** An endpoint as it is asked for. */
export interface NewWebhook extends NoticeFilter {
  readonly url: string;
  /** `whsec_` and base64 of the key that signs. */
  readonly secret: string;
}

export interface Webhook extends NoticeFilter {
  readonly id: string;
  readonly url: string;
  readonly createdAtMs: number;
  /** The id of an API token, `environment` for its one extra token, or {@link CONFIGURED}. */
  readonly by: string;
  readonly waiting: number;
  /** Events that were not taken for a day, until they are asked for again. */
  readonly parked: number;
  /** Events that found no room. */
  readonly dropped: number;
  /** Nothing while all is taken. */
  readonly failingSinceMs: number | null;
  readonly nextAtMs: number | null;
  readonly problem: string | null;
}

/** Who made an endpoint that the configuration names. */
export const CONFIGURED = 'configuration';

export interface WebhookRows {
  /**
   * Adds an endpoint.
   *
   * @throws TelltaleError `INVALID_WEBHOOK` when there are as many as may be.
   */
  addWebhook(webhook: NewWebhook, by: string): Promise<Webhook>;
  /** Removes an endpoint and what waits for it; false when there is none. */
  removeWebhook(id: string): Promise<boolean>;
  listWebhooks(): Promise<readonly Webhook[]>;
  /** The endpoints of the configuration are these, by their ids; others that it named before are gone. */
  setConfiguredWebhooks(webhooks: readonly (NewWebhook & { readonly id: string })[]): Promise<void>;
}

export function makeWebhookRows(writer: Writer): WebhookRows {
  const { webhooks } = writer.statements;

  function add(id: string, { url, secret, events, labels }: NewWebhook, by: string): void {
    const count = webhooks.all.all().length;
    if (count >= webhooksMax) {
      throw new TelltaleError(
        'INVALID_WEBHOOK',
        `There are ${webhooksMax} webhooks at most, and ${quote(new URL(url).host)} would be one more. Remove one: DELETE /api/v1/webhooks?id=….`,
      );
    }
    webhooks.add.run(id, url, secret, toJson(events), toJson(labels), Date.now(), by);
  }

  function remove(key: number): void {
    webhooks.emptyOutbox.run(key);
    webhooks.remove.run(key);
  }

  function toWebhook(row: StoredWebhook): Webhook {
    const { waiting = 0, parked = 0 } = webhooks.counts.get(row.key) ?? {};
    const isFailing = row.failing_since_ms !== null;
    return {
      ...{ id: row.id, url: row.url, ...filterOf(row), createdAtMs: row.created_at_ms, by: row.by },
      ...{ waiting, parked, dropped: row.dropped, failingSinceMs: row.failing_since_ms },
      ...{ nextAtMs: isFailing && waiting > 0 ? row.next_at_ms : null, problem: row.problem },
    };
  }

  return {
    addWebhook: (webhook, by) =>
      writer.transaction(() => {
        const id = `wh_${randomBytes(8).toString('hex')}`;
        add(id, webhook, by);
        const row = webhooks.byId.get(id);
        if (row === undefined) throw new Error('an endpoint was not added');
        return toWebhook(row);
      }, 'none'),
    removeWebhook: (id) =>
      writer.transaction(() => {
        const row = webhooks.byId.get(id);
        if (row !== undefined) remove(row.key);
        return row !== undefined;
      }, 'none'),
    listWebhooks: () => writer.read(() => webhooks.all.all().map(toWebhook)),
    async setConfiguredWebhooks(wanted) {
      const known = await writer.read(() => webhooks.all.all());
      // Nothing is written where nothing was ever configured.
      if (wanted.length === 0 && !known.some(({ by }) => by === CONFIGURED)) return;
      await writer.transaction(() => {
        const ids = new Set(wanted.map(({ id }) => id));
        for (const { key, id, by } of webhooks.all.all()) if (by === CONFIGURED && !ids.has(id)) remove(key);
        for (const { id, ...webhook } of wanted) {
          const { url, secret, events, labels } = webhook;
          const known = webhooks.byId.get(id);
          if (known === undefined) add(id, webhook, CONFIGURED);
          else webhooks.change.run(url, secret, toJson(events), toJson(labels), known.key);
        }
      }, 'none');
    },
  };
}

/** What an endpoint asked for. */
export function filterOf({ events, labels }: Pick<StoredWebhook, 'events' | 'labels'>): NoticeFilter {
  return {
    events: events === null ? null : (JSON.parse(events) as readonly NoticeType[]),
    labels: labels === null ? null : (JSON.parse(labels) as readonly Label[]),
  };
}

function toJson(list: readonly string[] | null): string | null {
  return list === null ? null : JSON.stringify(list);
}
