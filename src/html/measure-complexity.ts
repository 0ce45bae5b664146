// A linear scan ahead of the parser. parse5 is quadratic in the attributes of one tag and in open elements, so a mail
// that would make it so is recognised here and left untracked. The scan errs towards more open elements than the
// parser will see: a stranger's mail may be refused needlessly, it never stalls us.
import { attributesPerTagMax, openElementsMax, reopenedElementsMax } from '../base/limits.ts';
import { isBlank, isNameCharacter, skip } from './scan-attribute.ts';

const VOID = new Set('area base br col embed frame hr img input keygen link meta param source track wbr'.split(' '));
const RAW = new Set('style script xmp iframe noembed noframes title textarea'.split(' '));
/** Elements a following sibling closes: rows, cells, paragraphs and items pile up in old mail without being nested. */
const SELF_CLOSING = new Set('p li dt dd tr td th tbody thead tfoot option optgroup colgroup rp rt'.split(' '));
/** Elements the parser reopens in every following block until they are closed. */
const FORMATTING = new Set('a b big code em font i nobr s small strike strong tt u'.split(' '));
/** Elements an end tag outside cannot reach through. */
const BARRIERS = new Set('table td th caption marquee object applet template html svg math'.split(' '));

/** What is too much about `source`, in words, or nothing. */
export function findExcess(source: string): string | undefined {
  const elements = new OpenElements();
  let at = source.indexOf('<');
  while (at >= 0 && at < source.length) {
    const next = source.charCodeAt(at + 1);
    if (next === 33 || next === 63) {
      at = endOfMarkup(source, at);
    } else if (isLetter(next) || (next === 47 && isLetter(source.charCodeAt(at + 2)))) {
      const tag = scanTag(source, at, next === 47);
      if (tag.attributeCount > attributesPerTagMax) return `a tag has over ${attributesPerTagMax} attributes`;
      elements.see(tag);
      if (elements.count > openElementsMax) return `over ${openElementsMax} elements are open at one place`;
      if (elements.reopened > reopenedElementsMax)
        return `over ${reopenedElementsMax} formatting elements are reopened`;
      at = tag.closes || !RAW.has(tag.name) || elements.inForeign() ? tag.end : endOfRaw(source, tag);
    } else {
      at += 1;
    }
    at = source.indexOf('<', at);
  }
  return undefined;
}

interface Tag {
  readonly name: string;
  readonly closes: boolean;
  readonly attributeCount: number;
  readonly end: number;
}

/** The elements open at the place of the scan: one stack, with the positions of each name beside it. */
class OpenElements {
  #stack: string[] = [];
  #positions = new Map<string, number[]>();
  #formatting = 0;
  #foreign = 0;
  reopened = 0;

  get count(): number {
    return this.#stack.length + this.#formatting;
  }

  inForeign(): boolean {
    return this.#foreign > 0;
  }

  see(tag: Tag): void {
    this.reopened += this.#formatting;
    if (tag.closes) this.#close(tag.name);
    else if (!VOID.has(tag.name)) this.#open(tag.name);
  }

  #open(name: string): void {
    if (FORMATTING.has(name)) {
      this.#formatting += 1;
      this.#bump(name, 1);
      return;
    }
    if (SELF_CLOSING.has(name) && this.#stack.at(-1) === name) return;
    if (SELF_CLOSING.has(name)) this.#closeSibling(name);
    if (name === 'svg' || name === 'math') this.#foreign += 1;
    this.#push(name);
  }

  #close(name: string): void {
    if (FORMATTING.has(name)) {
      if (this.#bump(name, -1)) this.#formatting -= 1;
      return;
    }
    const at = this.#positions.get(name)?.at(-1);
    if (at === undefined || (at < this.#lastBarrier() && !BARRIERS.has(name))) return;
    this.#truncate(at);
  }

  /** `<tr>` after an unclosed `<td>`, `<li>` after an unclosed `<li>`: closes down to the sibling, inside its table. */
  #closeSibling(name: string): void {
    const at = this.#positions.get(name)?.at(-1);
    if (at !== undefined && at > this.#lastContainer()) this.#truncate(at);
  }

  #push(name: string): void {
    const positions = this.#positions.get(name) ?? [];
    positions.push(this.#stack.length);
    this.#positions.set(name, positions);
    this.#stack.push(name);
  }

  #truncate(length: number): void {
    while (this.#stack.length > length) {
      const name = this.#stack.pop() ?? '';
      this.#positions.get(name)?.pop();
      if (name === 'svg' || name === 'math') this.#foreign -= 1;
    }
  }

  #lastBarrier(): number {
    return this.#lastOf(BARRIERS);
  }

  #lastContainer(): number {
    return this.#lastOf(CONTAINERS);
  }

  #lastOf(names: ReadonlySet<string>): number {
    let last = -1;
    for (const name of names) last = Math.max(last, this.#positions.get(name)?.at(-1) ?? -1);
    return last;
  }

  /** Counts open formatting elements by name, as positions that stand for no place in the stack. */
  #bump(name: string, by: 1 | -1): boolean {
    const positions = this.#positions.get(name) ?? [];
    this.#positions.set(name, positions);
    if (by === 1) return positions.push(-1) > 0;
    return positions.pop() !== undefined;
  }
}

/** Elements within which implied end tags stay. */
const CONTAINERS = new Set('table ul ol dl div section article blockquote template svg math select ruby'.split(' '));

function scanTag(source: string, start: number, closes: boolean): Tag {
  const nameStart = start + (closes ? 2 : 1);
  let at = skip(source, nameStart, isNameCharacter);
  const name = source.slice(nameStart, Math.min(at, nameStart + 32)).toLowerCase();
  let attributeCount = 0;
  while (at < source.length) {
    at = skip(source, at, isBlankOrSlash);
    if (at >= source.length || source[at] === '>') break;
    attributeCount += 1;
    at = endOfAttribute(source, at);
  }
  return { name, closes, attributeCount, end: Math.min(at + 1, source.length) };
}

function endOfAttribute(source: string, nameStart: number): number {
  const nameEnd = skip(source, nameStart + 1, isNameCharacter);
  const equals = skip(source, nameEnd, isBlank);
  if (source[equals] !== '=') return nameEnd;
  const start = skip(source, equals + 1, isBlank);
  const quote = source[start];
  if (quote !== '"' && quote !== "'") return skip(source, start, (code) => !isBlank(code) && code !== 62);
  const end = source.indexOf(quote, start + 1);
  return end < 0 ? source.length : end + 1;
}

function endOfMarkup(source: string, start: number): number {
  if (!source.startsWith('<!--', start)) return after(source, '>', start + 2);
  if (source.startsWith('<!-->', start)) return start + 5;
  if (source.startsWith('<!--->', start)) return start + 6;
  const plain = source.indexOf('-->', start + 4);
  return plain < 0 ? source.length : plain + 3;
}

function endOfRaw(source: string, tag: Tag): number {
  const close = new RegExp(`</${tag.name}[\\s/>]`, 'gi');
  close.lastIndex = tag.end;
  return close.exec(source)?.index ?? source.length;
}

function after(source: string, text: string, from: number): number {
  const at = source.indexOf(text, from);
  return at < 0 ? source.length : at + text.length;
}

function isBlankOrSlash(code: number): boolean {
  return isBlank(code) || code === 47;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
