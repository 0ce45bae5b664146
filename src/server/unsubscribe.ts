// The way out (RFC 8058): POST with the one body that counts unsubscribes at once, without cookie, login or redirect.
// GET shows a page with one button that posts that body. GET, HEAD and OPTIONS never unsubscribe: gateways send them.
import { unsubscribeBodyBytesMax } from '../base/limits.ts';
import type { Addressee } from '../base/nouns.ts';
import type { Answer } from './answer.ts';
import { type CollectContext, type CollectRequest, makeHit } from './make-hit.ts';
import { openWayOut } from './open-way-out.ts';
import { pageAnswer } from './page-answer.ts';
import { readBody } from './read-body.ts';

/** Answers a request for `/u/` and a token. */
export async function answerUnsubscribe(
  request: CollectRequest,
  text: string,
  context: CollectContext,
): Promise<Answer> {
  const opened = openWayOut(request, text, context);
  if ('answer' in opened) return opened.answer;
  if (request.method !== 'POST') return pageAnswer(200, 'unsubscribe', { token: text });
  const body = await readBody(request, unsubscribeBodyBytesMax);
  if (body === undefined || !isOneClick(body.toString('latin1'), request.headers['content-type'] ?? '')) {
    return pageAnswer(400, 'not-understood', {});
  }
  return leave(request, opened.addressee, context);
}

/** Notes that an addressee leaves, and answers when that is on disk. */
export async function leave(request: CollectRequest, addressee: Addressee, context: CollectContext): Promise<Answer> {
  // Of an erased recipient no id comes back, not even into the journal.
  const isErased = addressee.recipient !== null && context.control.isErased(addressee.recipient);
  const hit = makeHit(request, context, {
    kind: 'unsubscribe',
    token: { ...addressee, test: false },
    level: isErased ? 'aggregate' : 'individual',
    link: null,
  });
  const durable = await context.append(hit);
  if (durable) return pageAnswer(200, 'unsubscribed', {}, { durable });
  // Asking again does no harm, a lost withdrawal does.
  return pageAnswer(503, 'try-again', {}, { durable }, ['Retry-After', '5']);
}

/** `List-Unsubscribe=One-Click`, as a form of either encoding that RFC 8058 allows. */
function isOneClick(body: string, contentType: string): boolean {
  if (!/^multipart\/form-data/i.test(contentType)) return body.trim() === 'List-Unsubscribe=One-Click';
  return /name="?List-Unsubscribe"?[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\nOne-Click\r\n/i.test(body);
}
