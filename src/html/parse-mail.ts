// Parses a mail for positions only; nothing is ever printed back from the tree. cheerio (parse5) gives the offsets.
// parse5 walks its open elements for most tags, so a hostile mail could stall it. The guard sits where parse5 does
// its work and stops it, so it sees exactly what parse5 sees and no mail slips past it by being read differently.
import { load } from 'cheerio';
import {
  attributesPerTagMax,
  openElementsMax,
  parserStepsMin,
  parserStepsPerChar,
  reopenedElementsMax,
} from '../base/limits.ts';
import { hasTagWithOver } from './count-attributes.ts';

/** The slice of the parser's nodes that we read. */
export interface MailNode {
  readonly type: string;
  readonly name?: string;
  readonly data?: string;
  readonly attribs?: Readonly<Record<string, string>>;
  readonly children?: readonly MailNode[];
  readonly parent?: MailNode | null;
  readonly sourceCodeLocation?: MailLocation | null | undefined;
}

interface MailLocation {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly attrs?: Readonly<Record<string, { readonly startOffset: number }>>;
  readonly startTag?: { readonly startOffset: number; readonly endOffset: number };
  readonly endTag?: { readonly startOffset: number } | undefined;
}

/** Thrown before a mail makes the parser slow; `compile` turns it into a note. */
export class TooComplex extends Error {}

/** A mail, its tree, and the parser for parts of it. */
export interface ParsedMail {
  readonly source: string;
  readonly document: MailNode;
  /** Parses what stands inside a comment, without adding html, head and body. */
  parseFragment(part: string): MailNode;
  /** Parses the mail as it would be with a change. */
  parseAgain(changed: string): MailNode;
}

/**
 * Parses a mail. Clients run no scripts, so what stands in `<noscript>` is live. What the parser may spend holds for
 * the mail and its parts together.
 *
 * @throws TooComplex here and when parsing parts.
 */
export function parseMail(source: string): ParsedMail {
  if (hasTagWithOver(attributesPerTagMax, source)) {
    throw new TooComplex(`a tag has over ${attributesPerTagMax} attributes`);
  }
  const budget: Budget = {
    stepsLeft: parserStepsMin + parserStepsPerChar * source.length,
    reopenedLeft: reopenedElementsMax,
  };
  return {
    source,
    document: parse(source, true, budget),
    parseFragment: (part) => parse(part, false, budget),
    parseAgain: (changed) => parse(changed, true, budget),
  };
}

/** `from` and all nodes below it in tree order, without recursion; who stops early has paid for what came only. */
export function* walk(from: MailNode): Generator<MailNode> {
  yield from;
  const levels = [{ nodes: from.children ?? [], at: 0 }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const node = level.nodes[level.at];
    level.at += 1;
    if (node === undefined) {
      levels.pop();
      continue;
    }
    yield node;
    if (node.children !== undefined) levels.push({ nodes: node.children, at: 0 });
  }
}

/** The first element of that name among the children of `node`. */
export function childNamed(node: MailNode | undefined, name: string): MailNode | undefined {
  return node?.children?.find((child) => child.name === name);
}

/** Whether a text is a CSS selector. */
export function isSelector(selector: string): boolean {
  try {
    EMPTY('html').is(selector);
    return true;
  } catch {
    return false;
  }
}

/** Whether an element matches a CSS selector. */
export function matchesSelector(element: MailNode, selector: string): boolean {
  return EMPTY(element as Parameters<typeof EMPTY>[0]).is(selector);
}

const EMPTY = load('');

function parse(source: string, isDocument: boolean, budget: Budget): MailNode {
  const options = { sourceCodeLocationInfo: true, scriptingEnabled: false, treeAdapter: guard(budget) };
  // Clients drop a byte order mark; the parser would take it for text, and all tags of the head for misplaced.
  const text = source.replace(/^\ufeff/, ' ');
  return (load(text, options, isDocument).root()[0] ?? { type: 'root' }) as MailNode;
}

/** What is left to spend on a mail. */
interface Budget {
  stepsLeft: number;
  reopenedLeft: number;
}

// cheerio names no other way to its adapter; a test holds that this one is there.
const ADAPTER = load('', {})._options.treeAdapter;

/** cheerio's adapter, counting what parse5 does by it: elements opened, walks over them, and moves among siblings. */
function guard(budget: Budget): NonNullable<typeof ADAPTER> {
  if (ADAPTER === undefined) throw new Error('This version of cheerio has no tree adapter.');
  const adapter = ADAPTER;
  let openElements = 0;
  let latestStart = -1;

  function spend(steps: number): void {
    budget.stepsLeft -= steps;
    if (budget.stepsLeft < 0) throw new TooComplex('its nesting would take the parser too long');
  }

  return {
    ...adapter,
    onItemPush(element) {
      openElements += 1;
      if (openElements > openElementsMax) {
        throw new TooComplex(`over ${openElementsMax} elements are open at one place`);
      }
      // Tags come in order; an element from a tag before the latest is one that the parser opened again.
      const start = element.sourceCodeLocation?.startOffset ?? latestStart + 1;
      if (start <= latestStart) budget.reopenedLeft -= 1;
      if (budget.reopenedLeft < 0) throw new TooComplex(`over ${reopenedElementsMax} elements are opened again`);
      latestStart = Math.max(latestStart, element.sourceCodeLocation?.startOffset ?? -1);
    },
    onItemPop() {
      openElements -= 1;
    },
    getNamespaceURI(element) {
      spend(1);
      return adapter.getNamespaceURI(element);
    },
    insertBefore(parent, node, reference) {
      spend(parent.children.length);
      adapter.insertBefore(parent, node, reference);
    },
    insertTextBefore(parent, text, reference) {
      spend(parent.children.length);
      adapter.insertTextBefore(parent, text, reference);
    },
    detachNode(node) {
      spend(node.parent?.children.length ?? 0);
      adapter.detachNode(node);
    },
  };
}
