// A whole service in a process of its own, for faults that a process must not share with its judge. It tells where it
// listens, and its journal's account when asked: `counts` as it is, `settle` when all is in the store,
// `follow` when it knows the control state, `retain` when what is old is removed; a number sets how wrong its clock is.
import { runService } from '../../src/server/run-service.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';

const [directory = '', ring = '', clockOffsetMs = '0', databaseUrl = ''] = process.argv.slice(2);
let offsetMs = Number(clockOffsetMs);
const systemNow = Date.now;
Date.now = () => systemNow() + offsetMs;

const service = await runService({
  dataDirectory: directory,
  databaseUrl,
  keys: createKeyRing(ring),
  baseUrl: 'https://t.example.com',
  host: '127.0.0.1',
  port: 0,
  onProblem: (error) => process.send?.({ problem: String(error) }),
});

process.on('message', async (asked) => {
  try {
    if (asked === 'settle') await service.settler.settleNow();
    if (asked === 'follow') await service.control.follower.followNow();
    if (asked === 'retain') await service.retainer?.runNow();
    if (typeof asked === 'number') offsetMs = asked;
    process.send?.({ counts: service.journal.counts() });
  } catch (error) {
    process.send?.({ failure: String(error) });
  }
});
process.once('SIGTERM', () => service.close().then(() => process.exit(0)));
process.send?.({ url: service.url });
