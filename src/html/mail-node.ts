// The nodes of a mail's tree, and ways through them. All that is read of a mail is where things stand.

/** An element, a text, a comment, or the root, by the names that cheerio's selectors know. */
export interface MailNode {
  readonly type: string;
  readonly name?: string;
  readonly data?: string;
  readonly attribs?: Readonly<Record<string, string>>;
  readonly children?: readonly MailNode[];
  readonly parent?: MailNode | null;
  /** The sibling behind. */
  readonly next?: MailNode | null;
  /** Nothing for what the source does not have, as a body without its tag. */
  readonly sourceCodeLocation: MailLocation | null;
}

/** Offsets in UTF-16 units. */
export interface MailLocation {
  readonly startOffset: number;
  /** Where a comment, or the start tag of an element, ends; of a text it says nothing. */
  readonly endOffset: number;
  /** Where each attribute begins, by its name as written. */
  readonly attrs: Readonly<Record<string, { readonly startOffset: number }>> | undefined;
  readonly endTag: { readonly startOffset: number } | undefined;
}

/** `from` and all nodes below it in tree order; who stops early has paid for what came only. */
export function* walk(from: MailNode): Generator<MailNode> {
  for (let node: MailNode | undefined = from; node !== undefined; node = following(node, from)) yield node;
}

/** The node that comes after `node` in tree order, as long as it is below `top`. */
export function following(node: MailNode, top: MailNode): MailNode | undefined {
  const first = node.children?.[0];
  if (first !== undefined) return first;
  for (let at: MailNode | null | undefined = node; at && at !== top; at = at.parent) if (at.next) return at.next;
  return undefined;
}

/** The first element of that name among the children of `node`. */
export function childNamed(node: MailNode | undefined, name: string): MailNode | undefined {
  return node?.children?.find((child) => child.name === name);
}
