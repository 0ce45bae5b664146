// The conversion pixel: GET /v.gif?click=…&order=…&value=49.90&currency=EUR. Always a GIF: what is wrong with it is a shop's
// mistake or a stranger's, and no buyer's. It goes through the journal like a hit, asks no database, and what it says is
// unverified unless the shop has sealed it. HEAD and OPTIONS store nothing.
import { randomBytes } from 'node:crypto';
import type { Conversion, ConversionHit } from '../base/conversion.ts';
import { idProblem } from '../base/ids.ts';
import { type Money, readMoney } from '../base/money.ts';
import { FULL_CONSENT } from '../base/nouns.ts';
import { queryOf } from '../base/signed-url.ts';
import { isSealed } from '../token/conversion-seal.ts';
import {
  type Answer,
  type IgnoredReason,
  methodNotAllowedAnswer,
  type Outcome,
  optionsAnswer,
  pixelAnswer,
} from './answer.ts';
import { levelNow } from './control-state.ts';
import { type CollectContext, type CollectRequest, saysNo } from './make-hit.ts';
import { hasBody, readAway } from './read-body.ts';
import { readClickId } from './read-click-id.ts';

const METHODS = ['GET', 'HEAD', 'OPTIONS'];
const ALLOW = METHODS.join(', ');

/** Answers a request for the conversion pixel. */
export async function answerConversion(request: CollectRequest, context: CollectContext): Promise<Answer> {
  const { method = '' } = request;
  if (!METHODS.includes(method)) return methodNotAllowedAnswer(ALLOW);
  if (hasBody(request)) await readAway(request);
  if (method === 'OPTIONS') return optionsAnswer(ALLOW);
  const read = readConversion(request, context);
  if ('ignored' in read) {
    context.countIgnored('conversion', read.reason);
    return pixelAnswer({ ignored: read.ignored });
  }
  if (method === 'HEAD') return pixelAnswer(undefined);
  const outcome: Outcome = { durable: await context.append(hitOf(read)) };
  return pixelAnswer(outcome);
}

type ReadConversion = Conversion | { readonly ignored: IgnoredReason; readonly reason: string };

function readConversion(request: CollectRequest, context: CollectContext): ReadConversion {
  const query = new URLSearchParams(queryOf(request.url ?? ''));
  const text = query.get('click') ?? '';
  if (text === '') return ignore('no-click');
  const { keys, control } = context;
  const nowMs = context.now();
  const read = readClickId(text, { keys, windowMs: context.attributionMs, nowMs });
  if (!read.ok) return ignore(read.reason === 'revoked-key' ? 'revoked' : read.reason, read.detail);
  const { message, recipient, link, atMs, test } = read.click;
  if (control.isRevoked({ message, link })) return ignore('revoked', 'revoked-message');
  const level = levelNow({ message, recipient, consent: FULL_CONSENT, test }, 'clicks', control);
  if (level === 'none') return ignore('consent');
  const told = readTold(query, keys);
  if ('ignored' in told) return told;
  // Under a privacy signal a sale counts, but without the person, as a click does.
  const isNamed = level === 'individual' && !saysNo(request);
  return {
    ...told,
    atMs: nowMs,
    test,
    click: { message, link, atMs },
    recipient: isNamed ? recipient : null,
    message: null,
    refunded: null,
  };
}

type Told = Pick<Conversion, 'order' | 'money' | 'proof'>;

/** What the shop says of the sale. */
function readTold(
  query: URLSearchParams,
  keys: CollectContext['keys'],
): Told | Extract<ReadConversion, { ignored: unknown }> {
  const order = query.get('order') ?? '';
  if (idProblem(order) !== undefined) return ignore('order-invalid');
  const value = query.get('value') ?? '';
  const currency = query.get('currency') ?? '';
  let money: Money | null = null;
  if (value !== '' || currency !== '') {
    const read = readMoney(value, currency);
    if (!read.ok) return ignore(read.problem);
    money = read.money;
  }
  const seal = query.get('seal');
  if (seal === null || seal === '') return { order, money, proof: 'pixel' };
  return isSealed(keys, seal, { order, value, currency }) ? { order, money, proof: 'sealed' } : ignore('seal-invalid');
}

function ignore(
  ignored: IgnoredReason,
  reason: string = ignored,
): { readonly ignored: IgnoredReason; readonly reason: string } {
  return { ignored, reason };
}

function hitOf(conversion: Conversion): ConversionHit {
  const { atMs } = conversion;
  const id = atMs.toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
  return { id, kind: 'conversion', atMs, conversion };
}
