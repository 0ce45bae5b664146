// The same schema on PostgreSQL: types by its names, texts ordered by their bytes as SQLite orders them, events in a
// partition for each month. Written for plain PostgreSQL, so that what speaks its language takes it too (docs/scale.md).
import {
  type ColumnDefinitionNode,
  CreateTableNode,
  DataTypeNode,
  type Kysely,
  type KyselyPlugin,
  type Migration,
  OperationNodeTransformer,
  type PrimaryKeyConstraintNode,
  RawNode,
  sql,
} from 'kysely';
import { MIGRATIONS } from './migrations.ts';

/** All steps by name, in order: those of SQLite, and after the first what only PostgreSQL needs. */
export const POSTGRES_MIGRATIONS: Readonly<Record<string, Migration>> = Object.fromEntries(
  Object.entries(MIGRATIONS).map(([name, { up }], at) => [
    name,
    {
      async up(db: Kysely<unknown>) {
        await up(db.withPlugin(new Translation()));
        if (at === 0) await addTurns(db);
      },
    },
  ]),
);

/** What writers take turns by (postgres-turns.ts); `epoch` changes when numbers lose their meaning. */
async function addTurns(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE TABLE turn (place smallint NOT NULL)`.execute(db);
  await sql`INSERT INTO turn VALUES (0), (1)`.execute(db);
  await sql`CREATE TABLE turns (
    epoch bigint NOT NULL,
    taken bigint NOT NULL,
    begin_again bigint NOT NULL,
    judge_again bigint NOT NULL,
    alone_until timestamptz NOT NULL
  )`.execute(db);
  await sql`INSERT INTO turns VALUES (0, 0, 0, 0, '-infinity')`.execute(db);
  // For times that no clock should have; what is removed by the month is never here.
  await sql`CREATE TABLE events_outside PARTITION OF events DEFAULT`.execute(db);
}

/** Columns of small numbers, and of numbers that stay below 2^31; all others of whole numbers have eight bytes. */
const SMALL = new Set(
  'kind label test network repeat timed code model verified proof seen cohort device opens clicks state'.split(' '),
);
const MEDIUM = new Set(
  'link_index verdict_key agent_key method_key host_key destination_key domain_key client_key place quarter'.split(' '),
);

class Translation implements KyselyPlugin {
  readonly #translator = new Translator();

  transformQuery({ node }: Parameters<KyselyPlugin['transformQuery']>[0]) {
    return this.#translator.transformNode(node);
  }

  async transformResult({ result }: Parameters<KyselyPlugin['transformResult']>[0]) {
    return result;
  }
}

class Translator extends OperationNodeTransformer {
  protected override transformCreateTable(node: CreateTableNode): CreateTableNode {
    const created = super.transformCreateTable(node);
    const isEvents = node.table.table.identifier.name === 'events';
    const { endModifiers: _, ...plain } = created;
    return isEvents ? { ...plain, endModifiers: [RawNode.createWithSql('PARTITION BY RANGE (hit_id)')] } : plain;
  }

  protected override transformColumnDefinition(node: ColumnDefinitionNode): ColumnDefinitionNode {
    const { autoIncrement, ...defined } = super.transformColumnDefinition(node);
    const { name } = node.column.column;
    const given = DataTypeNode.is(node.dataType) ? node.dataType.dataType : undefined;
    const raw = (type: string) => ({ ...defined, dataType: RawNode.createWithSql(type) });
    switch (given) {
      case 'text':
        return raw('text COLLATE "C"');
      case 'blob':
        // Ids of recipients are texts here, also those that SQLite stores in fewer bytes.
        return raw(name === 'id' && this.#table() === 'recipients' ? 'text COLLATE "C"' : 'bytea');
      case 'integer':
        if (autoIncrement === true) return raw('bigserial');
        return raw(SMALL.has(name) ? 'smallint' : MEDIUM.has(name) ? 'integer' : 'bigint');
      default:
        return defined;
    }
  }

  #table(): string | undefined {
    const made = this.nodeStack.find((node): node is CreateTableNode => CreateTableNode.is(node));
    return made?.table.table.identifier.name;
  }

  /** Names of keys are a schema's here, not a table's: each gets PostgreSQL's own. */
  protected override transformPrimaryKeyConstraint(node: PrimaryKeyConstraintNode): PrimaryKeyConstraintNode {
    const { name: _, ...unnamed } = super.transformPrimaryKeyConstraint(node);
    return unnamed;
  }
}
