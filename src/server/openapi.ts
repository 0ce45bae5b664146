// The OpenAPI 3.1 document of the API, made of its routes, at /openapi.json for whoever asks: it holds nothing of anybody.
import type { Middleware } from 'koa';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import { SCOPES } from '../base/nouns.ts';
import { answerData, FORMATS } from './api-data.ts';
import { type ApiRoute, ID } from './api-route.ts';
import { PROBLEM } from './api-schemas.ts';

/** Answers with the document, made when it is first asked for. */
export function answerOpenApi(routes: readonly ApiRoute[]): Middleware {
  let document: object | undefined;
  return async (ctx, next) => {
    if (ctx.path !== '/openapi.json' || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
    document ??= openApiDocument(routes);
    answerData(ctx, 'json', document, () => ({ columns: [], rows: [] }));
  };
}

/** Makes the document. */
function openApiDocument(routes: readonly ApiRoute[]): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) {
    const path = route.path.replace(':id', '{id}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Telltale',
      version: '1',
      description: `Opens and clicks of mail, and what they are worth. Scopes: ${SCOPES.join(' < ')}, each with those before it.`,
    },
    servers: [{ url: 'api/v1' }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token, `tt_…`.' } },
    },
  });
}

function operationOf(route: ApiRoute): ZodOpenApiOperationObject {
  const { method, path, scope, summary, query, body } = route;
  const name = path.split('/').map((part) => part.replace(/^:?(.)/, (_, first: string) => first.toUpperCase()));
  return {
    operationId: method + name.join(''),
    summary,
    security: [{ token: [scope] }],
    requestParams: {
      ...(path.includes(':id') && { path: z.object({ id: ID }) }),
      ...(Object.keys(query.shape).length > 0 && { query }),
    },
    ...(body && {
      requestBody: {
        required: true,
        content: {
          [FORMATS.json]: { schema: body.schema },
          ...(body.isLines && { [FORMATS.ndjson]: { schema: z.string() } }),
        },
      },
    }),
    responses: responsesOf(route),
  };
}

const PROBLEMS = {
  400: 'The request cannot be used; the detail says why.',
  401: 'There is no valid token.',
  403: 'The token has not the scope.',
  429: 'Too many invalid tokens came from this address.',
  503: 'The database cannot be used just now.',
};

function responsesOf({
  method,
  answer,
  statuses = [200],
  isStream = false,
  formats = [],
  problems,
}: ApiRoute): ZodOpenApiResponsesObject {
  const others = Object.fromEntries(formats.map((format) => [FORMATS[format], { schema: z.string() }]));
  const types = isStream ? { 'text/event-stream': { schema: z.string() } } : others;
  const whole = answer === undefined ? types : { [FORMATS.json]: { schema: answer }, ...types };
  const content = Object.keys(whole).length === 0 ? {} : { content: whole };
  const answers = statuses.map((status) => [status, { description: ANSWERS[status] ?? 'The answer.', ...content }]);
  const unchanged =
    method === 'get' && !isStream ? [[304, { description: 'What `If-None-Match` names is still so.' }]] : [];
  const refusals = Object.entries({ ...PROBLEMS, ...problems }).map(([status, description]) => [
    status,
    { description, content: { 'application/problem+json': { schema: PROBLEM } } },
  ]);
  return Object.fromEntries([...answers, ...unchanged, ...refusals]);
}

const ANSWERS: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  204: 'Done; there is nothing to say of it.',
};
