// The API of erasing: all that is kept of a recipient goes, and a tombstone is left.
import { z } from 'zod';
import { erasedWithinMs } from '../base/limits.ts';
import { ERASED_TABLES, erase } from '../retain/erase.ts';
import { answerJson } from './api-data.ts';
import { type ApiParts, type ApiRoute, NO_QUERY, route } from './api-route.ts';

const ERASED: z.ZodType = z
  .strictObject({
    recipient: z.string(),
    found: z.boolean().meta({ description: 'Whether the store held anything of them.' }),
    tombstone: z.enum(['new', 'known']),
    rows: z
      .record(z.enum(ERASED_TABLES), z.int().min(0))
      .meta({ description: 'How many rows of each table are gone.' }),
    isClean: z
      .boolean()
      .meta({ description: 'Whether the database’s files are free of what was removed; else ask again.' }),
    journalsUntil: z.iso.datetime().meta({
      description:
        'Journals of collectors that reach the store hold nothing of them after this; others once they reach it.',
    }),
  })
  .meta({ id: 'Erased' });

/** The route. */
export function eraseRoutes({ store, now }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'delete', path: '/recipients/:id', scope: 'admin' } as const),
      summary: 'Erases a recipient: a tombstone is left, and nothing is kept of them any more',
      query: NO_QUERY,
      answer: ERASED,
      async handle(ctx, { id, caller }) {
        const { rows, tombstone, isScrubbed } = await erase(store, { recipient: id, by: caller.by });
        answerJson(ctx, {
          recipient: id,
          found: Object.values(rows).some((count) => count > 0),
          tombstone: tombstone.isNew ? 'new' : 'known',
          rows,
          isClean: isScrubbed,
          journalsUntil: new Date(now() + erasedWithinMs).toISOString(),
        });
      },
    }),
  ];
}
