// What docs/scale.md says of distributed databases: the schema, as PostgreSQL is told it, and the queries.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { schemaStatements } from '../support/postgres.ts';

const docs = readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8');
const [, ddl = ''] = /```sql\n([\s\S]*?)```/.exec(docs) ?? [];
const [references = '', distributed = ''] = ddl.split("SELECT create_distributed_table('events'");

function namesIn(sql: string): readonly string[] {
  return [...sql.matchAll(/'([a-z_]+)'/g)].map(([, name]) => name ?? '').filter((name) => name !== 'message_key');
}

const asReference = namesIn(references);
const byMessage = ['events', ...namesIn(distributed).filter((name) => name !== 'events')];

const statements = await schemaStatements();

/** Tables with what makes them; not those that are parts of one. */
const tables = new Map(
  statements.flatMap((statement) => {
    const [, name] = /^create table "?(\w+)"?/i.exec(statement) ?? [];
    return name === undefined || /PARTITION OF/.test(statement) ? [] : [[name, statement] as const];
  }),
);

/** The first column of a table's key. */
function keyOf(name: string): string | undefined {
  const made = tables.get(name) ?? '';
  return /primary key \("(\w+)"/.exec(made)?.[1] ?? /"(\w+)" [^,"]* primary key/.exec(made)?.[1];
}

describe('a distributed database', () => {
  it('is told of every table once', () => {
    expect(tables.size).toBeGreaterThan(40);
    expect([...asReference, ...byMessage].sort()).toEqual([...tables.keys()].sort());
  });

  it.each(byMessage)('has a key that begins with the message, and no other that is unique, in %s', (name) => {
    expect(keyOf(name)).toBe('message_key');
    expect(tables.get(name)).not.toMatch(/serial|unique/i);
    const unique = statements.filter((one) => /create unique index/i.test(one) && one.includes(`on "${name}"`));
    expect(unique).toEqual([]);
  });

  it('is asked for nothing it refuses: no system columns, no locks by number, no sequences by name', () => {
    const source = new URL('../../src/store/', import.meta.url);
    const refused = /\b(?:xmax|xmin|ctid|pg_(?:try_)?advisory_\w+|nextval|currval|setval|lastval)\b/i;
    // Moving sets each sequence once, behind what it brought; nothing that serves does.
    for (const file of readdirSync(source).filter((name) => name !== 'move-store.ts'))
      expect([file, readFileSync(new URL(file, source), 'utf8').match(refused)]).toEqual([file, null]);
    expect(statements.filter((statement) => refused.test(statement))).toEqual([]);
  });

  it('and a version beside another one name the columns of what they insert', () => {
    const source = new URL('../../src/store/', import.meta.url);
    const files = readdirSync(source).filter((file) => !/^(?:migrations|postgres-schema)\.ts$/.test(file));
    for (const file of files)
      expect([file, readFileSync(new URL(file, source), 'utf8').match(/INSERT INTO \w+\s+(?:VALUES|SELECT)/)]).toEqual([
        file,
        null,
      ]);
  });
});
