// A deliberate defect, loaded before everything else in every thread: commits are no longer synced. Kill -9 cannot tell;
// a power cut can.
const Database = require('better-sqlite3');

const { pragma } = Database.prototype;
Database.prototype.pragma = function (source, options) {
  return pragma.call(this, source === 'synchronous = FULL' ? 'synchronous = NORMAL' : source, options);
};
