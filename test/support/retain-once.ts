// A process that runs retention over a store to its end.
import { DEFAULT_RETENTION } from '../../src/retain/age.ts';
import { retain } from '../../src/retain/retain.ts';
import { openStore } from '../../src/store/open-store.ts';

const [path = '', nowMs = '0'] = process.argv.slice(2);
const store = await openStore(`sqlite:${path}`);
const now = () => Number(nowMs);
await retain({ store, policy: DEFAULT_RETENTION, now, trustClock: true, onStep: () => {} });
await store.close();
