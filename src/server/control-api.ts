// The API of the control state: what is revoked, by whom, and the links that short URLs name.
import type { Context } from 'koa';
import { z } from 'zod';
import { CLICK_ID_NAME } from '../base/click-id.ts';
import type { Revocable } from '../base/control-change.ts';
import { DESTINATION_PROBLEMS, parseDestination, stripUrl } from '../base/destination.ts';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { parseHost } from '../base/host.ts';
import { controlPageChanges, destinationCharsMax, linkNameCharsMax, linksMax, shortLinksMax } from '../base/limits.ts';
import { decodeNumber, encodeKey } from '../report/cursor.ts';
import type { FlatTable } from '../report/report-rows.ts';
import type { Revocation } from '../store/control-rows.ts';
import type { Store } from '../store/open-store.ts';
import { shortSetOf } from '../token/short-link-token.ts';
import type { Caller } from './api-auth.ts';
import { answerJson, answerList, parseJson, readText } from './api-data.ts';
import { type ApiParts, type ApiRoute, ID, NO_QUERY, PAGE_QUERY, route } from './api-route.ts';
import { CONTROL_PAGE, LINK_SET, pageOf, REVOCATION, type Revoked } from './api-schemas.ts';
import { answerProblem } from './problem.ts';
import { readValue } from './read-value.ts';

/** The routes. */
export function controlRoutes({ store }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'post', path: '/messages/:id/links', scope: 'write' } as const),
      summary: 'Registers the links of a mail as one set of short links',
      query: z.object({
        short: z.enum(['true', 'false'], 'must be true or false').optional().meta({
          description:
            '`false` records names for reports alone; links may then have a `template` in place of a destination.',
        }),
      }),
      body: { schema: LINKS },
      answer: LINK_SET,
      problems: { 409: 'Other links of the message have the same short name.' },
      handle: (ctx, { id, query, caller }) => takeLinks(ctx, { id, store, caller, isShort: query.short !== 'false' }),
    }),
    route({
      ...({ method: 'get', path: '/changes', scope: 'write' } as const),
      summary: 'The control state as a sequence of changes, for who mirrors it: revocations, consents, erasures, links',
      query: z.object({
        after: z.coerce.number('must be a whole number').int('must be a whole number').min(0).default(0).meta({
          description: 'The place of the last change that is known.',
        }),
      }),
      answer: CONTROL_PAGE,
      async handle(ctx, { query }) {
        const { tombstoneKey, ...page } = await store.changesAfter(query.after, controlPageChanges);
        answerJson(ctx, { ...page, tombstoneKey: Buffer.from(tombstoneKey).toString('base64url') });
      },
    }),
    route({
      ...({ method: 'get', path: '/revocations', scope: 'read' } as const),
      summary: 'What is revoked or was, newest first',
      query: PAGE_QUERY,
      formats: ['csv', 'ndjson'],
      answer: pageOf(REVOCATION),
      handle: (ctx, { query, format }) =>
        answerList(ctx, {
          ...{ query, format, table: revocationRows },
          read: (page) => readRevocations(store, page),
        }),
    }),
    route({
      ...({ method: 'post', path: '/revocations', scope: 'admin' } as const),
      summary: 'Revokes a message, a link or a host',
      query: NO_QUERY,
      body: { schema: REVOCABLE },
      answer: REVOCATION,
      handle: (ctx, { caller }) => takeRevocation(ctx, store, caller),
    }),
    route({
      ...({ method: 'delete', path: '/revocations', scope: 'admin' } as const),
      summary: 'Undoes a revocation, named in the query or the body',
      query: z.object({
        kind: z.string().optional(),
        message: z.string().optional(),
        index: z.string().optional(),
        host: z.string().optional(),
      }),
      answer: REVOCATION,
      problems: { 404: 'This is not revoked.' },
      handle: (ctx, { query, caller }) => undoRevocation(ctx, query, store, caller),
    }),
  ];
}

async function readRevocations(
  store: Store,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
) {
  const rows = await store.listRevocations({ after: decodeNumber(cursor, 'r'), limit: limit + 1 });
  const page = rows.slice(0, limit);
  const next = rows.length > limit ? (page.at(-1)?.place ?? null) : null;
  return { items: page.map(toJson), next: encodeKey('r', next) };
}

function revocationRows(items: readonly Revoked[]): FlatTable {
  return { columns: COLUMNS, rows: items.map((item) => Object.fromEntries(Object.entries(item))) };
}

const COLUMNS = ['kind', 'message', 'index', 'host', 'revokedAt', 'revokedBy', 'restoredAt', 'restoredBy'];

function toJson({ of, revokedAt, revokedBy, restoredAt, restoredBy }: Revocation) {
  return { ...of, revokedAt, revokedBy, restoredAt, restoredBy };
}

const HOST = z.string().transform((text, context) => {
  const host = parseHost(text);
  if (host !== undefined) return host;
  context.addIssue({ code: 'custom', message: 'it is no host, like shop.example or shop.example:8443' });
  return z.NEVER;
});

/** A number, or a number's text, as a query has it. */
const INDEX = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(
  z
    .int()
    .min(0)
    .max(linksMax - 1),
);

const REVOCABLE: z.ZodType<Revocable> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('message'), message: ID }),
  z.strictObject({ kind: z.literal('link'), message: ID, index: INDEX }),
  z.strictObject({ kind: z.literal('host'), host: HOST }),
]);

async function takeRevocation(ctx: Context, store: Store, caller: Caller): Promise<void> {
  const text = await readText(ctx);
  const of = text === undefined ? undefined : readRevocable(ctx, parseJson(text));
  if (of === undefined) return;
  answerJson(ctx, toJson(await store.revoke(of, caller.by)));
}

/** What is to be undone stands in the body, or in the query, since some clients send no body with a DELETE. */
async function undoRevocation(ctx: Context, query: object, store: Store, caller: Caller): Promise<void> {
  const text = ctx.querystring === '' ? await readText(ctx) : JSON.stringify(query);
  const of = text === undefined ? undefined : readRevocable(ctx, parseJson(text));
  if (of === undefined) return;
  const undone = await store.restore(of, caller.by);
  if (undone === undefined) return answerProblem(ctx, 404, 'This is not revoked. See: GET /api/v1/revocations.');
  answerJson(ctx, toJson(undone));
}

function readRevocable(ctx: Context, value: unknown): Revocable | undefined {
  const read = readValue(REVOCABLE, value);
  if (read.success) return read.data;
  const shapes =
    '{ "kind": "message", "message": "…" }, { "kind": "link", "message": "…", "index": 0 } or { "kind": "host", "host": "…" }';
  answerProblem(ctx, 400, `Say what is revoked: ${shapes}. ${read.reason}`);
  return undefined;
}

const DESTINATION = z.string().transform((text, context) => {
  const destination = parseDestination(stripUrl(text));
  if (destination.ok) return destination.url;
  context.addIssue({ code: 'custom', message: DESTINATION_PROBLEMS[destination.reason] });
  return z.NEVER;
});

const LINK_INDEX = z
  .int()
  .min(0)
  .max(linksMax - 1);

const LINK_NAME = z
  .string()
  .transform((name) => name.slice(0, linkNameCharsMax))
  .default('');

const LINKS = z
  .array(
    z.strictObject({
      index: LINK_INDEX.max(shortLinksMax - 1),
      destination: DESTINATION,
      name: LINK_NAME,
      clickId: z
        .string()
        .regex(CLICK_ID_NAME)
        .optional()
        .meta({ description: 'The parameter in which a click id is added to the destination; none is by default.' }),
    }),
  )
  .min(1)
  .max(shortLinksMax)
  .refine((links) => new Set(links.map(({ index }) => index)).size === links.length, 'two links have one index');

interface TakenLinks {
  readonly id: string;
  readonly store: Store;
  readonly caller: Caller;
  readonly isShort: boolean;
}

async function takeLinks(ctx: Context, { id, store, caller, isShort }: TakenLinks): Promise<void> {
  const text = await readText(ctx);
  if (text === undefined) return;
  if (!isShort) return takeNames(ctx, id, store, parseJson(text));
  const read = readValue(LINKS, parseJson(text));
  if (!read.success) {
    return answerProblem(
      ctx,
      400,
      `The body must be a JSON array of links: [{ "index": 0, "destination": "https://…", "name": "…" }]. ${read.reason}`,
    );
  }
  const set = shortSetOf(read.data);
  try {
    await store.recordShortLinks(id, set, read.data, caller.by);
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== 'LINKS_NOT_REGISTERED') throw error;
    return answerProblem(ctx, 409, messageOf(error));
  }
  await store.recordLinks(id, read.data);
  answerJson(ctx, { set });
}

const NAMED = z
  .array(
    z.union([
      z.strictObject({ index: LINK_INDEX, destination: DESTINATION, name: LINK_NAME }),
      z.strictObject({ index: LINK_INDEX, template: z.string().min(1).max(destinationCharsMax), name: LINK_NAME }),
    ]),
  )
  .min(1)
  .max(linksMax);

async function takeNames(ctx: Context, id: string, store: Store, value: unknown): Promise<void> {
  const read = readValue(NAMED, value);
  if (!read.success) {
    const shape =
      '[{ "index": 0, "destination": "https://…", "name": "…" }, { "index": 1, "template": "https://…{{ code }}" }]';
    return answerProblem(ctx, 400, `The body must be a JSON array of links: ${shape}. ${read.reason}`);
  }
  const links = read.data.map((link) =>
    'template' in link
      ? { index: link.index, destination: link.template, name: link.name, merged: true as const }
      : link,
  );
  await store.recordLinks(id, links);
  answerJson(ctx, { set: null });
}
