// Where a page stands: its path below the base path, and how one gets from it to the list of messages. All addresses in
// pages are relative, so they hold below any base path, whoever cuts it off.
import type { Context } from 'koa';
import { one } from './api-data.ts';

/** A request that a route has taken. */
export type PageContext = Context & { readonly params: Readonly<Record<string, string | undefined>> };

export interface PagePlace {
  /** `/messages/spring-sale`, without the base path. */
  readonly path: string;
  /** `./` or `../`. */
  readonly root: string;
}

/** The id in the path, or in the query where a browser would take it for a step up. */
export function idOf(ctx: PageContext): string {
  const { id = '' } = ctx.params;
  return id === '-' ? (one(ctx.query.id) ?? id) : id;
}

/** The place of a request; `prefix` is the path of the base URL, or empty. */
export function placeOf({ path }: Pick<Context, 'path'>, prefix: string): PagePlace {
  const own = prefix !== '' && path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
  const steps = own.split('/').length - 2;
  return { path: own, root: steps === 0 ? './' : '../'.repeat(steps) };
}

/** The page that a path belongs to: files, frames and streams are none that one can come back to. */
export function pageOf(path: string): string {
  return path.replace(/^(\/messages\/[^/]+)\/(?:report\.csv|mail|live)$/, '$1');
}

/**
 * A path of ours that one may be sent to after logging in, or the list of messages for anything else: another origin in
 * whatever spelling (`//evil`, `/\evil`, `https:evil`), controls, what is no path.
 */
export function returnPathOf(text: string): string {
  if (!/^\/[!-[\]-~]*$/.test(text) || text.startsWith('//')) return '/';
  if (!URL.canParse(text, NOWHERE)) return '/';
  const { origin, pathname, search } = new URL(text, NOWHERE);
  return origin !== NOWHERE || pathname.startsWith('//') ? '/' : pathname + search;
}

const NOWHERE = 'http://telltale.invalid';
