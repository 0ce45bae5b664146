// Which partition of the stream a hit goes to: all of one message to one, so that they are settled in order, and by one
// settler at a time. What a pixel tells of a sale follows the clicks of its message.
import { crc32 } from 'node:zlib';
import type { ConversionHit } from '../base/conversion.ts';
import type { Hit } from '../base/nouns.ts';

/** From 0; the same for ever for a number of partitions. */
export function partitionOf(hit: Hit | ConversionHit, partitions: number): number {
  return crc32(keyOf(hit)) % partitions;
}

function keyOf(hit: Hit | ConversionHit): string {
  if (hit.kind !== 'conversion') return hit.message;
  const { click, message, order } = hit.conversion;
  return click?.message ?? message ?? order;
}
