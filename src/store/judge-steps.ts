// Judges the steps that a database has beside those that this version knows. A step whose name ends in `_since_` and a
// number leaves working what knows all steps up to that number, so that two versions can run side by side, either way.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';

/** A database, with the steps that it has and those that this version knows, in order. */
export interface Steps {
  /** Without secrets. */
  readonly name: string;
  readonly applied: readonly string[];
  readonly known: readonly string[];
}

/**
 * Whether the database lacks steps. It may have more than this version knows when all of those go on working with it.
 *
 * @throws TelltaleError `NEWER_DATABASE`.
 */
export function lacksSteps({ name, applied, known }: Steps): boolean {
  const unknown = applied.filter((step) => !known.includes(step));
  const lacks = known.some((step) => !applied.includes(step));
  const last = numberOf(known.at(-1) ?? '');
  const strangers = lacks ? unknown : unknown.filter((step) => sinceOf(step) > last);
  if (strangers.length === 0) return lacks;
  throw new TelltaleError(
    'NEWER_DATABASE',
    `${quote(name)} was written by a newer Telltale (it has ${strangers.join(', ')}). Use that version, or another database.`,
  );
}

function numberOf(step: string): number {
  return Number.parseInt(step, 10);
}

/** The number of the step from which on a version works with this one. */
function sinceOf(step: string): number {
  const [, since] = /_since_(\d{4})$/.exec(step) ?? [];
  return since === undefined ? Number.POSITIVE_INFINITY : Number(since);
}
