// Shares: what each touch of a conversion gets by a model. All of a conversion is shared out, whatever the rounding.
import type { AttributionModel } from '../base/conversion.ts';

export interface Share {
  /** The place of the touch. */
  readonly at: number;
  /** Millionths of a conversion. */
  readonly parts: number;
  /** Minor units. */
  readonly minor: number;
}

/** What is shared out: parts of a conversion (0 for one that was given back whole), and its value in minor units. */
export interface Worth {
  readonly parts: number;
  readonly minor: number;
}

/** The shares of so many touches, the earliest first; those that get nothing are left out. */
export function shareOut(touches: number, model: AttributionModel, { parts, minor }: Worth): readonly Share[] {
  if (touches === 0) return [];
  switch (model) {
    case 'last':
      return [{ at: touches - 1, parts, minor }];
    case 'first':
      return [{ at: 0, parts, minor }];
    case 'linear':
      return Array.from({ length: touches }, (_, at) => ({
        ...{ at, parts: piece(parts, touches, at), minor: piece(minor, touches, at) },
      }));
  }
}

/** One of equal pieces of a whole number; the first ones are larger by one where they do not come out even. */
function piece(whole: number, pieces: number, at: number): number {
  return Math.floor(whole / pieces) + (at < whole % pieces ? 1 : 0);
}
