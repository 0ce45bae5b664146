// Counts the attributes of tags ahead of the parser, which compares each attribute of a tag with all earlier ones.
// Only the parser knows where a tag begins (not in a comment, a style, a title, and so on), so this scan follows the
// tokenizer from every `<` that could begin one, all at once: it may count too many, never too few.
import { isBlank } from './scan-attribute.ts';

/** The tokenizer's states inside a tag; the numbers index {@link NEXT}. */
const TAG_NAME = 0;
const BEFORE_NAME = 1;
const NAME = 2;
const AFTER_NAME = 3;
const BEFORE_VALUE = 4;
const DOUBLE_QUOTED = 5;
const SINGLE_QUOTED = 6;
const UNQUOTED = 7;
const END = 8;
const STATES = 8;

/** The state after a blank, `/`, `>`, `=`, `"`, `'` and any other character, for each state (HTML, 13.2.5.8-40). */
const NEXT: readonly (readonly number[])[] = [
  [BEFORE_NAME, BEFORE_NAME, END, TAG_NAME, TAG_NAME, TAG_NAME, TAG_NAME],
  [BEFORE_NAME, BEFORE_NAME, END, NAME, NAME, NAME, NAME],
  [AFTER_NAME, BEFORE_NAME, END, BEFORE_VALUE, NAME, NAME, NAME],
  [AFTER_NAME, BEFORE_NAME, END, BEFORE_VALUE, NAME, NAME, NAME],
  [BEFORE_VALUE, UNQUOTED, END, UNQUOTED, DOUBLE_QUOTED, SINGLE_QUOTED, UNQUOTED],
  [DOUBLE_QUOTED, DOUBLE_QUOTED, DOUBLE_QUOTED, DOUBLE_QUOTED, BEFORE_NAME, DOUBLE_QUOTED, DOUBLE_QUOTED],
  [SINGLE_QUOTED, SINGLE_QUOTED, SINGLE_QUOTED, SINGLE_QUOTED, SINGLE_QUOTED, BEFORE_NAME, SINGLE_QUOTED],
  [BEFORE_NAME, UNQUOTED, END, UNQUOTED, UNQUOTED, UNQUOTED, UNQUOTED],
];

/** Kinds of characters: the columns of {@link NEXT}. */
const KINDS = 7;
const BLANK = 0;
const OTHER = 6;
const MARKS = '/>="\'';

/** The kind of each ASCII character; all others are {@link OTHER}. */
const KIND_OF = Uint8Array.from({ length: 128 }, (_, code) => {
  const mark = MARKS.indexOf(String.fromCharCode(code));
  if (isBlank(code)) return BLANK;
  return mark < 0 ? OTHER : mark + 1;
});

/** For each set of states and kind of character, 1 when every state stays what it is: most characters change nothing. */
const STAYS = Uint8Array.from({ length: KINDS << STATES }, (_, at) => {
  const [inside, kind] = [Math.floor(at / KINDS), at % KINDS];
  return NEXT.every((to, state) => (inside & (1 << state)) === 0 || to[kind] === state) ? 1 : 0;
});

/** Whether any tag of `source` could have more than `max` attributes. */
export function hasTagWithOver(max: number, source: string): boolean {
  // The most attributes of a tag that is in each state at the place of the scan, for the states that `inside` names.
  let counts = new Int32Array(STATES);
  let following = new Int32Array(STATES);
  let inside = 0;
  let at = source.indexOf('<');
  while (at >= 0 && at < source.length) {
    const code = source.charCodeAt(at);
    const kind = KIND_OF[code] ?? OTHER;
    if (STAYS[inside * KINDS + kind] === 0) {
      inside = advance(counts, following, inside, kind);
      [counts, following] = [following, counts];
      if (inside & (1 << NAME) && (counts[NAME] ?? 0) > max) return true;
    }
    if (code === LESS_THAN && canBeginTag(source, at) && !(inside & (1 << TAG_NAME))) {
      counts[TAG_NAME] = 0;
      inside |= 1 << TAG_NAME;
    }
    at = inside === 0 ? source.indexOf('<', at + 1) : at + 1;
  }
  return false;
}

const LESS_THAN = 60;

/** Takes the tags in every state one character further; returns the states in which there are any, as bits. */
function advance(counts: Int32Array, following: Int32Array, inside: number, kind: number): number {
  let next = 0;
  for (let rest = inside; rest !== 0; rest &= rest - 1) {
    const state = 31 - Math.clz32(rest & -rest);
    const to = NEXT[state]?.[kind] ?? END;
    if (to === END) continue;
    const count = (counts[state] ?? 0) + (to === NAME && state !== NAME ? 1 : 0);
    following[to] = next & (1 << to) ? Math.max(following[to] ?? 0, count) : count;
    next |= 1 << to;
  }
  return next;
}

/** `<a` or `</a`; the name of an end tag counts as one attribute. */
function canBeginTag(source: string, at: number): boolean {
  const next = source.charCodeAt(at + 1);
  return isLetter(next) || (next === 47 && isLetter(source.charCodeAt(at + 2)));
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
