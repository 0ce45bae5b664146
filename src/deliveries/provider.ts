// What a provider's adapter is: it checks that a request is the provider's, and gives what the request tells in our names.
import { z } from 'zod';
import type { DeliveryEvent } from './delivery.ts';

/** A request to a hook, whole. */
export interface HookRequest {
  /** The first of each header, by its lower-case name. */
  header(name: string): string;
  /** As it came: signatures are of these bytes. */
  readonly body: Buffer;
  readonly nowMs: number;
}

/** What ties an event to a mail: U, or the two ids, as the sender set them. */
export interface Tie {
  readonly token?: string | undefined;
  readonly message?: string | undefined;
  readonly recipient?: string | undefined;
}

export interface ToldEvent {
  /** The provider's name of it. */
  readonly id: string;
  readonly event: DeliveryEvent;
  readonly atMs: number;
  readonly isHard: boolean;
  readonly tie: Tie;
}

/** What a request turned out to be. `ignored` counts events that are about something else. */
export type HookRead =
  | { readonly kind: 'told'; readonly events: readonly ToldEvent[]; readonly ignored: number }
  /** Signed too long ago, or in the future. */
  | { readonly kind: 'old' }
  /** Not the provider's. */
  | { readonly kind: 'forged'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly reason: string };

/** Reads requests of one provider. */
export type Provider = (request: HookRequest) => Promise<HookRead> | HookRead;

/** Events that are told one by one; `undefined` stands for one that is about something else. */
export function told(events: readonly (ToldEvent | undefined)[]): HookRead {
  const known = events.filter((event) => event !== undefined);
  return { kind: 'told', events: known, ignored: events.length - known.length };
}

export function forged(reason: string): HookRead {
  return { kind: 'forged', reason };
}

/** The value of a JSON body, of a shape; fields beyond it are left alone, for providers add some. */
export function readJson<T>(text: string, shape: z.ZodType<T>): T | undefined {
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const MALFORMED: HookRead = { kind: 'malformed', reason: 'the body is not what this provider sends' };

/** What the sender set for a mail, in whatever a provider calls it (metadata, unique arguments, variables, tags). */
export function tieIn(values: unknown): Tie {
  const read = TIE.safeParse(values);
  if (!read.success) return {};
  return { token: read.data.telltale, message: read.data.telltale_message, recipient: read.data.telltale_recipient };
}

const VALUE = z.string().optional().catch(undefined);
const TIE = z.object({ telltale: VALUE, telltale_message: VALUE, telltale_recipient: VALUE });

/** U in the headers of a mail, as List-Unsubscribe has it. */
export function tieInHeaders(headers: readonly { readonly name: string; readonly value: string }[]): Tie {
  const values = headers.filter(({ name }) => name.toLowerCase() === 'list-unsubscribe').map(({ value }) => value);
  return { token: values.map(tokenIn).find((token) => token !== undefined) };
}

/** U in a text that holds the address of a way out. */
export function tokenIn(text: string): string | undefined {
  return /\/u\/([a-z2-7]{20,1000})(?![a-z2-7])/i.exec(text.replaceAll(/\s+/g, ''))?.[1];
}

/** Milliseconds of a time in ISO 8601. */
export const TIME: z.ZodType<number> = z
  .string()
  .max(64)
  .transform(Date.parse)
  .refine((atMs) => Number.isFinite(atMs));

/** Milliseconds of a number of seconds. */
export const SECONDS: z.ZodType<number> = z.coerce
  .number()
  .min(0)
  .max(1e11)
  .transform((seconds) => Math.floor(seconds * 1_000));
