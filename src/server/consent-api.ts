// The API of consent: the most that may be learnt of a recipient, in force everywhere within 5 seconds, and what proves it.
import type { Context } from 'koa';
import { z } from 'zod';
import { consentsShown, proofCharsMax } from '../base/limits.ts';
import { CONSENT_LEVELS } from '../base/nouns.ts';
import type { Store } from '../store/open-store.ts';
import type { Caller } from './api-auth.ts';
import { answerJson, parseJson, readText } from './api-data.ts';
import { type ApiParts, type ApiRoute, NO_QUERY, route } from './api-route.ts';
import { CONSENTS, type Consents } from './api-schemas.ts';
import { answerProblem } from './problem.ts';
import { readValue } from './read-value.ts';
import { TOLD_TIME, toldTimeProblem } from './told-time.ts';

const LEVEL = z.enum(CONSENT_LEVELS, `must be one of ${CONSENT_LEVELS.join(', ')}`);
const WORDS = z
  .string()
  .trim()
  .min(1, 'must be said')
  .max(proofCharsMax, `must have at most ${proofCharsMax} characters`);

const GIVEN = z.strictObject({
  opens: LEVEL,
  clicks: LEVEL,
  purpose: WORDS.meta({ description: 'What it is for, in your words.' }),
  source: WORDS.meta({ description: 'Where it was given or withdrawn: a form, a letter, a call.' }),
  at: TOLD_TIME.optional().meta({ description: 'When; now, when nobody says.' }),
});

/** The routes. */
export function consentRoutes({ store, now }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'get', path: '/recipients/:id/consent', scope: 'read' } as const),
      summary: 'What is on record of a recipient’s consent, newest first',
      query: NO_QUERY,
      answer: CONSENTS,
      handle: async (ctx, { id }) => answerJson(ctx, await consentsOf(store, id)),
    }),
    route({
      ...({ method: 'put', path: '/recipients/:id/consent', scope: 'write' } as const),
      summary: 'Sets the most that may be learnt of a recipient, and records what proves it',
      query: NO_QUERY,
      body: { schema: GIVEN },
      answer: CONSENTS,
      problems: { 409: 'The recipient is erased: nothing is kept of them, and nothing learnt.' },
      handle: (ctx, { id, caller }) => takeConsent(ctx, { store, id, caller, nowMs: now() }),
    }),
  ];
}

async function takeConsent(
  ctx: Context,
  {
    store,
    id,
    caller,
    nowMs,
  }: { readonly store: Store; readonly id: string; readonly caller: Caller; readonly nowMs: number },
): Promise<void> {
  const text = await readText(ctx);
  if (text === undefined) return;
  const read = readValue(GIVEN, parseJson(text));
  const problem = read.success ? toldTimeProblem(read.data.at, nowMs) : read.reason;
  if (!read.success || problem !== undefined) {
    return answerProblem(
      ctx,
      400,
      `The body must be like { "opens": "none", "clicks": "none", "purpose": "open tracking", "source": "preference form" }. ${problem}`,
    );
  }
  const { opens, clicks, purpose, source, at } = read.data;
  const atMs = at === undefined ? nowMs : Date.parse(at);
  await store.setConsent(id, { opens, clicks }, caller.by, { purpose, source, atMs });
  const kept = await consentsOf(store, id);
  if (kept.consent === null) return answerProblem(ctx, 409, 'This recipient is erased: nothing is kept of them.');
  const isInForce = kept.consent.opens === opens && kept.consent.clicks === clicks;
  answerJson(ctx, isInForce ? kept : { ...kept, note: SUPERSEDED });
}

const SUPERSEDED =
  'What you told is of an earlier time than what is on record of this recipient: it is recorded, and changes nothing.';

async function consentsOf(store: Store, recipient: string): Promise<Consents> {
  const [known] = await store.sendability([recipient]);
  const log = await store.consentsOf(recipient, consentsShown);
  const items = log.map(({ consent, purpose, source, atMs, recordedAtMs, by }) => ({
    ...{ ...consent, purpose, source, by },
    at: new Date(atMs).toISOString(),
    recordedAt: new Date(recordedAtMs).toISOString(),
  }));
  return { recipient, consent: known?.consent ?? null, items };
}
