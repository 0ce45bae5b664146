// The API of what is known one by one: a message's recipients and its events, and a recipient's history.
import type { Context } from 'koa';
import { z } from 'zod';
import { urlCharsMax } from '../base/limits.ts';
import { audienceTable, listAudience } from '../report/list-audience.ts';
import { listEvents } from '../report/list-events.ts';
import { listRecipients } from '../report/list-recipients.ts';
import { eventRows, historyRows, recipientRows } from '../report/list-rows.ts';
import { recipientHistory } from '../report/recipient-history.ts';
import { RECIPIENT_FILTERS } from '../report/report-source.ts';
import type { Store } from '../store/open-store.ts';
import { answerJson, answerList } from './api-data.ts';
import { type ApiParts, type ApiRoute, INCLUDE, PAGE_QUERY, route, UNKNOWN_MESSAGE } from './api-route.ts';
import { AUDIENCE, EVENT, EXPORT, HISTORY, pageOf, RECIPIENT } from './api-schemas.ts';
import { answerProblem } from './problem.ts';

const RECIPIENT_QUERY = PAGE_QUERY.extend({
  filter: z
    .enum(RECIPIENT_FILTERS, `must be one of ${RECIPIENT_FILTERS.join(', ')}`)
    .optional()
    .meta({ description: 'By what a person did; `nothing` when none of it, whatever machines fetched.' }),
  search: z.string().optional().meta({ description: 'The whole id of one recipient.' }),
});

const AUDIENCE_QUERY = PAGE_QUERY.extend({
  who: z
    .string()
    .max(urlCharsMax)
    .optional()
    .meta({ description: 'What they did, all of it: `clicked:Shop,opened@january`; `sent` by default.' }),
  not: z.string().max(urlCharsMax).optional().meta({ description: 'What they did not do, none of it.' }),
  machines: z
    .enum(['true', 'false'], 'must be true or false')
    .optional()
    .meta({ description: 'Takes opens and clicks of machines for theirs, too.' }),
});

const TIME = 'must be a time of ISO 8601, like 2026-01-01T09:00:00Z';

const EVENT_QUERY = PAGE_QUERY.extend({
  include: INCLUDE,
  from: z.iso.datetime({ offset: true, error: TIME }).optional().meta({ description: 'Only from this time on.' }),
  to: z.iso.datetime({ offset: true, error: TIME }).optional().meta({ description: 'Only before this time.' }),
});

const HISTORY_QUERY = PAGE_QUERY.extend({
  include: z
    .enum(['everything'], 'must be everything, or be left out')
    .optional()
    .meta({ description: 'All that is stored of them, as JSON, at once: the export. The history otherwise.' }),
});

/** The routes. */
export function recipientRoutes({ store }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'get', path: '/messages/:id/recipients', scope: 'read' } as const),
      summary: 'The recipients of a message, each with what it did',
      query: RECIPIENT_QUERY,
      formats: ['csv', 'ndjson'],
      answer: pageOf(RECIPIENT),
      problems: UNKNOWN_MESSAGE,
      handle: (ctx, { id, query, format }) =>
        answerList(ctx, {
          ...{ query, format, table: recipientRows },
          read: (page) => listRecipients(store, { message: id, ...query, ...page }),
        }),
    }),
    route({
      ...({ method: 'get', path: '/messages/:id/audience', scope: 'read' } as const),
      summary: 'Recipients by what they did and did not do, who may be mailed again',
      query: AUDIENCE_QUERY,
      formats: ['csv', 'ndjson'],
      answer: pageOf(AUDIENCE),
      problems: UNKNOWN_MESSAGE,
      handle: (ctx, { id, query: { machines, ...query }, format }) =>
        answerList(ctx, {
          ...{ query, format, table: audienceTable },
          read: (page) => listAudience(store, { message: id, ...query, machines: machines === 'true', ...page }),
        }),
    }),
    route({
      ...({ method: 'get', path: '/messages/:id/events', scope: 'read' } as const),
      summary: 'The events of a message that are still kept, in the order of time, each with its verdict',
      query: EVENT_QUERY,
      formats: ['csv', 'ndjson'],
      answer: pageOf(EVENT),
      problems: UNKNOWN_MESSAGE,
      async handle(ctx, { id, query, format }) {
        const { include, from, to } = query;
        const time = { fromMs: msOf(from), beforeMs: msOf(to) };
        if (time.fromMs !== undefined && time.beforeMs !== undefined && time.fromMs >= time.beforeMs) {
          return answerProblem(ctx, 400, 'from must be before to: this time holds nothing.');
        }
        const isTestIncluded = include === 'test';
        await answerList(ctx, {
          ...{ query, format, table: eventRows },
          read: (page) => listEvents(store, { message: id, isTestIncluded, ...time, ...page }),
        });
      },
    }),
    route({
      ...({ method: 'get', path: '/recipients/:id', scope: 'read' } as const),
      summary: 'What a recipient did with each message, newest message first',
      query: HISTORY_QUERY,
      formats: ['csv', 'ndjson'],
      answer: z.union([HISTORY, EXPORT]),
      problems: { 404: 'Nothing was heard of such a recipient.' },
      async handle(ctx, { id, query, format }) {
        if (query.include === 'everything') return answerExport(ctx, store, id);
        await answerList(ctx, {
          ...{ query, format, table: historyRows },
          read: (page) => recipientHistory(store, { recipient: id, ...page }),
        });
      },
    }),
  ];
}

async function answerExport(ctx: Context, store: Store, recipient: string): Promise<void> {
  const known = await store.exportRecipient(recipient);
  if (known === undefined) return answerProblem(ctx, 404, 'Nothing is stored of such a recipient.');
  answerJson(ctx, known);
}

function msOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}
