import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { KeptMail } from '../../src/base/kept-mail.ts';
import { unpackMail } from '../../src/base/kept-mail.ts';
import { keptMailBytesMax, mailQueueMax } from '../../src/base/limits.ts';
import { createMailQueue, type MailStore, type PackedMail } from '../../src/track/mail-queue.ts';
import { testTracker } from '../support/mails.ts';

const mailOf = (html: string): KeptMail => ({ html, bodyAt: 0, marks: [], reaching: [], links: [] });

/** A store that remembers what it was given, and takes sends and links too. */
function recordingStore() {
  const kept: { readonly message: string; readonly mail: PackedMail }[] = [];
  const store = {
    recordMail: async (message: string, mail: PackedMail) => kept.push({ message, mail }) > 0,
    recordSends: async () => undefined,
    recordLinks: async () => undefined,
  };
  const mails = () => Promise.all(kept.map(({ mail }) => unpackMail(mail.packed)));
  return { kept, store, mails };
}

function failOnProblem(error: unknown): never {
  throw error;
}

describe('the queue of mails', () => {
  it('makes no copy before the caller has gone on', async () => {
    const { kept, store } = recordingStore();
    const queue = createMailQueue(store, failOnProblem);
    let copies = 0;
    queue.push('m', () => {
      copies += 1;
      return mailOf('<p>x');
    });
    await Promise.resolve();
    expect(copies).toBe(0);
    await queue.drain();
    expect(kept.map(({ message, mail }) => [message, mail.bytes])).toEqual([['m', 4]]);
  });

  it('gives a mail once to the store, and each message its own', async () => {
    const { kept, store, mails } = recordingStore();
    const queue = createMailQueue(store, failOnProblem);
    for (const [message, html] of [
      ['a', '1'],
      ['a', '1'],
      ['b', '1'],
      ['a', '2'],
    ] as const) {
      queue.push(message, () => mailOf(html));
    }
    await queue.drain();
    expect(kept.map(({ message }) => message)).toEqual(['a', 'b', 'a']);
    expect((await mails()).map(({ html }) => html)).toEqual(['1', '1', '2']);
    const hashes = kept.map(({ mail }) => Buffer.from(mail.hash).toString('hex'));
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });

  it('keeps nothing empty and nothing over the limit', async () => {
    const { kept, store } = recordingStore();
    const queue = createMailQueue(store, failOnProblem);
    for (const html of ['', 'x'.repeat(keptMailBytesMax), `é${'x'.repeat(keptMailBytesMax - 1)}`]) {
      queue.push('m', () => mailOf(html));
    }
    await queue.drain();
    expect(kept.map(({ mail }) => mail.bytes)).toEqual([keptMailBytesMax]);
  });

  it(`takes ${mailQueueMax} and refuses the next`, async () => {
    const { kept, store } = recordingStore();
    const queue = createMailQueue(store, failOnProblem);
    // One is at work.
    for (let i = 0; i <= mailQueueMax; i += 1) expect(queue.push('m', () => mailOf(String(i)))).toBe(true);
    expect(queue.push('m', () => mailOf('more'))).toBe(false);
    await queue.drain();
    expect(kept).toHaveLength(mailQueueMax + 1);
    expect(queue.push('m', () => mailOf('more'))).toBe(true);
    await queue.drain();
  });

  it('tells of a store that fails and offers the mail again', async () => {
    const problems: unknown[] = [];
    let calls = 0;
    const store: MailStore = {
      recordMail: async () => {
        calls += 1;
        if (calls === 1) throw new Error('locked');
        return true;
      },
    };
    const queue = createMailQueue(store, (error) => problems.push(error));
    for (let i = 0; i < 3; i += 1) queue.push('m', () => mailOf('x'));
    await queue.drain();
    expect(problems).toEqual([new Error('locked')]);
    expect(calls).toBe(2);
  });
});

describe('a tracker keeps', () => {
  const html = '<body><a href="https://shop.example/">Shop</a></body>';

  it('what was compiled, as it was sent, before close resolves', async () => {
    const { kept, store, mails } = recordingStore();
    const tracker = testTracker({ store });
    tracker.compile(html, { message: 'm' });
    await tracker.close();
    expect(kept.map(({ message }) => message)).toEqual(['m']);
    expect(await mails()).toEqual([
      {
        html,
        bodyAt: 6,
        marks: [{ index: 0, at: 8 }],
        reaching: [{ tag: 'a', at: 8 }],
        links: [{ index: 0, destination: 'https://shop.example/', name: 'Shop', shown: 'html' }],
      },
    ]);
  });

  it('no token of ours, whatever recipients it was rendered for', async () => {
    const { kept, store } = recordingStore();
    const tracker = testTracker({ store });
    tracker.compile(html, { message: 'm' }).render('recipient-42');
    await tracker.close();
    const text = brotliDecompressSync(kept[0]?.mail.packed ?? '').toString();
    expect(text).not.toMatch(/recipient-42|\/c\/|\/o\//);
  });

  it.each([
    ['keepMail: false of the mail', {}, { keepMail: false }],
    ['keepMail: false of the tracker', { keepMail: false }, {}],
    ['test traffic', {}, { test: true, keepMail: true }],
  ])('nothing for %s', async (_, ofTracker, ofMail) => {
    const { kept, store } = recordingStore();
    const tracker = testTracker({ store, ...ofTracker });
    tracker.compile(html, { message: 'm', ...ofMail });
    await tracker.close();
    expect(kept).toEqual([]);
  });

  it('what is kept once its links are registered then, and not before', async () => {
    const { kept, store } = recordingStore();
    const tracker = testTracker({ store });
    const mail = tracker.compile(html, { message: 'm', keepMail: 'registered' });
    await tracker.close();
    expect(kept).toEqual([]);
    await mail.register();
    await tracker.close();
    expect(kept).toHaveLength(1);
  });

  it('nothing of a mail for one recipient, unless that call says so', async () => {
    const { kept, store } = recordingStore();
    const tracker = testTracker({ store });
    tracker.rewrite(html, { message: 'm', recipient: 'r1' });
    await tracker.close();
    expect(kept).toEqual([]);
    tracker.rewrite(html, { message: 'm', recipient: 'r1', keepMail: true });
    await tracker.close();
    expect(kept).toHaveLength(1);
  });

  it('nothing where the store keeps no mails, or there is none', async () => {
    for (const store of [undefined, { recordSends: async () => undefined, recordLinks: async () => undefined }]) {
      const tracker = testTracker(store && { store });
      expect(tracker.compile(html, { message: 'm', keepMail: true }).links).toHaveLength(1);
      await tracker.close();
    }
  });

  it('nothing of what it left as it was', async () => {
    const { kept, store } = recordingStore();
    const tracker = testTracker({ store });
    tracker.compile(`<p ${Array.from({ length: 1_500 }, (_, i) => `a${i}`).join(' ')}>`, { message: 'm' });
    await tracker.close();
    expect(kept).toEqual([]);
  });
});
