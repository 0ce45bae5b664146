// Makes the link part of a tracked URL, unless the URL would be longer than gateways bear.
import type { ClickIdName } from '../base/click-id.ts';
import { idBytesMax, trackedUrlCharsMax } from '../base/limits.ts';
import type { HitLink } from '../base/nouns.ts';

/** Makes L, of a link and the parameter in which a click id is added. */
export type SignLink = (link: HitLink, clickId: ClickIdName) => string;

interface FitInput {
  readonly baseUrl: string;
  /** Characters of R for a recipient id of that many bytes. */
  readonly tokenChars: (recipientBytes: number) => number;
  /** Bytes of the longest recipient id to expect; 0 when the sender does not say. */
  readonly recipientBytes: number;
  readonly signLink: SignLink;
}

/** Makes L, or nothing when the tracked URL could be too long. */
export type Fit = (
  link: Omit<HitLink, 'honeypot'> & { readonly honeypot?: true; readonly clickId?: ClickIdName },
) => string | undefined;

export function makeFit(input: FitInput): Fit {
  const fixed = input.baseUrl.length + '/c//'.length + input.tokenChars(input.recipientBytes || idBytesMax);
  return ({ index, count, destination, honeypot = false, clickId }) => {
    const token = input.signLink({ index, count, destination, honeypot }, clickId);
    return fixed + token.length <= trackedUrlCharsMax ? token : undefined;
  };
}
