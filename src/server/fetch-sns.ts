// Asks Amazon SNS for a certificate, or to confirm a subscription: an address that was checked, over https, without following
// it elsewhere, so large and so long at most.
import { messageOf, TelltaleError } from '../base/errors.ts';
import { snsBytesMax, snsTimeoutMs } from '../base/limits.ts';

/**
 * Gets the text at an address.
 *
 * @throws TelltaleError `FETCH_FAILED`.
 */
export async function fetchSns(url: string): Promise<string> {
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(snsTimeoutMs) });
    if (!response.ok) throw new Error(`the answer was ${response.status}`);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > snsBytesMax) throw new Error(`the answer has over ${snsBytesMax} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  } catch (error) {
    throw new TelltaleError('FETCH_FAILED', `Amazon SNS could not be asked: ${messageOf(error)}.`, { cause: error });
  }
}
