// The one error class of Telltale and the table of its codes. A message says what was expected, what came and what
// to do; the table says in a sentence what each code stands for, and what exit status the command gives it.

/** Every code a {@link TelltaleError} can carry, with what it stands for. */
export const ERROR_CODES = {
  UNKNOWN_OPTION: 'An option was named that does not exist.',
  INVALID_OPTION: 'An option has a value that cannot be used.',
  INVALID_ID: 'A message or recipient id is empty, over-long or holds control characters.',
  INVALID_BASE_URL: 'The base URL cannot carry tracking links.',
  INVALID_KEYS: 'The key ring cannot be read.',
  UNSAFE_KEY_FILE: 'The key file can be read by others on this machine.',
  UNKNOWN_KEY: 'A key was named that is not in the ring.',
  SIGNING_KEY: 'The key that signs new mail cannot be revoked.',
  INVALID_RECIPIENTS: 'A list of recipients cannot be read.',
  NOT_TEXT: 'A file that should hold text does not.',
  FILE_NOT_FOUND: 'A file that was named does not exist.',
  FILE_EXISTS: 'An output file exists already.',
  NOT_RESUMABLE: 'An interrupted run cannot be continued with what was given.',
  PORT_IN_USE: 'The port or address to listen on cannot be had.',
  INVALID_DATABASE: 'The database URL or file is not one Telltale can use.',
  NEWER_DATABASE: 'The database was written by a newer Telltale.',
  STORE_BUSY: 'Another program has the database locked.',
  STORE_DAMAGED: 'The database is damaged.',
  STORE_UNAVAILABLE: 'The database cannot be used for a while.',
  INVALID_JOURNAL: 'The journal file is not one Telltale can use.',
  STREAM_AWAY: 'The stream cannot be reached, or takes nothing for a while.',
  STREAM_MISMATCH: 'The stream exists with settings that would lose, double or disorder hits.',
  STREAM_GAP: 'Hits that come before these are not in the stream.',
  MISSING_PACKAGE: 'An optional package is needed that is not installed.',
  JOURNAL_IN_USE: 'Another process collects into the journal.',
  INVALID_MIRROR: 'The mirror of the control state is not one Telltale can use.',
  INVALID_NETWORKS: 'A list of networks, or a database of them, is not in the format it should be.',
  FETCH_FAILED: 'A document could not be fetched from where it is published.',
  LINKS_NOT_REGISTERED: 'A mail with short links was rendered before its links were registered.',
  CLOCK_DOUBTED: 'The clock says a time that does not fit what the store knows, so nothing was removed by it.',
  REFUSED_HITS: 'The store can never take these hits.',
  FILE_SYSTEM: 'The system refused to read or write a file.',
  COLLECTOR_AWAY: 'The collector’s API cannot be reached, or refuses what was asked.',
  SENDING: 'A message is being sent already, by another process.',
  MISSING_FIELDS: 'A mail is to be merged with fields that recipients do not have.',
  SMTP_FAILED: 'The mail server cannot be reached, or lets nobody in.',
  MISSING_TRACKING: 'A mail asks for tracking without saying which message it belongs to.',
  SEVERAL_RECIPIENTS: 'A mail to several addressees asks for tracking of one recipient.',
  UNKNOWN_MESSAGE: 'No message of that id has been seen.',
  UNKNOWN_LINK: 'A message has no link of that name or index.',
  UNKNOWN_RECIPIENT: 'No recipient of that id has been heard of.',
  INVALID_CURSOR: 'A page of a list was asked for by a cursor that is not one of this list.',
  INVALID_TIME_ZONE: 'A time zone was named that does not exist.',
  INVALID_WEBHOOK: 'A webhook was asked for at an address, or with settings, that cannot be used.',
  UNKNOWN_WEBHOOK: 'A webhook was named that does not exist.',
  UNKNOWN_TOKEN: 'An API token was named that does not exist.',
  INVALID_CONFIG: 'The configuration file cannot be used.',
  USAGE: 'A command was called with arguments that do not fit together.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Thrown for every failure a caller can do something about; `code` is one of {@link ERROR_CODES}. */
export class TelltaleError extends Error {
  override readonly name = 'TelltaleError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
