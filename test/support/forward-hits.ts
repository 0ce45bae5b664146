// A process that collects as fast as it can, forwards to a stream and settles from it at the same time, printing the id of
// each hit that was acknowledged, until it is killed.
import { join } from 'node:path';
import { startEngine } from '../../src/engine/start-engine.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { readStreamSettings } from '../../src/stream/stream-settings.ts';
import { makeHit } from './hits.ts';

const LANES = 32;

const [directory = '', url = ''] = process.argv.slice(2);
const engine = await startEngine({
  databaseUrl: `sqlite:${join(directory, 'telltale.db')}`,
  stream: { settings: readStreamSettings({ url, replicas: '1' }), settles: true },
  onProblem: (error) => process.stderr.write(`${error}\n`),
});
const journal = await openJournal(join(directory, 'journal.db'));
await engine.settle(journal);

async function appendForEver(lane: number): Promise<never> {
  for (let count = 0; ; count += 1) {
    const hit = makeHit({ recipient: `r${lane}-${count % 10}`, message: `m${count % 8}` });
    if (await journal.append(hit)) process.stdout.write(`${hit.id}\n`);
  }
}

await Promise.all(Array.from({ length: LANES }, (_, lane) => appendForEver(lane)));
