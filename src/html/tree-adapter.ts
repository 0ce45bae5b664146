// The tree that parse5 builds for us: what is read of a mail and what selectors walk, and no more. cheerio's own nodes
// have three records for the attributes of each element, and locations four times as large.
import type { CheerioOptions } from 'cheerio';
import type { MailLocation, MailNode } from './mail-node.ts';

/** What parse5 builds a tree by, as cheerio passes it on. */
export type TreeAdapter = NonNullable<CheerioOptions['treeAdapter']>;

interface TreeNode extends MailNode {
  readonly namespace?: string;
  data?: string;
  children?: TreeNode[];
  parent: TreeNode | null;
  /** The sibling before, for selectors. */
  prev: TreeNode | null;
  next: TreeNode | null;
  sourceCodeLocation: OpenLocation | null;
}

interface Parent extends TreeNode {
  children: TreeNode[];
}

/** A location whose end tag may be yet to come. */
interface OpenLocation extends MailLocation {
  endTag: MailLocation['endTag'];
}

interface Attribute {
  readonly name: string;
  readonly value: string;
}

class Element implements Parent {
  readonly type: string;
  readonly name: string;
  readonly namespace: string;
  readonly attributes: readonly Attribute[];
  children: TreeNode[] = [];
  parent: TreeNode | null = null;
  prev: TreeNode | null = null;
  next: TreeNode | null = null;
  sourceCodeLocation: OpenLocation | null = null;
  #attribs: Record<string, string> | undefined = undefined;

  constructor(name: string, namespace: string, attributes: readonly Attribute[]) {
    this.type = name === 'script' || name === 'style' ? name : 'tag';
    this.name = name;
    this.namespace = namespace;
    this.attributes = attributes;
  }

  /** Made when asked for: few elements ever are. */
  get attribs(): Record<string, string> {
    this.#attribs ??= recordOf(this.attributes);
    return this.#attribs;
  }
}

function recordOf(attributes: readonly Attribute[]): Record<string, string> {
  const record: Record<string, string> = Object.create(null);
  for (const { name, value } of attributes) record[name] = value;
  return record;
}

function createRoot(): Parent {
  return { type: 'root', children: [], parent: null, prev: null, next: null, sourceCodeLocation: null };
}

function createLeaf(type: string, data: string): TreeNode {
  flatten(data);
  return { type, data, parent: null, prev: null, next: null, sourceCodeLocation: null };
}

/**
 * parse5 joins texts character by character, and the engine keeps such a text as a chain of 32 bytes for each of them. To
 * look at a character makes it one piece, before the garbage collector has to copy the chain. Short ones cost little.
 */
function flatten(text: string): void {
  if (text.length > 32) text.charCodeAt(0);
}

function appendChild(parent: Parent, node: TreeNode): void {
  link(parent.children.at(-1) ?? null, node);
  parent.children.push(node);
  node.parent = parent;
}

function insertBefore(parent: Parent, node: TreeNode, reference: TreeNode): void {
  link(reference.prev, node);
  link(node, reference);
  parent.children.splice(parent.children.indexOf(reference), 0, node);
  node.parent = parent;
}

/** Makes two nodes siblings. */
function link(before: TreeNode | null, behind: TreeNode | null): void {
  if (before !== null) before.next = behind;
  if (behind !== null) behind.prev = before;
}

const DOCTYPE = '!doctype';

const adapter = {
  createDocument: createRoot,
  createDocumentFragment: createRoot,
  createElement(name: string, namespace: string, attributes: readonly Attribute[]): Element {
    for (const { value } of attributes) flatten(value);
    return new Element(name, namespace, attributes);
  },
  createCommentNode: (data: string) => createLeaf('comment', data),
  createTextNode: (data: string) => createLeaf('text', data),

  appendChild,
  insertBefore,
  insertText(parent: Parent, text: string): void {
    const last = parent.children.at(-1);
    if (last?.type === 'text') last.data += text;
    else appendChild(parent, createLeaf('text', text));
  },
  insertTextBefore(parent: Parent, text: string, reference: TreeNode): void {
    if (reference.prev?.type === 'text') reference.prev.data += text;
    else insertBefore(parent, createLeaf('text', text), reference);
  },
  detachNode(node: TreeNode): void {
    const siblings = node.parent?.children;
    if (siblings !== undefined) siblings.splice(siblings.indexOf(node), 1);
    link(node.prev, node.next);
    node.prev = null;
    node.next = null;
    node.parent = null;
  },
  setTemplateContent: appendChild,
  getTemplateContent: (template: Parent) => template.children[0],
  setDocumentType(document: Parent): void {
    appendChild(document, { ...createLeaf('directive', ''), name: DOCTYPE });
  },
  setDocumentMode(document: Parent & { mode?: string }, mode: string): void {
    document.mode = mode;
  },
  getDocumentMode: (document: Parent & { mode?: string }) => document.mode,
  /** Of a second html or body; it is not asked for their lists. */
  adoptAttributes({ attribs }: Element, attributes: readonly Attribute[]): void {
    for (const { name, value } of attributes) attribs[name] ??= value;
  },

  getFirstChild: (node: Parent) => node.children[0],
  getChildNodes: (node: Parent) => node.children,
  getParentNode: (node: TreeNode) => node.parent,
  getAttrList: (element: Element) => element.attributes,
  getTagName: (element: Element) => element.name,
  getNamespaceURI: (element: Element) => element.namespace,
  isDocumentTypeNode: (node: TreeNode) => node.name === DOCTYPE,

  /** parse5's own location has four times the fields, and would keep those of the token. */
  setNodeSourceCodeLocation(node: TreeNode, location: MailLocation | null): void {
    if (location === null) return;
    const { startOffset, endOffset, attrs } = location;
    node.sourceCodeLocation = { startOffset, endOffset, attrs, endTag: undefined };
  },
  getNodeSourceCodeLocation: (node: TreeNode) => node.sourceCodeLocation,
  updateNodeSourceCodeLocation({ sourceCodeLocation: location }: TreeNode, end: Partial<MailLocation>): void {
    if (location !== null && end.endTag !== undefined) location.endTag = end.endTag;
  },
};

/** Builds nodes of ours where cheerio's types name its own. */
export const treeAdapter: TreeAdapter = adapter as unknown as TreeAdapter;
