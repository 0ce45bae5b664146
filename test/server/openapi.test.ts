// The OpenAPI document: what it says is what is answered, and what docs/api.md says.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/server/api.ts';
import { makeLive } from '../../src/server/live.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { ask, startTestService, type TestService } from '../support/service.ts';
import { settleHits } from '../support/stores.ts';

interface Operation {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
    readonly schema: object;
  }[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly securitySchemes: object; readonly schemas: Readonly<Record<string, object>> };
}

let service: TestService;
let document: Document;
let token: string;
beforeAll(async () => {
  service = await startTestService();
  document = JSON.parse((await ask(`${service.url}/openapi.json`)).text);
  token = (await service.store.createApiToken('admin')).token;
});
afterAll(() => service.end());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );

const namesOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

describe('the OpenAPI document', () => {
  it('is one of OpenAPI 3.1 that anybody may read', async () => {
    const { status, headers } = await ask(`${service.url}/openapi.json`);
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'Telltale', version: '1' });
    expect(document.components.securitySchemes).toEqual({
      token: expect.objectContaining({ type: 'http', scheme: 'bearer' }),
    });
  });

  it('names each operation once, with its scope, the parameters of its path and what is answered', () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, security, parameters = [], responses } of operations()) {
      expect(security).toEqual([{ token: [expect.stringMatching(/^(read|write|admin)$/)] }]);
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(namesOf(path));
      for (const { required, schema } of inPath) expect([required, schema]).toEqual([true, expect.any(Object)]);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '401', '403', '429', '503']));
      for (const { description } of Object.values(responses)) expect(description).not.toBe('');
    }
  });

  it('refers to nothing that is not in it', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(references.length).toBeGreaterThan(10);
    for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  it('has the routes of docs/api.md, with their scopes, and no others', async () => {
    const page = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(GET|PUT|POST|DELETE) (\/[^`?]*)[^`]*` +\| (read|write|admin) +\|/gm)];
    const documented = rows.map(
      ([, method = '', path = '', scope]) => `${method} ${path.replace(':id', '{id}')} ${scope}`,
    );
    const made = operations().map(
      ({ method, path, security }) => `${method.toUpperCase()} ${path} ${security[0]?.['token']}`,
    );
    expect(documented.sort()).toEqual(made.sort());
  });

  it('has query parameters that docs/api.md names', async () => {
    const page = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
    const names = operations().flatMap(({ parameters = [] }) =>
      parameters.filter((one) => one.in === 'query').map(({ name }) => name),
    );
    for (const name of new Set(names))
      expect([name, page]).toEqual([name, expect.stringMatching(new RegExp(`[?&\`]${name}\\b`))]);
  });
});

describe('what is answered', () => {
  it('is what the schemas say, key for key', async () => {
    const { store } = service;
    const sends = ['r1', 'r2'].map((recipient) => ({ recipient, atMs: startMs, domain: 'example.com' }));
    for (const message of ['a', 'b']) await store.recordSends(message, sends);
    await settleHits(store, [
      makeHit({ message: 'a' }),
      makeHit({ message: 'a', link: makeLink() }),
      makeHit({ message: 'a', kind: 'unsubscribe' }),
    ]);
    await store.describeMessage('a', { name: 'A', cost: '1', currency: 'EUR' });
    await store.revoke({ kind: 'link', message: 'a', index: 3 }, 'command');
    const paths: Readonly<Record<string, string>> = {
      '/compare': '/compare?a=a&b=b',
      '/messages/:id': '/messages/a?include=test',
    };
    const live = makeLive({ source: store, closing: undefined, onProblem: () => undefined });
    const all = apiRoutes({ store, keys: service.keys, live, now: Date.now });
    const routes = all.filter(({ method, isStream }) => method === 'get' && isStream !== true);
    expect(routes).toHaveLength(14);
    for (const { path, answer } of routes) {
      const id = path.startsWith('/recipients') ? 'r1' : 'a';
      const url = `${service.url}/api/v1${(paths[path] ?? path).replace(':id', id)}`;
      const { status, text } = await ask(url, { headers: { authorization: `Bearer ${token}` } });
      const value: unknown = JSON.parse(text);
      expect([path, status, answer?.safeParse(value).error]).toEqual([path, 200, undefined]);
      expect(answer?.parse(value)).toEqual(value);
    }
  });
});
