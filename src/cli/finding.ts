// What a look at one thing has found.

/** `unknown`: it cannot be told from here, and the sentence says how it can be. */
export type Status = 'ok' | 'warning' | 'problem' | 'unknown';

/** What was found of one thing. */
export interface Finding {
  readonly check: string;
  readonly status: Status;
  /** What is there; and what to do where it is not as it should be. */
  readonly message: string;
}

/** Makes a finding. */
export function found(check: string, status: Status, message: string): Finding {
  return { check, status, message };
}
