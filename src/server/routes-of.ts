// A router as a plain Koa middleware: its own type asks for a context that the router itself fills in.
import type Router from '@koa/router';
import type { Middleware } from 'koa';

export function routesOf(router: Router): Middleware {
  return router.routes() as unknown as Middleware;
}
