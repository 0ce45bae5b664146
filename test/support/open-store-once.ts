// A process that opens a store and closes it again. Given a number, it is killed just before that many tables are made.
import Database from 'better-sqlite3';
import { openStore } from '../../src/store/open-store.ts';

const [path = '', killAt = '0'] = process.argv.slice(2);
const { prepare } = Database.prototype;
let made = 0;

Database.prototype.prepare = function (this: Database.Database, sql: string) {
  if (/^create table/i.test(sql)) {
    made += 1;
    if (made === Number(killAt)) process.kill(process.pid, 'SIGKILL');
  }
  return Reflect.apply(prepare, this, [sql]);
} as typeof prepare;

const store = await openStore(`sqlite:${path}`);
await store.createApiToken('read');
await store.close();
