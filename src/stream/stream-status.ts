// How it is with the stream, for those who show it; who does needs none of NATS' clients.

export interface StreamStatus {
  readonly isConnected: boolean;
  /** Messages, of many hits each, that are not settled; null when it cannot be asked. */
  readonly waiting: number | null;
  /** What was set aside: hits, or messages that nobody can read. */
  readonly parked: number | null;
}
