// A process that appends hits to a journal and notes in a file, in order, which it tries (`t` and the id) and which are
// acknowledged (`a` and the id), until there are `count` of them. The notes and the journal go through one watched disk,
// so their order is the order of what reached it.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../../src/journal/open-journal.ts';
import { makeHit } from '../support/hits.ts';

const LANES = 16;

const [directory = '', count = '0'] = process.argv.slice(2);
const notes = openSync(join(directory, 'notes'), 'a');
const journal = await openJournal(join(directory, 'journal.db'));
let left = Number(count);

async function appendAll(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const hit = makeHit();
    writeSync(notes, `t${hit.id}\n`);
    if (await journal.append(hit)) writeSync(notes, `a${hit.id}\n`);
  }
}

await Promise.all(Array.from({ length: LANES }, appendAll));
process.kill(process.pid, 'SIGKILL');
