// What the sender calls a link: the naming attributes of the providers people come from, else its text, else the
// alternative text of its first image or its area.
import { linkNameCharsMax, linkNameNodesMax } from '../base/limits.ts';
import { following, type MailNode } from './mail-node.ts';

const NAME_ATTRIBUTES = ['data-telltale-name', 'ses:tags', 'data-msys-linkname'];

/** How a link shows, blanks folded, at most 100 characters each. */
export interface LinkDescription {
  /** What the sender calls it; empty when it shows nothing. */
  readonly name: string;
  /** What a reader sees as the link. */
  readonly text: string;
}

/** Describes a link. */
export function describeLink(element: MailNode): LinkDescription {
  const text = shownText(element);
  return { name: givenName(element) || text || altOf(element), text };
}

function givenName({ attribs }: MailNode): string {
  const given = NAME_ATTRIBUTES.map((attribute) => attribs?.[attribute]?.trim());
  return fold(given.find((value) => value) ?? '');
}

function shownText(element: MailNode): string {
  let text = '';
  for (const node of firstNodes(element)) {
    // Links can stand within links and share their text, so none may look at all of it.
    if (node.type === 'text') text += (node.data ?? '').slice(0, 10 * linkNameCharsMax);
    if (text.length > 4 * linkNameCharsMax) break;
  }
  return fold(text);
}

function altOf(element: MailNode): string {
  for (const node of firstNodes(element)) {
    const alt = node.name === 'img' || node.name === 'area' ? node.attribs?.alt?.trim() : '';
    if (alt) return fold(alt);
  }
  return '';
}

function* firstNodes(element: MailNode): Generator<MailNode> {
  let node: MailNode | undefined = element;
  for (let count = 0; node !== undefined && count < linkNameNodesMax; count += 1) {
    yield node;
    node = following(node, element);
  }
}

function fold(text: string): string {
  if (text === '') return '';
  const folded = text.replace(/[\s\u200b-\u200d\u2060\ufeff]+/g, ' ').trim();
  return folded.length <= linkNameCharsMax ? folded : `${folded.slice(0, linkNameCharsMax - 1)}…`;
}
