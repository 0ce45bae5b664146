// What a running server says on stderr: sentences to a person at a terminal, JSON lines to whatever else reads. No line
// holds a token, an address, a query or anything else that a stranger sent.
import pino from 'pino';
import { messageOf } from '../base/errors.ts';
import { type Io, say } from './io.ts';

export interface Log {
  /** Something happened. */
  info(sentence: string, fields?: Readonly<Record<string, string | number>>): void;
  /** Something needs somebody's attention. */
  problem(error: unknown, what?: string): void;
}

/** Makes the log; `json` for lines even at a terminal. */
export function makeLog(io: Io, of: { readonly json: boolean; readonly quiet: boolean }): Log {
  if (io.stderr.isTTY === true && !of.json) {
    return {
      info: (sentence, fields = {}) => {
        if (!of.quiet && Object.keys(fields).length === 0) say(io, sentence);
      },
      problem: (error, what = 'problem') => say(io, `${what}: ${messageOf(error)}`),
    };
  }
  const logger = pino(
    { base: { pid: process.pid }, level: of.quiet ? 'warn' : 'info', timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => void io.stderr.write(line) },
  );
  return {
    info: (sentence, fields = {}) => logger.info(fields, sentence),
    problem: (error, what = 'problem') => logger.warn(`${what}: ${messageOf(error)}`),
  };
}
