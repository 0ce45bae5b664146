// Whose turn it is to write in PostgreSQL. Hits are judged by what came from their address and of their recipient a moment
// before, so two that judged side by side would each miss the other: whoever writes locks a row of `turn` to the end
// of its transaction. Who settles does so late: what costs the most, looking up and adding events, runs beside others, and
// the one row of `turns` tells then what has changed meanwhile. Nothing waits for either but another writer.
import { postgresAloneMs, postgresLockMs } from '../base/limits.ts';
import type { PostgresLetter, StepResult } from './postgres-letters.ts';
import { type Bearing, type Errand, Overtaken } from './sql.ts';

type Step = PostgresLetter['steps'][number];

/** The connection that transactions run on. */
export interface TurnsLine {
  ask(step: Step): readonly StepResult[];
  queue(step: Step): void;
  begin(steps: readonly Step[], undo: Step): readonly StepResult[];
  end(step: Step): void;
  rollBack(step: Step): void;
}

/** How far a transaction keeps others away: not until it finishes, from its beginning, and also those who began before. */
const LEVELS = ['beside', 'in-turn', 'alone'] as const;
type Level = (typeof LEVELS)[number];

/** Thrown within a transaction that must keep others farther away. */
class Escalation extends Overtaken {
  readonly level: Level;

  constructor(level: Level) {
    super(`this takes a transaction ${level}`);
    this.level = level;
  }
}

/** Tries again what PostgreSQL ended because of another transaction. */
const TRIES = 5;

const BEGIN = ['BEGIN ISOLATION LEVEL READ COMMITTED', `SET LOCAL lock_timeout = ${postgresLockMs}`] as const;

/** What tells whether something has changed, the control state too, which is written without a turn; and who asks to be alone. */
const LOOK = `SELECT epoch, begin_again, judge_again, last_seq, (alone_until > clock_timestamp())::int
  FROM turns, control_log`;

/** A row that nobody changes: those who wait for it get it in the order in which they came. */
const LOCK = 'SELECT place FROM turn WHERE place = 0 FOR UPDATE';

/** Rows that nobody waits for. */
export const ERRANDS: Readonly<Record<Errand, string>> = {
  forgetting: 'SELECT place FROM turn WHERE place = 1 FOR UPDATE SKIP LOCKED',
};

/** Always a change, so that who has an older view of the database is refused by it, whatever the isolation. */
const TAKE: Readonly<Record<Bearing, string>> = {
  none: 'UPDATE turns SET taken = taken + 1',
  'judge-again': 'UPDATE turns SET judge_again = judge_again + 1',
  'begin-again': 'UPDATE turns SET begin_again = begin_again + 1',
};

/** For as long as it may take those to end who did not see it; who begins meanwhile takes its turn at once. */
const ASK_TO_BE_ALONE = `UPDATE turns SET alone_until = clock_timestamp() + interval '${postgresAloneMs} milliseconds'`;

const END_ALONE = "UPDATE turns SET alone_until = '-infinity'";

const END_EPOCH = 'UPDATE turns SET epoch = epoch + 1';

interface Turn {
  readonly epoch: number;
  readonly beginAgain: number;
  readonly judgeAgain: number;
  readonly controlSeq: number;
  readonly isSomebodyAlone: boolean;
}

/** What was prepared is stale, and prepared again, when one of these is another. */
const MUST_STAY = ['epoch', 'beginAgain', 'controlSeq'] as const;

export interface Turns {
  write<T>(work: () => T, bearing: Bearing): T;
  writeBeside<Prepared, T>(prepare: () => Prepared, finish: (prepared: Prepared, mustJudgeAgain: boolean) => T): T;
  /** Runs `work`, which only reads, on the database as it is at one moment. */
  read<T>(work: () => T): T;
  /** Of the transaction that runs. */
  epoch(): number;
  /** Queued within a transaction of one's turn. */
  readonly endEpoch: Step;
  /** Within a transaction: goes on only where others are kept as far away; begins anew so otherwise. */
  mustBe(wanted: Level): void;
}

/** `forget` is called when tables of events may have come or gone. */
export function makeTurns(line: TurnsLine, forget: () => void): Turns {
  let epoch = 0;
  let level: Level = 'in-turn';

  function transact<T>(begin: readonly string[], work: (found: StepResult | undefined) => T): T {
    const found = line.begin(begin.map(plain), plain('ROLLBACK')).at(-1);
    try {
      const result = work(found);
      line.end(plain('COMMIT'));
      return result;
    } catch (error) {
      line.rollBack(plain('ROLLBACK'));
      // A table that was made in it is gone again.
      forget();
      throw error;
    }
  }

  function enter(turn: Turn): void {
    if (turn.epoch !== epoch) forget();
    epoch = turn.epoch;
  }

  /** Runs until nothing of others ended it, and keeps them as far away as it takes. */
  function attempt<T>(first: Level, run: () => T): T {
    level = first;
    for (let tries = 1; ; tries += 1) {
      try {
        if (level === 'alone') transact([...BEGIN, LOCK, ASK_TO_BE_ALONE], () => undefined);
        return run();
      } catch (error) {
        if (error instanceof Escalation) level = error.level;
        else if (error instanceof Overtaken || isConflict(error)) level = level === 'beside' ? 'in-turn' : level;
        else throw error;
        if (tries >= TRIES) throw error;
      }
    }
  }

  function writeBeside<Prepared, T>(
    prepare: () => Prepared,
    finish: (prepared: Prepared, mustJudgeAgain: boolean) => T,
  ): T {
    return transact([...BEGIN, LOOK], (found) => {
      const begun = readTurn(found);
      if (begun.isSomebodyAlone) throw new Escalation('in-turn');
      enter(begun);
      const prepared = prepare();
      line.queue(plain(LOCK));
      line.queue(plain(TAKE.none));
      const now = readTurn(line.ask(plain(LOOK))[0]);
      if (MUST_STAY.some((name) => now[name] !== begun[name])) throw new Escalation('in-turn');
      return finish(prepared, now.judgeAgain !== begun.judgeAgain);
    });
  }

  function inTurn<T>(work: () => T, bearing: Bearing): T {
    return transact([...BEGIN, LOCK, TAKE[bearing], LOOK], (found) => {
      enter(readTurn(found));
      const result = work();
      if (level === 'alone') line.ask(plain(END_ALONE));
      return result;
    });
  }

  return {
    write: (work, bearing) => attempt('in-turn', () => inTurn(work, bearing)),
    writeBeside: (prepare, finish) =>
      attempt('beside', () =>
        level === 'beside' ? writeBeside(prepare, finish) : inTurn(() => finish(prepare(), false), 'none'),
      ),
    read: (work) =>
      attempt('beside', () => transact(['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'], () => work())),
    epoch: () => epoch,
    endEpoch: plain(END_EPOCH),
    mustBe(wanted) {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(wanted)) throw new Escalation(wanted);
    },
  };
}

export function plain(text: string): Step {
  return { name: '', text, rows: [[]] };
}

function readTurn(found: StepResult | undefined): Turn {
  const [epoch, beginAgain, judgeAgain, controlSeq, isSomebodyAlone] = found?.rows[0] ?? [];
  return {
    epoch: Number(epoch ?? 0),
    beginAgain: Number(beginAgain ?? 0),
    judgeAgain: Number(judgeAgain ?? 0),
    controlSeq: Number(controlSeq ?? 0),
    isSomebodyAlone: Number(isSomebodyAlone ?? 0) === 1,
  };
}

/** Also where another version changed a table under what this connection has prepared (postgres-worker.ts). */
function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:40P01|40001|0A000)$/.test(String(error.code));
}
