// A process that appends hits to a journal as fast as it can and prints the id of each that was acknowledged, until it
// is killed. With `early` it has the defect that the crash test must find: it prints before the hit is on disk.
import { openJournal } from '../../src/journal/open-journal.ts';
import { makeHit } from './hits.ts';

const LANES = 64;

const [path = '', mode = 'durable'] = process.argv.slice(2);
const journal = await openJournal(path);

function print(id: string): void {
  process.stdout.write(`${id}\n`);
}

async function appendForEver(): Promise<never> {
  for (;;) {
    const hit = makeHit();
    if (await journal.append(hit)) print(hit.id);
  }
}

// Never lets the loop turn, so that no commit can begin before the end comes.
function appendEarly(): never {
  for (;;) {
    const hit = makeHit();
    void journal.append(hit);
    print(hit.id);
  }
}

if (mode === 'early') appendEarly();
await Promise.all(Array.from({ length: LANES }, appendForEver));
