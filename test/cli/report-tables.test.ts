import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { makeHit, makeLink, sentMs } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

describe('a report as tables', () => {
  it('says how many rates are divided by, for opens and clicks, and the coverage', async () => {
    const { store, path, directory } = await openTestStore();
    const sends = Array.from({ length: 38 }, (_, at) => ({ recipient: `r${at}`, atMs: sentMs }));
    await store.recordSends('m1', [
      ...sends.slice(0, 36),
      { recipient: 'some', atMs: sentMs, consent: { opens: 'none', clicks: 'individual' } },
      { recipient: 'none', atMs: sentMs, consent: { opens: 'none', clicks: 'none' } },
    ]);
    const { stdout } = await run(['report', 'm1', '--database', `sqlite:${path}`], { cwd: directory });
    expect(stdout.split('\n')[1]).toMatch(
      /^measurable\tby opens 36 recipients of 38 sent, coverage 94\.7 %; by clicks 37 recipients of 38 sent, coverage 97\.4 %, first sent /,
    );
  });

  it('divides no clicks by fewer opens', async () => {
    const { store, path, directory } = await openTestStore();
    await settleHits(store, [
      makeHit({ message: 'm1', recipient: 'r1' }),
      ...['r1', 'r2', 'r3'].map((recipient) => makeHit({ message: 'm1', recipient, link: makeLink() })),
    ]);
    const { stdout } = await run(['report', 'm1', '--database', `sqlite:${path}`], { cwd: directory });
    expect(stdout).toMatch(/^clicks by opens\t\t-\t-\t$/m);
  });
});
