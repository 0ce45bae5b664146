// Says why no store can ever take a conversion out of a journal: it is not what a collector makes.
import type { ConversionHit } from '../base/conversion.ts';
import { PROOFS } from '../base/conversion.ts';
import { idProblem } from '../base/ids.ts';
import { CURRENCY_DECIMALS } from '../base/money.ts';

/** What is wrong with it; nothing when it can be settled. */
export function conversionProblem({ id, atMs, conversion }: ConversionHit): string | undefined {
  if (!/^[0-9a-f]{32}$/.test(id) || Number.parseInt(id.slice(0, 12), 16) !== atMs) return 'its id is not of its time';
  if (typeof conversion !== 'object' || conversion === null) return 'it has no conversion';
  const { order, proof, click, recipient, money } = conversion;
  const ids = [order, ...(click === null ? [] : [click.message]), ...(recipient === null ? [] : [recipient])];
  const problem = ids.map(idProblem).find((one) => one !== undefined);
  if (problem !== undefined) return `an id of it cannot be used: ${problem}`;
  if (!PROOFS.includes(proof)) return 'its proof is unknown';
  if (click !== null && !(Number.isSafeInteger(click.link) && Number.isSafeInteger(click.atMs)))
    return 'its click is none';
  if (money !== null && !(CURRENCY_DECIMALS.has(money.currency) && Number.isSafeInteger(money.minor))) {
    return 'its value is none';
  }
  return undefined;
}
