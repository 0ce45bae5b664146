// The API under /api/v1: its routes in one place, each guarded by its scope.
import Router from '@koa/router';
import type { Middleware } from 'koa';
import { type ApiAuth, guarded } from './api-auth.ts';
import type { ApiParts, ApiRoute } from './api-route.ts';
import { consentRoutes } from './consent-api.ts';
import { controlRoutes } from './control-api.ts';
import { conversionRoutes } from './conversion-api.ts';
import { deliveryRoutes } from './delivery-api.ts';
import { eraseRoutes } from './erase-api.ts';
import { messageRoutes } from './message-api.ts';
import { answerProblem } from './problem.ts';
import { recipientRoutes } from './recipient-api.ts';
import { routesOf } from './routes-of.ts';
import { sendRoutes } from './send-api.ts';
import { suppressionRoutes } from './suppression-api.ts';
import { webhookRoutes } from './webhook-api.ts';

/** All routes, in the order of the documentation. */
export function apiRoutes(parts: ApiParts): readonly ApiRoute[] {
  return [
    ...messageRoutes(parts),
    ...recipientRoutes(parts),
    ...sendRoutes(parts),
    ...deliveryRoutes(parts),
    ...conversionRoutes(parts),
    ...consentRoutes(parts),
    ...eraseRoutes(parts),
    ...suppressionRoutes(parts),
    ...controlRoutes(parts),
    ...webhookRoutes(parts),
  ];
}

/** Answers the API. */
export function answerApi(routes: readonly ApiRoute[], auth: ApiAuth): Middleware {
  const router = new Router({ prefix: '/api/v1' });
  for (const { method, path, scope, handle } of routes) router[method](path, guarded(scope, auth, handle));
  router.all(
    '/{*rest}',
    guarded('read', auth, async (ctx) => answerProblem(ctx, 404, 'There is nothing at this path. See docs/api.md.')),
  );
  return routesOf(router);
}
