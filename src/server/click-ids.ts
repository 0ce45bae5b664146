// Click ids: what a redirect adds to where it leads. Made of the tokens of the request alone, so without a database; what
// cannot be added is counted, and the reader goes where the link leads without it.
import type { ClickIdName } from '../base/click-id.ts';
import { destinationCharsMax } from '../base/limits.ts';
import { addParameter, hasParameter, signedAs } from '../base/signed-url.ts';

/** Why a link that asks for a click id has none. */
export type ClickIdOmission = 'too-long' | 'signed-url' | 'taken';

export type WithClickId =
  | { readonly url: string; readonly omitted?: undefined }
  | { readonly url: string; readonly omitted: ClickIdOmission };

/** Adds a click id to a destination, which stays as it is otherwise. */
export function withClickId(url: string, name: NonNullable<ClickIdName>, clickId: string): WithClickId {
  // A link that was corrected may lead to what it did not lead to when it was compiled.
  if (signedAs(url) !== undefined) return { url, omitted: 'signed-url' };
  if (hasParameter(url, name)) return { url, omitted: 'taken' };
  const added = addParameter(url, name, clickId);
  return added.length > destinationCharsMax ? { url, omitted: 'too-long' } : { url: added };
}
