// Says what is wrong with the stream, and what to do; hits wait meanwhile.
import { messageOf, TelltaleError } from '../base/errors.ts';
import { nameOf, type StreamSettings } from './stream-settings.ts';

/** The error as one of ours. */
export function explainStreamError(error: unknown, settings: StreamSettings): TelltaleError {
  if (error instanceof TelltaleError) return error;
  const sentence = sentenceOf(error, nameOf(settings));
  return new TelltaleError('STREAM_AWAY', `${sentence} Hits wait in their journals until it answers.`, {
    cause: error,
  });
}

function sentenceOf(error: unknown, at: string): string {
  const message = messageOf(error);
  if (/authorization|authentication/i.test(message)) {
    return `The stream at ${at} refuses these credentials (${message}). Put a user and password, or a token, before an @ in --stream, or name a file with --stream-credentials.`;
  }
  if (/certificate|issuer|altnames/i.test(message)) {
    return `The certificate of the stream at ${at} is not trusted: ${message}. Name the file of its certificate authority in NODE_EXTRA_CA_CERTS, and the servers as the certificate does.`;
  }
  if (/jetstream is not enabled/i.test(message)) {
    // A client is told the same when nobody leads the stream for a moment, because the server that led it has ended.
    return `The stream at ${at} is not there: its servers choose anew which of them leads it, in a few seconds, or JetStream is off (start nats-server with -js), or the stream was removed.`;
  }
  if (/maximum bytes|insufficient|resource|exceeded/i.test(message)) {
    return `The stream at ${at} is full, or its disk is: ${message}. Let settlers run, or give it more room.`;
  }
  return `The stream at ${at} cannot be reached: ${message}.`;
}
