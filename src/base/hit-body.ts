// A hit as the journal keeps it: its values in a fixed order, as JSON. The names would be a third of every row, of every
// commit and of what crosses to the journal's thread.
import type { ConversionHit } from './conversion.ts';
import type { Hit } from './nouns.ts';

/** Writes a hit; no line break is in it. */
export function writeBody(hit: Hit | ConversionHit): string {
  if (hit.kind === 'conversion') return JSON.stringify([hit.id, hit.kind, hit.conversion, hit.atMs]);
  return JSON.stringify([
    hit.id,
    hit.kind,
    hit.message,
    hit.recipient,
    hit.level,
    hit.test,
    hit.link,
    hit.atMs,
    hit.method,
    hit.peer,
    hit.network,
    hit.networkLists,
    hit.repeat,
    hit.headers,
  ]);
}

/** Reads what {@link writeBody} wrote; nothing when it is something else. What its values say is not looked at. */
export function readBody(text: string): Hit | ConversionHit | null {
  const values: unknown = JSON.parse(text);
  if (!Array.isArray(values)) return null;
  if (values[1] === 'conversion') {
    const told: Readonly<Record<keyof ConversionHit, unknown>> = {
      ...{ id: values[0], kind: values[1], conversion: values[2], atMs: values[3] },
    };
    return told as ConversionHit;
  }
  // By index: to take a list apart by names costs several times as much.
  const hit: Readonly<Record<keyof Hit, unknown>> = {
    id: values[0],
    kind: values[1],
    message: values[2],
    recipient: values[3],
    level: values[4],
    test: values[5],
    link: values[6],
    atMs: values[7],
    method: values[8],
    peer: values[9],
    network: values[10],
    networkLists: values[11],
    repeat: values[12],
    headers: values[13],
  };
  return hit as Hit;
}
