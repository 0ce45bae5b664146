// The thread that has one connection to PostgreSQL, for a thread that waits for what it asks (postgres-sql.ts): all
// statements of a letter go out at once, and their results come back as one letter.
import { workerData } from 'node:worker_threads';
import pg, { type Client, type ClientConfig, type QueryArrayResult } from 'pg';
import { messageOf } from '../base/errors.ts';
import type { PostgresLetter, PostgresReply, PostgresThreadData, StepResult } from './postgres-letters.ts';
import { postgresTypes } from './postgres-types.ts';

const { port, bell, config } = workerData as PostgresThreadData;
const BYTEA = 17;

let client: Client | undefined;
let connections = 0;

async function connect(): Promise<Client> {
  const opened = new pg.Client({
    ...(config as ClientConfig),
    pipeline: true,
    types: postgresTypes(pg, true),
  } as ClientConfig);
  // Told by the statement that fails, and by the next.
  opened.on('error', () => drop(opened));
  opened.on('end', () => drop(opened));
  await opened.connect();
  connections += 1;
  client = opened;
  return opened;
}

function drop(gone: Client): void {
  if (client === gone) client = undefined;
}

async function answer({ steps, connection }: PostgresLetter): Promise<PostgresReply> {
  if (connection !== null && (client === undefined || connection !== connections)) {
    return { failure: { message: 'the connection to PostgreSQL was lost', code: '08006' } };
  }
  try {
    const open = client ?? (await connect());
    const asked = steps.flatMap(({ name, text, rows }) =>
      rows.map((values) => open.query({ name, text, values: [...values], rowMode: 'array' as const })),
    );
    const settled = await Promise.allSettled(asked);
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed !== undefined) return failAfter(open, failed.reason);
    const results = settled.map((one) => toResult((one as PromiseFulfilledResult<QueryArrayResult>).value));
    return { results, connection: connections };
  } catch (error) {
    return failureOf(error);
  }
}

/** "Cached plan must not change result type": what is prepared is of a table as it was; the next connection knows better. */
const OUTDATED = '0A000';

function failAfter(open: Client, error: unknown): PostgresReply {
  const reply = failureOf(error);
  if ('failure' in reply && reply.failure.code === OUTDATED) {
    drop(open);
    void open.end().catch(() => undefined);
  }
  return reply;
}

function toResult({ fields, rows, rowCount }: QueryArrayResult): StepResult {
  return {
    changes: rowCount ?? 0,
    names: fields.map(({ name }) => name),
    bytes: fields.flatMap(({ dataTypeID }, at) => (dataTypeID === BYTEA ? [at] : [])),
    rows,
  };
}

function failureOf(error: unknown): PostgresReply {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '08006';
  return { failure: { message: messageOf(error), code } };
}

port.on('message', (letter: PostgresLetter | 'close') => {
  if (letter === 'close') {
    port.close();
    return void client?.end().catch(() => undefined);
  }
  void answer(letter).then((reply) => {
    port.postMessage(reply);
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
  });
});
