// The pages for the sender, under the base path and without it: for browsers that are logged in; others are sent to the
// login, and back.
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { ATTRIBUTION_MODELS } from '../base/conversion.ts';
import { TelltaleError } from '../base/errors.ts';
import { listedMessages, pageRowsDefault, reportRecipients, urlCharsMax } from '../base/limits.ts';
import { checkChoice } from '../base/options.ts';
import { comparePage } from '../pages/compare-page.ts';
import { listPage, MESSAGE_SORTS } from '../pages/list-page.ts';
import { recipientPage } from '../pages/recipient-page.ts';
import { reportPage, type ServedReport } from '../pages/report-page.ts';
import { RECIPIENT_FILTERS } from '../pages/report-recipients.ts';
import { buildReport } from '../report/build-report.ts';
import { buildTimeline } from '../report/build-timeline.ts';
import { compareMessages } from '../report/compare-messages.ts';
import { listMessages } from '../report/list-messages.ts';
import { listRecipients } from '../report/list-recipients.ts';
import { recipientHistory } from '../report/recipient-history.ts';
import { toCsv } from '../report/report-csv.ts';
import { reportRows } from '../report/report-rows.ts';
import { checkTimeZone } from '../report/time-zone.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { setCommonHeaders } from './answer.ts';
import type { ApiAuth } from './api-auth.ts';
import { one } from './api-data.ts';
import { asFile } from './as-file.ts';
import { showClickMap, showMail } from './click-map-pages.ts';
import { explaining, forPages } from './explain-problem.ts';
import { givePage, seeOther } from './give-page.ts';
import type { Live } from './live.ts';
import { showLogin, takeLogin, takeLogout } from './login.ts';
import { makeLoginForms } from './login-forms.ts';
import { idOf, type PageContext, type PagePlace, pageOf, placeOf } from './page-place.ts';
import { routesOf } from './routes-of.ts';
import { makeSessions, type OpenSession } from './sessions.ts';

export interface PageOptions {
  readonly store: Store;
  readonly auth: ApiAuth;
  readonly keys: KeyRing;
  readonly baseUrl: string;
  readonly live: Live;
  readonly now: () => number;
}

/** Shows a page to somebody who is logged in. */
type Show = (ctx: PageContext, of: PagePlace & OpenSession & Pick<PageOptions, 'store' | 'live'>) => Promise<void>;

const PAGES: Readonly<Record<string, Show>> = {
  '/': showList,
  '/messages/:id': showReport,
  '/messages/:id/report.csv': giveCsv,
  '/messages/:id/map': showClickMap,
  '/messages/:id/mail': showMail,
  '/messages/:id/live': (ctx, { live }) => live.watch(ctx, idOf(ctx)),
  '/compare': showComparison,
  '/recipients/:id': showRecipient,
};

/** Makes the routes. */
export function pageRoutes({ store, auth, keys, baseUrl, live, now }: PageOptions): Middleware {
  const sessions = makeSessions({ keys, auth, now });
  const login = { sessions, forms: makeLoginForms({ keys, now }), auth, baseUrl };
  const prefix = new URL(baseUrl).pathname.replace(/\/+$/, '');
  const router = new Router({ strict: true, sensitive: true });

  const answering = (answer: (ctx: PageContext, place: PagePlace) => Promise<void>) => (ctx: PageContext) => {
    const place = placeOf(ctx, prefix);
    return explaining(ctx, place.root, () => answer(ctx, place));
  };
  const shown = (show: Show) =>
    answering(async (ctx, place) => {
      const session = await sessions.find(ctx);
      if (session === undefined) askToLogIn(ctx, place);
      else await show(ctx, { ...place, ...session, store, live });
    });
  const loggingIn = answering((ctx) => showLogin(ctx, login));
  const loggedIn = answering((ctx) => takeLogin(ctx, login));
  const loggedOut = answering((ctx) => takeLogout(ctx, login));
  for (const base of new Set([prefix, ''])) {
    for (const [path, show] of Object.entries(PAGES)) router.get(base + path, shown(show));
    router.get(`${base}/login`, loggingIn);
    router.post(`${base}/login`, loggedIn);
    router.post(`${base}/logout`, loggedOut);
    router.get(`${base}/messages`, async (ctx) => seeOther(ctx, './'));
  }
  // Relative addresses need the slash at the end.
  if (prefix !== '') router.get(prefix, async (ctx) => seeOther(ctx, `${prefix.slice(prefix.lastIndexOf('/') + 1)}/`));
  return routesOf(router);
}

function askToLogIn(ctx: Context, { path, root }: PagePlace): void {
  const back = encodeURIComponent(pageOf(path) + ctx.search);
  seeOther(ctx, `${root}login${back === '%2F' || back.length > urlCharsMax / 2 ? '' : `?return=${back}`}`);
}

async function showList(ctx: PageContext, { csrf, store }: Parameters<Show>[1]): Promise<void> {
  const search = one(ctx.query.q)?.trim() ?? '';
  const sort = chosen(ctx, { name: 'sort', allowed: MESSAGE_SORTS.map(({ sort }) => sort), usual: 'newest' });
  const cursor = cursorOf(ctx);
  const { items, next } = await listMessages(store, { search, sort, cursor, limit: listedMessages });
  const timelines = await Promise.all(items.map(({ id }) => buildTimeline(store, { message: id, hoursOnly: true })));
  const rows = items.flatMap((summary, place) => {
    const timeline = timelines[place];
    return timeline === undefined ? [] : [{ summary, timeline }];
  });
  givePage(ctx, listPage({ csrf, search, sort, items: rows, next, isFirst: cursor === undefined }));
}

async function showReport(ctx: PageContext, { csrf, root, store }: Parameters<Show>[1]): Promise<void> {
  const message = idOf(ctx);
  const filter = chosen(ctx, { name: 'show', allowed: RECIPIENT_FILTERS.map(({ filter }) => filter), usual: 'all' });
  const search = one(ctx.query.find) ?? '';
  const cursor = cursorOf(ctx);
  const { tz, wrongZone } = readZone(ctx);
  const attribution = chosen(ctx, { name: 'attribution', allowed: ATTRIBUTION_MODELS, usual: 'last' });
  const [report, timeline, { items, next }] = await Promise.all([
    buildReport(store, { message, attribution }),
    buildTimeline(store, { message, tz, attribution }),
    listRecipients(store, { message, filter, search, cursor, limit: reportRecipients }),
  ]);
  const recipients = { filter, search, items, next, isFirst: cursor === undefined };
  const links = one(ctx.query.links) === 'all' ? 'all' : 'some';
  const html = reportPage({ report, timeline, recipients, links, wrongZone, csrf, root });
  givePage(ctx, html, wrongZone === null ? 200 : 400);
}

/** The report as the API has it, as a file to keep. */
async function giveCsv(ctx: PageContext, { store }: Parameters<Show>[1]): Promise<void> {
  const message = idOf(ctx);
  const report = await buildReport(store, { message });
  setCommonHeaders(ctx);
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Content-Disposition', asFile(message, 'csv'));
  ctx.body = toCsv(reportRows(report));
  ctx.type = 'text/csv; charset=utf-8';
}

async function showComparison(ctx: PageContext, { csrf, store }: Parameters<Show>[1]): Promise<void> {
  const [a, b] = [one(ctx.query.a) ?? '', one(ctx.query.b) ?? ''];
  if (a === '' || b === '') return givePage(ctx, comparePage({ csrf, a, b, comparison: null, problem: '' }));
  try {
    const comparison = await compareMessages(store, { a, b });
    givePage(ctx, comparePage({ csrf, a, b, comparison, problem: '' }));
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== 'UNKNOWN_MESSAGE') throw error;
    const problem = forPages(error.message);
    givePage(ctx, comparePage({ csrf, a, b, comparison: null, problem }), 404);
  }
}

async function showRecipient(ctx: PageContext, { csrf, root, store }: Parameters<Show>[1]): Promise<void> {
  const cursor = cursorOf(ctx);
  const history = await recipientHistory(store, { recipient: idOf(ctx), cursor, limit: pageRowsDefault });
  givePage(ctx, recipientPage({ csrf, root, history, isFirst: cursor === undefined }));
}

function cursorOf(ctx: Context): string | undefined {
  const cursor = one(ctx.query.after);
  return cursor === '' ? undefined : cursor;
}

function chosen<T extends string>(
  ctx: Context,
  of: { readonly name: string; readonly allowed: readonly T[]; readonly usual: NoInfer<T> },
): T {
  const came = one(ctx.query[of.name]) ?? '';
  return came === '' ? of.usual : checkChoice(came, of.allowed, of.name);
}

function readZone(ctx: Context): { readonly tz: string } & Pick<ServedReport, 'wrongZone'> {
  const name = one(ctx.query.tz)?.trim() ?? '';
  try {
    return { tz: name === '' ? 'UTC' : checkTimeZone(name), wrongZone: null };
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error;
    return { tz: 'UTC', wrongZone: { name, problem: error.message } };
  }
}
