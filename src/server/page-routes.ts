// The pages for the sender, under the base path and without it: for browsers that are logged in; others are sent to the
// login, and back.
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { TelltaleError } from '../base/errors.ts';
import { listedMessages, pageRowsDefault, reportRecipients, urlCharsMax } from '../base/limits.ts';
import { checkChoice } from '../base/options.ts';
import { comparePage } from '../pages/compare-page.ts';
import { listPage, MESSAGE_SORTS } from '../pages/list-page.ts';
import { recipientPage } from '../pages/recipient-page.ts';
import { renderPage } from '../pages/render-page.ts';
import { reportPage, type ServedReport } from '../pages/report-page.ts';
import { RECIPIENT_FILTERS } from '../pages/report-recipients.ts';
import { buildReport } from '../report/build-report.ts';
import { buildTimeline } from '../report/build-timeline.ts';
import { compareMessages } from '../report/compare-messages.ts';
import { listMessages } from '../report/list-messages.ts';
import { listRecipients } from '../report/list-recipients.ts';
import { recipientHistory } from '../report/recipient-history.ts';
import { checkTimeZone } from '../report/time-zone.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyRing } from '../token/key-ring.ts';
import type { ApiAuth } from './api-auth.ts';
import { one } from './api-data.ts';
import { showClickMap, showMail } from './click-map-pages.ts';
import { givePage, LIVE_POLICY, seeOther } from './give-page.ts';
import type { Live } from './live.ts';
import { giveLiveScript } from './live-script.ts';
import { showLogin, takeLogin, takeLogout } from './login.ts';
import { idOf, type PageContext, type PagePlace, placeOf } from './page-place.ts';
import { storeProblemOf } from './problem.ts';
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

/** A page for somebody who is logged in. */
type Show = (ctx: PageContext, of: PagePlace & OpenSession) => Promise<void>;

/** Makes the routes. */
export function pageRoutes({ store, auth, keys, baseUrl, live, now }: PageOptions): Middleware {
  const sessions = makeSessions({ keys, auth, now });
  const prefix = new URL(baseUrl).pathname.replace(/\/+$/, '');
  const login = { sessions, auth, baseUrl };
  const router = new Router();
  const shown =
    (show: Show) =>
    async (ctx: PageContext): Promise<void> => {
      const place = placeOf(ctx, prefix);
      await explaining(ctx, place, async () => {
        const session = await sessions.find(ctx);
        if (session === undefined) return askToLogIn(ctx, place);
        await show(ctx, { ...place, ...session });
      });
    };
  const handled = (handle: (ctx: Context) => Promise<void>) => (ctx: PageContext) =>
    explaining(ctx, placeOf(ctx, prefix), () => handle(ctx));
  for (const base of new Set([prefix, ''])) {
    router.get(
      `${base}/`,
      shown((ctx, of) => showList(ctx, of, store)),
    );
    router.get(
      `${base}/messages/:id`,
      shown((ctx, of) => showReport(ctx, of, store)),
    );
    router.get(
      `${base}/messages/:id/map`,
      shown((ctx, of) => showClickMap(ctx, { ...of, store })),
    );
    router.get(
      `${base}/messages/:id/mail`,
      shown((ctx) => showMail(ctx, { store })),
    );
    router.get(
      `${base}/messages/:id/live`,
      shown((ctx) => live.watch(ctx, idOf(ctx))),
    );
    router.get(`${base}/live.js`, giveLiveScript);
    router.get(
      `${base}/compare`,
      shown((ctx, of) => showComparison(ctx, of, store)),
    );
    router.get(
      `${base}/recipients/:id`,
      shown((ctx, of) => showRecipient(ctx, of, store)),
    );
    router.get(
      `${base}/login`,
      handled((ctx) => showLogin(ctx, login)),
    );
    router.post(
      `${base}/login`,
      handled((ctx) => takeLogin(ctx, login)),
    );
    router.post(
      `${base}/logout`,
      handled((ctx) => takeLogout(ctx, login)),
    );
  }
  return routesOf(router);
}

function askToLogIn(ctx: Context, { path, root }: PagePlace): void {
  const back = encodeURIComponent(path + ctx.search);
  seeOther(ctx, `${root}login${back === '%2F' || back.length > urlCharsMax / 2 ? '' : `?return=${back}`}`);
}

async function showList(ctx: Context, { csrf }: OpenSession, store: Store): Promise<void> {
  const search = one(ctx.query.q)?.trim() ?? '';
  const sort = chosen(
    ctx,
    'sort',
    MESSAGE_SORTS.map((one) => one.sort),
    'newest',
  );
  const cursor = cursorOf(ctx);
  const { items, next } = await listMessages(store, { search, sort, cursor, limit: listedMessages });
  const timelines = await Promise.all(items.map(({ id }) => buildTimeline(store, { message: id })));
  const rows = items.flatMap((summary, place) => {
    const timeline = timelines[place];
    return timeline === undefined ? [] : [{ summary, timeline }];
  });
  givePage(ctx, listPage({ csrf, search, sort, items: rows, next, isFirst: cursor === undefined }));
}

async function showReport(ctx: PageContext, { csrf, root }: PagePlace & OpenSession, store: Store): Promise<void> {
  const message = idOf(ctx);
  const filter = chosen(
    ctx,
    'show',
    RECIPIENT_FILTERS.map((one) => one.filter),
    'all',
  );
  const search = one(ctx.query.find)?.trim() ?? '';
  const cursor = cursorOf(ctx);
  const { tz, wrongZone } = readZone(ctx);
  const [report, timeline, { items, next }] = await Promise.all([
    buildReport(store, { message }),
    buildTimeline(store, { message, tz }),
    listRecipients(store, { message, filter, search, cursor, limit: reportRecipients }),
  ]);
  const recipients = { filter, search, items, next, isFirst: cursor === undefined };
  const links = one(ctx.query.links) === 'all' ? 'all' : 'some';
  const html = reportPage({ report, timeline, recipients, links, wrongZone, csrf, root });
  givePage(ctx, html, wrongZone === null ? 200 : 400, LIVE_POLICY);
}

async function showComparison(ctx: Context, { csrf }: OpenSession, store: Store): Promise<void> {
  const [a, b] = [one(ctx.query.a)?.trim() ?? '', one(ctx.query.b)?.trim() ?? ''];
  if (a === '' || b === '') return givePage(ctx, comparePage({ csrf, a, b, comparison: null, problem: '' }));
  try {
    const comparison = await compareMessages(store, { a, b });
    givePage(ctx, comparePage({ csrf, a, b, comparison, problem: '' }));
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== 'UNKNOWN_MESSAGE') throw error;
    const problem = error.message.replace(SEE_THE_COMMAND, '');
    givePage(ctx, comparePage({ csrf, a, b, comparison: null, problem }), 404);
  }
}

async function showRecipient(ctx: PageContext, { csrf, root }: PagePlace & OpenSession, store: Store): Promise<void> {
  const cursor = cursorOf(ctx);
  const history = await recipientHistory(store, { recipient: idOf(ctx), cursor, limit: pageRowsDefault });
  givePage(ctx, recipientPage({ csrf, root, history, isFirst: cursor === undefined }));
}

function cursorOf(ctx: Context): string | undefined {
  const cursor = one(ctx.query.after);
  return cursor === '' ? undefined : cursor;
}

function chosen<T extends string>(ctx: Context, name: string, allowed: readonly T[], usual: T): T {
  const came = one(ctx.query[name]) ?? '';
  return came === '' ? usual : checkChoice(came, allowed, name);
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

/** Sentences of errors that speak to somebody at a terminal. */
const SEE_THE_COMMAND = / See the list: telltale report\.$/;

const PROBLEMS: Readonly<Record<string, { readonly status: number; readonly heading: string }>> = {
  UNKNOWN_MESSAGE: { status: 404, heading: 'No such message' },
  UNKNOWN_RECIPIENT: { status: 404, heading: 'No such recipient' },
  INVALID_CURSOR: { status: 400, heading: 'No such page of the list' },
  INVALID_OPTION: { status: 400, heading: 'This cannot be shown' },
};

/** Answers with a page that says what is wrong, where that is the browser's doing or the store's. */
async function explaining(ctx: Context, { root }: PagePlace, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    const known = error instanceof TelltaleError ? PROBLEMS[error.code] : undefined;
    if (error instanceof TelltaleError && known !== undefined) {
      const detail = error.message.replace(SEE_THE_COMMAND, '');
      return givePage(ctx, renderPage('problem', { root, csrf: '', heading: known.heading, detail }), known.status);
    }
    const problem = storeProblemOf(error);
    if (problem === undefined) throw error;
    ctx.app.emit('error', error, ctx);
    ctx.set('Retry-After', String(problem.retrySeconds));
    const detail = 'Nothing is lost: what comes meanwhile is kept. Reload this page in a moment.';
    givePage(
      ctx,
      renderPage('problem', { root, csrf: '', heading: 'The database cannot be read just now', detail }),
      503,
    );
  }
}
