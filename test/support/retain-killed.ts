// A process that runs retention over a store and is killed just before it changes rows for the so manieth time; it prints
// nothing, and ends by itself when there were fewer changes.
import Database from 'better-sqlite3';
import { DEFAULT_RETENTION } from '../../src/retain/age.ts';
import { retain } from '../../src/retain/retain.ts';
import { openStore } from '../../src/store/open-store.ts';

const [path = '', nowMs = '0', killAt = '0'] = process.argv.slice(2);
const { prepare } = Database.prototype;
let changed = 0;

Database.prototype.prepare = function (this: Database.Database, sql: string) {
  const statement = Reflect.apply(prepare, this, [sql]);
  if (!/^(delete from|update) "(events|kept_events|texts)"/.test(sql)) return statement;
  const run = statement.run.bind(statement);
  return Object.assign(statement, {
    run(...args: readonly unknown[]) {
      changed += 1;
      if (changed === Number(killAt)) process.kill(process.pid, 'SIGKILL');
      return run(...args);
    },
  });
} as typeof prepare;

const store = await openStore(`sqlite:${path}`);
const now = () => Number(nowMs);
await retain({ store, policy: DEFAULT_RETENTION, now, trustClock: true, onStep: () => {} });
await store.close();
