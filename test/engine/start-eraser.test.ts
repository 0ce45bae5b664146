// What keeps journals of a server free of erased recipients, whoever erased them.
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEraser } from '../../src/engine/start-eraser.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { makeHit } from '../support/hits.ts';
import { accountedFor, appendAll, entriesOf, openTestJournal } from '../support/journals.ts';
import { testRing } from '../support/keys.ts';
import { openTestStore } from '../support/stores.ts';
import { tracesOf } from '../support/traces.ts';

const GONE = 'anna-7c1f-gone';
const KEYS = createKeyRing(testRing());
const SOON = { timeout: 20_000 };

describe('a journal of a server', () => {
  it('loses what waits in it of who is erased, and goes on taking and giving all else', {
    timeout: 60_000,
  }, async () => {
    const { store, directory } = await openTestStore();
    const problems: unknown[] = [];
    const journal = await openTestJournal(join(directory, 'journal-1.db'));
    const eraser = startEraser({
      store,
      directory,
      inUse: ['journal-1.db'],
      onProblem: (error) => problems.push(error),
    });
    onTestFinished(() => eraser.stop());
    eraser.watch(journal);
    await appendAll(journal, [
      makeHit({ recipient: 'stays' }),
      makeHit({ recipient: GONE }),
      makeHit({ recipient: GONE, kind: 'unsubscribe' }),
    ]);
    expect(tracesOf(directory, GONE, KEYS)).not.toEqual([]);
    await store.leaveTombstone(GONE, 'us');
    eraser.wake();
    await expect.poll(() => tracesOf(directory, GONE, KEYS), SOON).toEqual([]);
    await appendAll(journal, [makeHit({ recipient: 'new' })]);
    expect(
      (await entriesOf(journal)).map(({ hit }) => [hit?.kind, hit?.kind === 'conversion' ? undefined : hit?.recipient]),
    ).toEqual([
      ['open', 'stays'],
      ['unsubscribe', null],
      ['open', 'new'],
    ]);
    expect(journal.counts()).toMatchObject({ received: 4, journalled: 3, settled: 1 });
    expect(accountedFor(journal.counts())).toBe(journal.counts().received);
    expect(problems).toEqual([]);
  });

  it('is cleaned once after the start where nobody has it open', { timeout: 60_000 }, async () => {
    const { store, directory } = await openTestStore();
    const path = join(directory, 'journal-7.db');
    const journal = await openJournal(path);
    await appendAll(journal, [makeHit({ recipient: GONE })]);
    await journal.setAside([{ seq: 1, reason: 'a test' }]);
    await journal.close();
    await store.leaveTombstone(GONE, 'us');
    const eraser = startEraser({ store, directory, inUse: [], onProblem: () => undefined });
    onTestFinished(() => eraser.stop());
    await expect.poll(() => tracesOf(directory, GONE, KEYS), SOON).toEqual([]);
  });
});
