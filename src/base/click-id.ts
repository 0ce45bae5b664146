// The parameter in which a click id travels to a shop.

/** The name of the parameter in which a link carries a click id; nothing where it carries none. */
export type ClickIdName = string | undefined;

/** The name where nobody says another. */
export const DEFAULT_CLICK_ID = 'tt_click';

/** What a parameter may be called: it needs no escapes, and a shop's script finds it again. */
export const CLICK_ID_NAME: RegExp = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/;
