// The API of messages: the list, a message's report and what belongs to it, and what a sender says of it.
import type { Context } from 'koa';
import { z } from 'zod';
import { messageNameCharsMax, reportLinksMax, searchCharsMax } from '../base/limits.ts';
import { buildReport, costOf, reportLinks } from '../report/build-report.ts';
import { buildTimeline } from '../report/build-timeline.ts';
import { compareMessages, comparisonRows } from '../report/compare-messages.ts';
import { knownMessage } from '../report/known-message.ts';
import { listMessages } from '../report/list-messages.ts';
import { linkRows, timelineRows } from '../report/list-rows.ts';
import { reportRows, summaryRows } from '../report/report-rows.ts';
import { MESSAGE_SORTS } from '../report/report-source.ts';
import { sweep } from '../retain/sweep.ts';
import { setCommonHeaders } from './answer.ts';
import { answerData, answerJson, answerList, parseJson, readText } from './api-data.ts';
import {
  type ApiParts,
  type ApiRoute,
  ATTRIBUTION,
  INCLUDE,
  NO_QUERY,
  PAGE_QUERY,
  route,
  UNKNOWN_MESSAGE,
} from './api-route.ts';
import { COMPARISON, DESCRIBED, pageOf, REPORT, REPORT_LINK, SUMMARY, TIMELINE } from './api-schemas.ts';
import { answerProblem } from './problem.ts';
import { readValue } from './read-value.ts';

const LIST_QUERY = PAGE_QUERY.extend({
  search: z.string().max(searchCharsMax).optional().meta({ description: 'Text in the id or the name of a message.' }),
  sort: z.enum(MESSAGE_SORTS, `must be one of ${MESSAGE_SORTS.join(', ')}`).optional(),
});

const COMPARED = z.string('two messages are compared by their ids: /api/v1/compare?a=…&b=…');

const CONTROL = /[\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u;
const AMOUNT = /^(?:0|[1-9]\d{0,11})(?:\.\d{1,4})?$/;
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** What a sender says of a message; what is left out stays, null takes it back. */
const DESCRIPTION = z
  .strictObject({
    name: z
      .string()
      .min(1, 'must not be empty; null takes the name back')
      .max(messageNameCharsMax, `must have at most ${messageNameCharsMax} characters`)
      .refine((name) => !CONTROL.test(name), 'holds a control character, or half of a surrogate pair')
      .nullish(),
    cost: z
      .string('must be a decimal number as text, like "120.50"')
      .regex(
        AMOUNT,
        'must be a decimal number as text, like "120.50", with at most 12 digits before the point and 4 behind it',
      )
      .nullish(),
    currency: z
      .string()
      .refine((code) => CURRENCIES.has(code), 'must be a code of ISO 4217, like EUR')
      .nullish(),
  })
  .refine(({ cost, currency }) => typeof cost === typeof currency && (cost === null) === (currency === null), {
    error: 'cost and currency go together',
  });

/** The routes. */
export function messageRoutes({ store, live }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'get', path: '/messages', scope: 'read' } as const),
      summary: 'Messages, newest first, with the figures of a list',
      query: LIST_QUERY,
      formats: ['csv', 'ndjson'],
      answer: pageOf(SUMMARY),
      handle: (ctx, { query, format }) =>
        answerList(ctx, {
          ...{ query, format, table: summaryRows },
          read: (page) => listMessages(store, { ...query, ...page }),
        }),
    }),
    route({
      ...({ method: 'get', path: '/messages/:id', scope: 'read' } as const),
      summary: 'The report of a message',
      query: z.object({ include: INCLUDE, attribution: ATTRIBUTION }),
      formats: ['csv'],
      answer: REPORT,
      problems: UNKNOWN_MESSAGE,
      async handle(ctx, { id, query, format }) {
        const report = await buildReport(store, { message: id, ...query });
        answerData(ctx, format, report, () => reportRows(report));
      },
    }),
    route({
      ...({ method: 'get', path: '/messages/:id/live', scope: 'read' } as const),
      summary: 'The figures of a report that change, now and whenever they do, as server-sent events',
      query: NO_QUERY,
      answer: undefined,
      isStream: true,
      problems: UNKNOWN_MESSAGE,
      handle: (ctx, { id }) => live.watch(ctx, id),
    }),
    route({
      ...({ method: 'put', path: '/messages/:id', scope: 'write' } as const),
      summary: 'Names a message and says what it cost; makes one that nothing was heard of yet',
      query: NO_QUERY,
      body: { schema: DESCRIPTION },
      answer: DESCRIBED,
      statuses: [200, 201],
      handle: (ctx, { id }) => describe(ctx, id, store),
    }),
    route({
      ...({ method: 'delete', path: '/messages/:id', scope: 'admin' } as const),
      summary: 'Deletes a message with all that is known of it; its links go on redirecting',
      query: NO_QUERY,
      answer: undefined,
      statuses: [204],
      problems: UNKNOWN_MESSAGE,
      async handle(ctx, { id }) {
        await knownMessage(store, id);
        await store.deleteMessage(id);
        // What is left when this fails goes with the next run of retention.
        sweep(store).catch(() => undefined);
        setCommonHeaders(ctx);
        ctx.status = 204;
      },
    }),
    route({
      ...({ method: 'get', path: '/messages/:id/links', scope: 'read' } as const),
      summary: `The links of a message with their clicks, at most ${reportLinksMax}`,
      query: NO_QUERY,
      formats: ['csv'],
      answer: pageOf(REPORT_LINK),
      problems: UNKNOWN_MESSAGE,
      async handle(ctx, { id, format }) {
        await knownMessage(store, id);
        const items = reportLinks(await store.linksOf(id, reportLinksMax));
        answerData(ctx, format, { items, next: null }, () => linkRows(items));
      },
    }),
    route({
      ...({ method: 'get', path: '/messages/:id/timeline', scope: 'read' } as const),
      summary: 'When a message was opened and clicked: two days by the hour, then by the day',
      query: z.object({
        attribution: ATTRIBUTION,
        tz: z.string().max(100).optional().meta({ description: 'An IANA name, like Europe/Berlin; UTC by default.' }),
      }),
      formats: ['csv'],
      answer: TIMELINE,
      problems: UNKNOWN_MESSAGE,
      async handle(ctx, { id, query, format }) {
        const timeline = await buildTimeline(store, { message: id, ...query });
        answerData(ctx, format, timeline, () => timelineRows(timeline));
      },
    }),
    route({
      ...({ method: 'get', path: '/compare', scope: 'read' } as const),
      summary: 'Two messages side by side, and how far their rates differ',
      query: z.object({ a: COMPARED, b: COMPARED }),
      formats: ['csv'],
      answer: COMPARISON,
      problems: UNKNOWN_MESSAGE,
      async handle(ctx, { query, format }) {
        const compared = await compareMessages(store, query);
        answerData(ctx, format, compared, () => comparisonRows(compared));
      },
    }),
  ];
}

async function describe(ctx: Context, id: string, store: ApiParts['store']): Promise<void> {
  const text = await readText(ctx);
  if (text === undefined) return;
  const read = readValue(DESCRIPTION, parseJson(text));
  if (!read.success) {
    const shape = '{ "name": "Spring sale", "cost": "120.50", "currency": "EUR" }';
    return answerProblem(ctx, 400, `The body must be JSON like ${shape}. ${read.reason}.`);
  }
  const isNew = await store.describeMessage(id, read.data);
  const { name, cost, currency } = await knownMessage(store, id);
  answerJson(ctx, { id, name, cost: costOf({ cost, currency }) }, isNew ? 201 : 200);
}
