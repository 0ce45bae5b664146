// Reads the number of a link from the command line.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { linksMax } from '../base/limits.ts';

/** @throws TelltaleError `USAGE`. */
export function readLinkIndex(text: string): number {
  if (/^\d{1,7}$/.test(text) && Number(text) < linksMax) return Number(text);
  throw new TelltaleError(
    'USAGE',
    `A link is named by its number, from 0, as the report of its message shows it, but ${quote(text)} came.`,
  );
}
