// The API of the control state: what is revoked, by whom, and the links that short URLs name.
import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import type { Revocable } from '../base/control-change.ts';
import { DESTINATION_PROBLEMS, parseDestination, stripUrl } from '../base/destination.ts';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { parseHost } from '../base/host.ts';
import { idProblem } from '../base/ids.ts';
import { linkNameCharsMax, linksMax, shortLinksMax } from '../base/limits.ts';
import type { Revocation } from '../store/control-rows.ts';
import type { Store } from '../store/open-store.ts';
import { shortSetOf } from '../token/short-link-token.ts';
import { type ApiAuth, type Caller, guarded } from './api-auth.ts';
import { answerData, answerJson, parseJson, readListQuery, readText, reasonOf } from './api-data.ts';
import { answerProblem } from './problem.ts';

/** Adds the routes. */
export function addControlRoutes(
  router: Router,
  { store, auth }: { readonly store: Store; readonly auth: ApiAuth },
): void {
  router.get(
    '/revocations',
    guarded('read', auth, (ctx) => answerRevocations(ctx, store)),
  );
  router.post(
    '/revocations',
    guarded('admin', auth, (ctx, caller) => takeRevocation(ctx, store, caller)),
  );
  router.delete(
    '/revocations',
    guarded('admin', auth, (ctx, caller) => undoRevocation(ctx, store, caller)),
  );
  router.post(
    '/messages/:id/links',
    guarded('write', auth, (ctx, caller) => takeLinks(ctx, ctx.params.id ?? '', store, caller)),
  );
}

const CURSOR = /^r(\d{1,15})$/;

async function answerRevocations(ctx: Context, store: Store): Promise<void> {
  const query = readListQuery(ctx);
  if (query === undefined) return;
  const { cursor, limit } = query;
  const after = cursor === undefined ? null : CURSOR.exec(cursor)?.[1];
  if (after === undefined) return answerProblem(ctx, 400, 'cursor must be the "next" of an earlier page.');
  const rows = await store.listRevocations({ after: after === null ? null : Number(after), limit: limit + 1 });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last !== undefined ? `r${last.place}` : null;
  const items = page.map(toJson);
  answerData(ctx, { items, next }, () => ({ columns: COLUMNS, rows: items }));
}

const COLUMNS = ['kind', 'message', 'index', 'host', 'revokedAt', 'revokedBy', 'restoredAt', 'restoredBy'];

function toJson({ of, revokedAt, revokedBy, restoredAt, restoredBy }: Revocation) {
  return { ...of, revokedAt, revokedBy, restoredAt, restoredBy };
}

const MESSAGE = z.string().superRefine((id, context) => {
  const problem = idProblem(id);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

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
  z.strictObject({ kind: z.literal('message'), message: MESSAGE }),
  z.strictObject({ kind: z.literal('link'), message: MESSAGE, index: INDEX }),
  z.strictObject({ kind: z.literal('host'), host: HOST }),
]);

async function takeRevocation(ctx: Context, store: Store, caller: Caller): Promise<void> {
  const text = await readText(ctx);
  const of = text === undefined ? undefined : readRevocable(ctx, parseJson(text));
  if (of === undefined) return;
  answerJson(ctx, toJson(await store.revoke(of, caller.by)));
}

/** What is to be undone stands in the body, or in the query, since some clients send no body with a DELETE. */
async function undoRevocation(ctx: Context, store: Store, caller: Caller): Promise<void> {
  const text = ctx.querystring === '' ? await readText(ctx) : JSON.stringify(ctx.query);
  const of = text === undefined ? undefined : readRevocable(ctx, parseJson(text));
  if (of === undefined) return;
  const undone = await store.restore(of, caller.by);
  if (undone === undefined) return answerProblem(ctx, 404, 'This is not revoked. See: GET /api/v1/revocations.');
  answerJson(ctx, toJson(undone));
}

function readRevocable(ctx: Context, value: unknown): Revocable | undefined {
  const read = REVOCABLE.safeParse(value);
  if (read.success) return read.data;
  const shapes =
    '{ "kind": "message", "message": "…" }, { "kind": "link", "message": "…", "index": 0 } or { "kind": "host", "host": "…" }';
  answerProblem(ctx, 400, `Say what is revoked: ${shapes}. ${reasonOf(read.error)}`);
  return undefined;
}

const DESTINATION = z.string().transform((text, context) => {
  const destination = parseDestination(stripUrl(text));
  if (destination.ok) return destination.url;
  context.addIssue({ code: 'custom', message: DESTINATION_PROBLEMS[destination.reason] });
  return z.NEVER;
});

const LINKS = z
  .array(
    z.strictObject({
      index: z
        .int()
        .min(0)
        .max(shortLinksMax - 1),
      destination: DESTINATION,
      name: z
        .string()
        .transform((name) => name.slice(0, linkNameCharsMax))
        .default(''),
    }),
  )
  .min(1)
  .max(shortLinksMax)
  .refine((links) => new Set(links.map(({ index }) => index)).size === links.length, 'two links have one index');

async function takeLinks(ctx: Context, id: string, store: Store, caller: Caller): Promise<void> {
  const problem = idProblem(id);
  if (problem !== undefined) return answerProblem(ctx, 400, `The message id in the path cannot be used: ${problem}.`);
  const text = await readText(ctx);
  if (text === undefined) return;
  const read = LINKS.safeParse(parseJson(text));
  if (!read.success) {
    return answerProblem(
      ctx,
      400,
      `The body must be a JSON array of links: [{ "index": 0, "destination": "https://…", "name": "…" }]. ${reasonOf(read.error)}`,
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
