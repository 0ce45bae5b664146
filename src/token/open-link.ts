// L in either of the forms that carry their destination: readable, or sealed for one recipient.
import type { ClickIdName } from '../base/click-id.ts';
import type { Addressee, HitLink } from '../base/nouns.ts';
import type { RingKey } from './key-ring.ts';
import { openLinkToken } from './link-token.ts';
import { openMergedLink } from './merged-link-token.ts';
import type { TokenProblem } from './sealed-token.ts';

export type OpenedLink =
  | { readonly ok: true; readonly link: HitLink; readonly clickId: ClickIdName; readonly isMerged: boolean }
  | { readonly ok: false; readonly reason: TokenProblem };

/** Opens L beside the R of `to`, or says why not. `key` is the key R was sealed with. */
export function openLink(key: RingKey, to: Addressee, text: string): OpenedLink {
  const readable = openLinkToken(key, to.message, text);
  if (readable.ok) return { ...readable, isMerged: false };
  if (readable.reason !== 'malformed') return readable;
  const merged = openMergedLink(key, to, text);
  return merged.ok ? { ...merged, isMerged: true } : merged;
}
