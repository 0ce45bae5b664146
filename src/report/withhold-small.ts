// Hits that carry no recipient, by consent, are left out of every figure in which fewer than five of them would show: two
// clicks of a link say nearly who it was. The figure then shows the others alone. What is left out of the parts of a whole
// is never one to four either, since whoever has the whole could take the parts away from it.
import { smallCellHits } from '../base/limits.ts';

/** How many of so many hits without a recipient may be in a figure. */
export function shownOf(anonymous: number): number {
  return anonymous < smallCellHits ? 0 : anonymous;
}

/** The same for the parts of a whole, in their order. */
export function shownOfParts(parts: readonly number[]): readonly number[] {
  const shown = parts.map(shownOf);
  let withheld = sum(parts) - sum(shown);
  while (withheld > 0 && withheld < smallCellHits) {
    const least = Math.min(...shown.filter((part) => part > 0));
    // All are left out already.
    if (!Number.isFinite(least)) break;
    withheld += least;
    shown[shown.indexOf(least)] = 0;
  }
  return shown;
}

/** Totals of the parts of a whole, as they may be shown. */
export function shownTotals(
  parts: readonly { readonly total: number; readonly anonymous: number }[],
): readonly number[] {
  const shown = shownOfParts(parts.map(({ anonymous }) => anonymous));
  return parts.map(({ total, anonymous }, at) => total - anonymous + (shown[at] ?? 0));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
