// Loaded before everything else in every thread: the process is killed just before a thread executes what writes to
// KILL_FILE and matches KILL_SQL, for the KILL_ATth time. With KILL_WHEN, counted from when that file is there; with
// KILL_ONCE, a file that is made then, one process alone.
const { existsSync, openSync } = require('node:fs');
const Database = require('better-sqlite3');

const { KILL_FILE = '', KILL_SQL = '', KILL_AT, KILL_WHEN, KILL_ONCE } = process.env;
const matching = new RegExp(KILL_SQL, 'i');
const { prepare } = Database.prototype;
let executed = 0;

Database.prototype.prepare = function (sql) {
  const statement = prepare.call(this, sql);
  if (statement.readonly || !this.name.endsWith(KILL_FILE) || !matching.test(sql)) return statement;
  for (const way of ['run', 'get', 'all']) {
    const execute = statement[way].bind(statement);
    statement[way] = (...args) => {
      if (KILL_WHEN === undefined || existsSync(KILL_WHEN)) executed += 1;
      if (executed === Number(KILL_AT) && isFirst()) process.kill(process.pid, 'SIGKILL');
      return execute(...args);
    };
  }
  return statement;
};

function isFirst() {
  if (KILL_ONCE === undefined) return true;
  try {
    openSync(KILL_ONCE, 'wx');
    return true;
  } catch {
    return false;
  }
}
