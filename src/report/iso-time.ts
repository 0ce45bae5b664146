// Times as reports show them.

/** ISO 8601 in UTC, or null for a time that is not known. */
export function isoTime(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
