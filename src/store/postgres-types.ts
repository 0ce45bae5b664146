// How values of PostgreSQL are read: whole numbers as numbers, since none of ours is beyond 2^53.
import type { CustomTypesConfig, types } from 'pg';

const [INT8, NUMERIC, BYTEA] = [20, 1700, 17];

/** Parsers for `pg`; byte strings stay the text that PostgreSQL sends where they go on to another thread. */
export function postgresTypes(pg: { readonly types: typeof types }, isTextLeft: boolean): CustomTypesConfig {
  return {
    getTypeParser(id, format) {
      if (format === 'binary') return pg.types.getTypeParser(id, format);
      if (id === INT8 || id === NUMERIC) return Number;
      if (id === BYTEA && isTextLeft) return String;
      return pg.types.getTypeParser(id, format);
    },
  } as CustomTypesConfig;
}
