// Each guarantee with a deliberate defect: the figure that speaks of it turns red, and no other.
import { expect, it } from 'vitest';
import { type Defect, liveThrough } from './defects.ts';
import { FLAWLESS } from './oracle.ts';

const SOUND = { ...FLAWLESS, damaged: 1 };

it.each<[Defect, object]>([
  ['none', SOUND],
  ['repeats batches, alone', SOUND],
  ['repeats batches, places unseen, alone', SOUND],
  ['repeats batches, no idempotency', { ...SOUND, miscounted: expect.toSatisfy((count) => count > 0) }],
  ['answers before the commit', { ...SOUND, lost: expect.toSatisfy((count) => count >= 8) }],
  ['no checksum', { ...SOUND, damaged: 0, invented: 1 }],
])('a service with this defect is found out, and by what it breaks alone: %s', async (defect, judged) => {
  expect(await liveThrough(defect)).toEqual(judged);
});
