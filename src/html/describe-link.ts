// What the sender calls a link: the naming attributes of the providers people come from, else its text, else the
// alternative text of its first image or its area.
import { linkNameCharsMax, linkNameNodesMax } from '../base/limits.ts';
import { type MailNode, walk } from './mail-node.ts';

const NAME_ATTRIBUTES = ['data-telltale-name', 'ses:tags', 'data-msys-linkname'];

/** The name of a link, blanks folded, at most 100 characters; empty when it shows nothing. */
export function nameLink(element: MailNode): string {
  for (const attribute of NAME_ATTRIBUTES) {
    const value = element.attribs?.[attribute]?.trim();
    if (value) return fold(value);
  }
  return shownText(element) || altOf(element);
}

/** The text a reader sees as the link, blanks folded, at most 100 characters. */
export function shownText(element: MailNode): string {
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
  let count = 0;
  for (const node of walk(element)) {
    if (count >= linkNameNodesMax) return;
    yield node;
    count += 1;
  }
}

function fold(text: string): string {
  const folded = text.replace(/[\s\u200b-\u200d\u2060\ufeff]+/g, ' ').trim();
  return folded.length <= linkNameCharsMax ? folded : `${folded.slice(0, linkNameCharsMax - 1)}…`;
}
