// UTM parameters, by which the shop's own analytics knows a mailing: templates that are filled in for each link when a
// mail is compiled. What a destination says already stays, unless the sender says otherwise.

import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { destinationCharsMax } from '../base/limits.ts';
import { checkFlag, checkOptionNames, kindOf } from '../base/options.ts';
import { addParameter, dropParameter, hasParameter } from '../base/signed-url.ts';

/**
 * Values of `utm_source` and so on; `{message}`, `{link.name}` and `{link.index}` stand for what they name. One that comes
 * out empty is not added.
 */
export interface UtmOptions {
  readonly source?: string | undefined;
  readonly medium?: string | undefined;
  readonly campaign?: string | undefined;
  readonly content?: string | undefined;
  readonly term?: string | undefined;
  /** Replaces what a destination has already. @default false */
  readonly override?: boolean | undefined;
}

/** Read and checked. */
export interface Utm {
  /** Names of parameters and their templates, in order. */
  readonly templates: readonly (readonly [string, string])[];
  readonly override: boolean;
}

/** What templates are filled in with. */
export interface UtmLink {
  readonly message: string;
  readonly name: string;
  readonly index: number;
}

const PARAMETERS = ['source', 'medium', 'campaign', 'content', 'term'] as const;
const PLACES = ['message', 'link.name', 'link.index'];

/** Characters of a template: what a destination could hold at most. */
const TEMPLATE_CHARS_MAX = 500;

/**
 * Reads the option.
 *
 * @throws TelltaleError `UNKNOWN_OPTION`, `INVALID_OPTION`.
 */
export function readUtm(option: unknown): Utm | undefined {
  if (option === undefined) return undefined;
  checkOptionNames(option, [...PARAMETERS, 'override'], 'utm');
  const given = option as Readonly<Record<string, unknown>>;
  const templates = PARAMETERS.flatMap((name) => {
    const template = given[name];
    return template === undefined ? [] : [[`utm_${name}`, checkTemplate(template, name)] as const];
  });
  return { templates, override: checkFlag(given['override'], 'utm.override') };
}

function checkTemplate(template: unknown, name: string): string {
  if (typeof template !== 'string' || template.length > TEMPLATE_CHARS_MAX) {
    const came = typeof template === 'string' ? `${template.length} characters` : kindOf(template);
    throw new TelltaleError(
      'INVALID_OPTION',
      `utm.${name} must be a text of at most ${TEMPLATE_CHARS_MAX} characters, but ${came} came.`,
    );
  }
  const unknown = [...template.matchAll(PLACE)].find(([, place = '']) => !PLACES.includes(place));
  if (unknown === undefined) return template;
  const known = PLACES.map((place) => `{${place}}`).join(', ');
  throw new TelltaleError('INVALID_OPTION', `utm.${name} may hold ${known}, but ${quote(unknown[0])} came.`);
}

const PLACE = /\{([^{}]*)\}/g;

/** A destination with its parameters, and the names of those it had already and kept; nothing where it would be too long. */
export function withUtm(
  destination: string,
  utm: Utm,
  link: UtmLink,
): { readonly destination: string; readonly kept: readonly string[] } | undefined {
  const kept: string[] = [];
  let url = destination;
  for (const [name, template] of utm.templates) {
    const value = fill(template, link);
    if (value === '') continue;
    if (hasParameter(url, name)) {
      if (!utm.override) {
        kept.push(name);
        continue;
      }
      url = dropParameter(url, name);
    }
    url = addParameter(url, name, encodeURIComponent(value).replace(/['()*!]/g, escapeByte));
  }
  return url.length > destinationCharsMax ? undefined : { destination: url, kept };
}

function fill(template: string, { message, name, index }: UtmLink): string {
  const values: Readonly<Record<string, string>> = { message, 'link.name': name, 'link.index': String(index) };
  return template.replace(PLACE, (_, place: string) => values[place] ?? '');
}

/** What encodeURIComponent leaves and a URL in a text would not survive. */
function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
