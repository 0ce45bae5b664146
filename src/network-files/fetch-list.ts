// Fetches a list from where its owner publishes it: over https alone, so large and so long at most, and read as the format
// it should have. What comes is a list or an error.
import { messageOf, TelltaleError } from '../base/errors.ts';
import { networkFetchMs, networkListBytesMax } from '../base/limits.ts';
import type { NetworkList } from '../networks/network-list.ts';
import { readPublishedList } from '../networks/read-published-list.ts';
import type { ShippedList } from '../networks/shipped-list.ts';

/** Gets the text at an address. */
export type FetchText = (url: string) => Promise<string>;

export interface FetchListOptions {
  readonly fetchText: FetchText;
  /** The day, for documents that give none: `2026-11-20`. */
  readonly today: string;
}

/**
 * Fetches a list that has an address.
 *
 * @throws TelltaleError `FETCH_FAILED`, `INVALID_NETWORKS`.
 */
export async function fetchList(
  shipped: ShippedList & Required<Pick<ShippedList, 'update'>>,
  { fetchText, today }: FetchListOptions,
): Promise<NetworkList> {
  const { urls, format } = shipped.update;
  const documents: string[] = [];
  for (const url of urls) documents.push(await fetchText(url));
  const { ranges, date = today } = readPublishedList(format, documents);
  return { id: shipped.id, kind: shipped.kind, source: urls.join(' '), date, ranges };
}

/**
 * Makes what gets documents, each once, from their own addresses or from a mirror that has them under
 * `<mirror>/<host>/<path>`.
 */
export function prepareFetchText(mirror?: string): FetchText {
  const fetched = new Map<string, Promise<string>>();
  return (url) => {
    const address = mirror === undefined ? url : mirrored(url, mirror);
    const before = fetched.get(address);
    if (before !== undefined) return before;
    const fetching = fetchText(address);
    fetched.set(address, fetching);
    return fetching;
  };
}

function mirrored(url: string, mirror: string): string {
  const { host, pathname, search } = new URL(url);
  return `${mirror.replace(/\/+$/, '')}/${host}${pathname}${search}`;
}

async function fetchText(url: string): Promise<string> {
  try {
    if (!isSafe(url)) throw new Error('it is no https address');
    const response = await fetch(url, {
      signal: AbortSignal.timeout(networkFetchMs),
      headers: { 'user-agent': 'telltale' },
    });
    if (!isSafe(response.url)) throw new Error(`it leads on to ${response.url}, which is no https address`);
    if (!response.ok) throw new Error(`the answer was ${response.status}`);
    return await readBody(response);
  } catch (error) {
    throw new TelltaleError('FETCH_FAILED', `${url} could not be fetched: ${reasonOf(error)}.`, { cause: error });
  }
}

/** Plain http only on this machine. */
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > networkListBytesMax) throw new Error(`the answer has over ${networkListBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What fetch hides behind "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : messageOf(cause);
}
