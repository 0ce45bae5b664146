// What a client makes of a mail: its tree, read by the parser without any of our code, as lines that can be compared.
import { load } from 'cheerio';

interface TreeNode {
  readonly type: string;
  readonly name?: string;
  readonly data?: string | null;
  readonly attribs?: Readonly<Record<string, string>>;
  readonly children?: readonly TreeNode[];
}

/** The tree of a mail, one line a node; clients run no scripts and drop a byte order mark. */
export function treeOf(html: string): readonly string[] {
  const lines: string[] = [];
  const root = load(html.replace(/^\ufeff/, ''), { scriptingEnabled: false }).root()[0] as TreeNode | undefined;
  const waiting = root === undefined ? [] : [{ node: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, depth } = next;
    lines.push(...lineOf(node, depth));
    for (const child of [...(node.children ?? [])].reverse()) waiting.push({ node: child, depth: depth + 1 });
  }
  return joinTexts(lines);
}

const TEXT = '\u0000text ';

function lineOf(node: TreeNode, depth: number): readonly string[] {
  if (node.type === 'text') return [`${depth} ${TEXT}${node.data ?? ''}`];
  const attributes = Object.entries(node.attribs ?? {}).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return [`${depth} ${node.type} ${node.name ?? ''}${attributes.join('')} ${node.data ?? ''}`];
}

/** Joins texts that stand beside each other, as they do where an image between them was taken out. */
function joinTexts(lines: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const line of lines) {
    const [depth, text] = line.split(` ${TEXT}`, 2);
    const last = joined.at(-1);
    if (text !== undefined && last?.startsWith(`${depth} ${TEXT}`)) joined[joined.length - 1] = last + text;
    else joined.push(line);
  }
  return joined;
}

/** The tree without the elements that a line of it matches. */
export function treeWithout(html: string, element: RegExp): readonly string[] {
  return joinTexts(treeOf(html).filter((line) => !element.test(line)));
}
