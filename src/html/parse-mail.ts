// Parses a mail for positions only; nothing is ever printed back from the tree. cheerio (parse5) gives the offsets.
import { load } from 'cheerio';

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

/** Parses a document. Clients run no scripts, so what stands in `<noscript>` is live. */
export function parseMail(source: string): MailNode {
  return root(source, true);
}

/** Parses what stands inside a comment or a part of a mail, without adding html, head and body. */
export function parseFragment(source: string): MailNode {
  return root(source, false);
}

/** All nodes below `from` in tree order, without recursion. */
export function* walk(from: MailNode): Generator<MailNode> {
  const waiting: MailNode[] = [from];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    const children = node.children ?? [];
    for (let i = children.length - 1; i >= 0; i -= 1) {
      const child = children[i];
      if (child !== undefined) waiting.push(child);
    }
  }
}

/** The first element of that name among the children of `node`. */
export function childNamed(node: MailNode | undefined, name: string): MailNode | undefined {
  return node?.children?.find((child) => child.name === name);
}

function root(source: string, isDocument: boolean): MailNode {
  const $ = load(source, { sourceCodeLocationInfo: true, scriptingEnabled: false }, isDocument);
  return ($.root()[0] ?? { type: 'root' }) as MailNode;
}
