// What `/u/` and `/p/` have in common: who may ask how, and whose way out it is.
import { tokenCharsMax } from '../base/limits.ts';
import type { Addressee } from '../base/nouns.ts';
import { openUnsubscribeToken } from '../token/unsubscribe-token.ts';
import { type Answer, methodNotAllowedAnswer, optionsAnswer } from './answer.ts';
import type { CollectContext, CollectRequest } from './make-hit.ts';
import { pageAnswer } from './page-answer.ts';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST'];
const ALLOW = METHODS.join(', ');

/** Whose token it is, of a request that reads or posts; else the answer. */
export function openWayOut(
  { method = '' }: CollectRequest,
  text: string,
  context: CollectContext,
): { readonly addressee: Addressee } | { readonly answer: Answer } {
  if (!METHODS.includes(method)) return { answer: methodNotAllowedAnswer(ALLOW) };
  if (method === 'OPTIONS') return { answer: optionsAnswer(ALLOW) };
  const opened = text.length > tokenCharsMax ? undefined : openUnsubscribeToken(context.keys, text);
  if (!opened?.ok) {
    context.countIgnored('unsubscribe', opened?.reason ?? 'malformed');
    return { answer: pageAnswer(404, 'link-not-found', {}, { ignored: 'invalid' }) };
  }
  if (opened.key.revoked) {
    context.countIgnored('unsubscribe', 'revoked-key');
    const values = { contact: context.abuseContact };
    return { answer: pageAnswer(410, 'unsubscribe-revoked', values, { ignored: 'revoked' }) };
  }
  return { addressee: opened.token };
}
