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
import type { MailNode } from './mail-node.ts';
import { type TreeAdapter, treeAdapter } from './tree-adapter.ts';

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

/** The adapter, counting what parse5 does by it: elements opened, walks over them, and moves among siblings. */
function guard(budget: Budget): TreeAdapter {
  let openElements = 0;
  let latestStart = -1;

  function spend(steps: number): void {
    budget.stepsLeft -= steps;
    if (budget.stepsLeft < 0) throw new TooComplex('its nesting would take the parser too long');
  }

  return {
    ...treeAdapter,
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
      return treeAdapter.getNamespaceURI(element);
    },
    insertBefore(parent, node, reference) {
      spend(parent.children.length);
      treeAdapter.insertBefore(parent, node, reference);
    },
    insertTextBefore(parent, text, reference) {
      spend(parent.children.length);
      treeAdapter.insertTextBefore(parent, text, reference);
    },
    detachNode(node) {
      spend(node.parent?.children.length ?? 0);
      treeAdapter.detachNode(node);
    },
  };
}
