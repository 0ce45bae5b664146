// How it is with the stream, for those who show it; who does needs none of NATS' clients.

export interface StreamStatus {
  readonly isConnected: boolean;
  /** Messages, of many hits each, that are not settled; null when it cannot be asked. */
  readonly waiting: number | null;
  /** What was set aside: hits, or messages that nobody can read. */
  readonly parked: number | null;
  /** What this process has settled; nothing where it settles nothing. */
  readonly settling?: SettlingFigures | undefined;
}

/** What one settler did since its start. */
export interface SettlingFigures {
  /** Hits, and sales that a pixel told, that came into the store. */
  readonly settled: number;
  /** Hits and messages that can never be settled, and were parked. */
  readonly refused: number;
  /** Tries that failed, of the store and of the stream. */
  readonly failed: number;
  /** Whether something stops it now. */
  readonly isFailing: boolean;
  /** When something last came into the store, in milliseconds since 1970; null for not since the start. */
  readonly committedAtMs: number | null;
}
