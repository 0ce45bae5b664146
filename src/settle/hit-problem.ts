// Says why no store can ever take a hit: it is not what a collector makes. Such a hit is parked, so that it stops no other.
import { idProblem } from '../base/ids.ts';
import { destinationCharsMax } from '../base/limits.ts';
import { type Hit, type HitLink, NETWORK_KINDS } from '../base/nouns.ts';

const KINDS: ReadonlySet<unknown> = new Set(['open', 'click', 'unsubscribe']);
const NETWORKS: ReadonlySet<unknown> = new Set(NETWORK_KINDS);
const LEVELS: ReadonlySet<unknown> = new Set(['aggregate', 'individual']);

/** What is wrong with a hit; nothing when it can be settled. */
export function hitProblem(hit: Hit): string | undefined {
  if (typeof hit !== 'object') return 'it is no hit';
  if (!/^[0-9a-f]{32}$/.test(hit.id)) return 'its id is not 32 hexadecimal digits';
  if (Number.parseInt(hit.id.slice(0, 12), 16) !== hit.atMs) return 'its id does not begin with its time';
  if (!KINDS.has(hit.kind)) return 'its kind is unknown';
  if (!LEVELS.has(hit.level)) return 'its level is unknown';
  const message = idProblem(hit.message);
  if (message !== undefined) return `its message id cannot be used: ${message}`;
  const recipient = hit.recipient === null ? undefined : idProblem(hit.recipient);
  if (recipient !== undefined) return `its recipient id cannot be used: ${recipient}`;
  if (hit.peer !== null && !/^[0-9a-f]{16}$/.test(hit.peer)) return 'its peer is not 16 hexadecimal digits';
  if (!NETWORKS.has(hit.network)) return 'its network is of no known kind';
  if (!/^[\w.-]{1,40}$/.test(hit.networkLists)) return 'its lists of networks have no name';
  if (typeof hit.test !== 'boolean' || typeof hit.repeat !== 'boolean') return 'a flag is neither true nor false';
  if (typeof hit.method !== 'string') return 'its method is no text';
  if (hit.link !== null && !isLink(hit.link)) return 'its link is none';
  if (!isTexts(hit.headers)) return 'its headers are not texts';
  return undefined;
}

function isLink(link: HitLink): boolean {
  if (typeof link !== 'object' || !Number.isSafeInteger(link.index)) return false;
  return typeof link.destination === 'string' && link.destination.length <= destinationCharsMax;
}

function isTexts(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  return Object.values(headers).every((value) => typeof value === 'string');
}
