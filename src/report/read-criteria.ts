// What recipients of an audience did, as text: `clicked`, `clicked:Shop`, `opened@january`, several with commas. In the name
// of a link and in the id of a message, `,`, `:`, `@` and `%` are percent-encoded.
import { TelltaleError } from '../base/errors.ts';
import { idProblem, quote } from '../base/ids.ts';
import { audienceCriteriaMax } from '../base/limits.ts';

/** What one can have done. */
export const DEEDS = ['sent', 'opened', 'clicked', 'converted'] as const;
export type Deed = (typeof DEEDS)[number];

export interface Criterion {
  readonly deed: Deed;
  readonly message: string;
  /** The name or the index of a link that was clicked; null for any. */
  readonly link: string | null;
}

/**
 * Reads criteria; those that name no message are of `message`.
 *
 * @param option what they are called in messages.
 * @throws TelltaleError `INVALID_OPTION`.
 */
export function readCriteria(text: string, message: string, option: string): readonly Criterion[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > audienceCriteriaMax) {
    throw new TelltaleError('INVALID_OPTION', `${option} takes at most ${audienceCriteriaMax} criteria.`);
  }
  return parts.map((part) => readCriterion(part, message, option));
}

function readCriterion(text: string, message: string, option: string): Criterion {
  const [, name = '', link, of] = /^([a-z]+)(?::([^@]+))?(?:@(.+))?$/.exec(text) ?? [];
  const deed = DEEDS.find((one) => one === name);
  const id = of === undefined ? message : decode(of);
  const isRight = deed !== undefined && (link === undefined || deed === 'clicked');
  if (
    !isRight ||
    id === undefined ||
    idProblem(id) !== undefined ||
    (link !== undefined && decode(link) === undefined)
  ) {
    throw new TelltaleError(
      'INVALID_OPTION',
      `${option} takes ${DEEDS.join(', ')}, clicked:LINK, and each with @MESSAGE for another message, but ${quote(text)} came.`,
    );
  }
  return { deed, message: id, link: link === undefined ? null : (decode(link) ?? null) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
