// A process that opens a store, makes a token in it and closes it again.
import { openStore } from '../../src/store/open-store.ts';

const [path = ''] = process.argv.slice(2);
const store = await openStore(`sqlite:${path}`);
await store.createApiToken('read');
await store.close();
