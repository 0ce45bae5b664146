// Addresses of pages, relative to the page they stand in: they work below any base path, whether a proxy in front cuts it off
// or not, and can lead nowhere else.

/** `../messages/spring-sale`: a page of one thing by its id; `root` leads from the page it stands in to the list of messages. */
export function addressOf(root: string, kind: 'messages' | 'recipients', id: string): string {
  return pageOf(root, kind, id, '', {});
}

/** `../messages/spring-sale/map?width=phone`: a page about a part of it. */
export function partOf(root: string, message: string, part: string, query: Readonly<Record<string, string>>): string {
  return pageOf(root, 'messages', message, `/${part}`, query);
}

function pageOf(root: string, kind: string, id: string, part: string, query: Readonly<Record<string, string>>): string {
  // A browser takes these for steps up, also in escapes (WHATWG URL), so they go by the query.
  if (id === '.' || id === '..') return `${root}${kind}/-${part}${queryOf({ id, ...query })}`;
  const search = queryOf(query);
  return `${root}${kind}/${encodeURIComponent(id)}${part}${search === '?' ? '' : search}`;
}

/** `?a=1&b=2` of what is not empty; `?` for none, which is the same page without a query. */
export function queryOf(values: Readonly<Record<string, string>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== '');
  return `?${new URLSearchParams(given)}`;
}
