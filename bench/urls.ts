// How long tracked URLs are, by the form of links and the bytes of ids and destinations. Counted, not timed.
import { idBytesMax } from '../src/base/limits.ts';
import { addKey } from '../src/token/key-ring.ts';
import { createTracker } from '../src/track/create-tracker.ts';
import type { BenchResult } from './run.ts';

const BASE_URL = 'https://mail.tidewater.exa';
const MESSAGE = 'spring';
const RECIPIENT_BYTES = [6, 12, 36, idBytesMax];
const DESTINATION_CHARS = [30, 67, 200];

export async function benchUrls(): Promise<BenchResult> {
  const keys = addKey(undefined, { secret: Buffer.alloc(32, 7), atMs: 0, sign: true });
  const nowhere = async () => {};
  const store = { recordSends: nowhere, recordLinks: nowhere, recordShortLinks: nowhere };
  const tracker = createTracker({ baseUrl: BASE_URL, keys, store });
  const rows = RECIPIENT_BYTES.flatMap((bytes) =>
    DESTINATION_CHARS.map((chars) => {
      const lengthOf = (links: 'short' | 'self-contained') => {
        const html = `<a href="${'https://shop.example/'.padEnd(chars, 'x')}">x</a>`;
        const draft = tracker.compile(html, { message: MESSAGE, pixel: 'none', links }).draft('r'.repeat(bytes));
        return /href="([^"]+)"/.exec(draft.html)?.[1]?.length ?? 0;
      };
      return {
        'bytes of both ids': MESSAGE.length + bytes,
        destination: chars,
        'self-contained URL': lengthOf('self-contained'),
        'short URL': lengthOf('short'),
      };
    }),
  );
  return { bench: 'urls', of: `characters of a tracked URL under a base URL of ${BASE_URL.length}`, rows };
}
