// Whether links carry a click id to where they lead, and in which parameter: what the mail says, and what each link says
// with an attribute: `data-telltale-click-id="off"`, `"on"` or a name.
import { CLICK_ID_NAME, type ClickIdName, DEFAULT_CLICK_ID } from '../base/click-id.ts';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { kindOf } from '../base/options.ts';

/** The attribute by which a link says so for itself. */
export const CLICK_ID_ATTRIBUTE = 'data-telltale-click-id';

/** Stands for a name that is none; no name has a blank. */
export const INVALID_NAME = 'no name';

/** True for the parameter `tt_click`, a name for another, false for none. */
export type ClickIdOption = boolean | string;

/**
 * Reads the option; null when it is false, nothing when it is not given.
 *
 * @throws TelltaleError `INVALID_OPTION`.
 */
export function readClickIdOption(option: unknown): string | null | undefined {
  if (option === undefined) return undefined;
  if (typeof option === 'boolean') return option ? DEFAULT_CLICK_ID : null;
  if (typeof option === 'string' && CLICK_ID_NAME.test(option)) return option;
  const came = typeof option === 'string' ? quote(option) : kindOf(option);
  throw new TelltaleError(
    'INVALID_OPTION',
    `clickId must be true, false or the name of a parameter (letters, digits, _ and -, at most 32), but ${came} came.`,
  );
}

/** What a link says for itself: a name, null for none, {@link INVALID_NAME} for what is none; nothing when it says nothing. */
export function readClickIdAttribute(value: string | undefined, ofMail: ClickIdName): string | null | undefined {
  const text = value?.trim();
  if (text === undefined) return undefined;
  if (/^off$/i.test(text)) return null;
  if (text === '' || /^on$/i.test(text)) return ofMail ?? DEFAULT_CLICK_ID;
  return CLICK_ID_NAME.test(text) ? text : INVALID_NAME;
}
