// A whole installation under load, of which each part is killed, stopped or cut off in turn; and with a deliberate defect.
import { describe, expect, it } from 'vitest';
import {
  ACKNOWLEDGES_FIRST,
  breakClusters,
  CLUSTER_FLAWLESS,
  missingForCluster,
  sortFaults,
  tellFailure,
} from './cluster.ts';

const MINUTES_10 = 600_000;
const missing = missingForCluster();
const { possible, skipped } = sortFaults();
const some = expect.toSatisfy((count) => count > 0);

const name = missing === undefined ? 'a whole installation' : `a whole installation (skipped: it needs ${missing})`;
const but = skipped.length === 0 ? '' : ` (skipped, they need root: ${skipped.join(', ')})`;

describe.skipIf(missing !== undefined)(name, () => {
  it(`loses, doubles and invents no answered hit, whatever is broken of it${but}`, {
    timeout: MINUTES_10,
  }, async () => {
    const found = await breakClusters({ seed: 1, runs: 1, faults: possible, onRun: tellFailure });
    expect(found).toMatchObject({ ...CLUSTER_FLAWLESS, durable: some, faults: possible.length });
  });

  it('would be seen to lose hits, were a message acknowledged before it is settled', {
    timeout: MINUTES_10,
  }, async () => {
    const found = await breakClusters({
      ...{ seed: 1, runs: 1, faults: ['settler killed over a stopped database'], alterations: [ACKNOWLEDGES_FIRST] },
      // What is lost never comes.
      recoverMs: 20_000,
    });
    expect(found).toMatchObject({ lost: some, doubled: 0, invented: 0 });
  });
});
