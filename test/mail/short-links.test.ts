import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { registerRetryMs } from '../../src/base/limits.ts';
import { createRegistrar } from '../../src/mail/register-in-time.ts';
import { trackingPlugin } from '../../src/mail/tracking-plugin.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { CompiledMail } from '../../src/track/compiled-mail.ts';
import { testTracker, trackedUrls } from '../support/mails.ts';
import { type Inbox, startInbox } from '../support/smtp.ts';
import { openTestStore } from '../support/stores.ts';

const HTML = '<body><a href="https://shop.example/">Shop</a></body>';

let inbox: Inbox;
beforeAll(async () => {
  inbox = await startInbox();
});
afterAll(() => inbox.close());

function setUp(store: Store) {
  const problems: unknown[] = [];
  const tracker = testTracker({ store, links: 'short', onProblem: (error) => problems.push(error) });
  const plugin = trackingPlugin(tracker);
  const transporter = createTransport({ host: '127.0.0.1', port: inbox.port, ignoreTLS: true });
  transporter.use('compile', plugin);
  onTestFinished(() => transporter.close());
  const send = async (recipient: string, html = HTML) => {
    const tracking = { message: 'm', recipient };
    await transporter.sendMail({ from: 'us@example.com', to: 'ann@example.org', subject: 'x', html, tracking });
    const mail = await inbox.last();
    return trackedUrls(typeof mail.html === 'string' ? mail.html : '')[0]?.l.length;
  };
  return { tracker, plugin, problems, send };
}

describe('the plugin with short links', () => {
  it('registers a set before its first mail, once', async () => {
    const { store } = await openTestStore();
    const { send, problems, plugin, tracker } = setUp(store);
    expect([await send('r1'), await send('r2')]).toEqual([8, 8]);
    expect(await send('r1', HTML.replace('shop', 'other'))).toBe(8);
    expect((await store.changesAfter(0, 10)).last).toBe(2);
    expect((await store.linksOf('m', 10)).map(({ name }) => name)).toEqual(['Shop', 'Shop']);
    await tracker.close();
    expect(plugin.counts()).toEqual({ tracked: 3, untouched: 0, problems: 0, refused: 0 });
    expect(problems).toEqual([]);
  });

  it('sends self-contained links while the store is down, tracked, and says so', async () => {
    const { store } = await openTestStore();
    const failing: Store = { ...store, recordShortLinks: () => Promise.reject(new Error('down')) };
    const { send, problems, plugin, tracker } = setUp(failing);
    const lengths = [await send('r1'), await send('r2')];
    for (const length of lengths) expect(length).toBeGreaterThan(24);
    await tracker.close();
    expect(plugin.counts()).toMatchObject({ tracked: 2, problems: 0 });
    expect(problems.map(String)).toEqual(['Error: down']);
  });

  it('does not wait long for a store that does not answer', async () => {
    const { store } = await openTestStore();
    let answer = () => {};
    const slow: Store = {
      ...store,
      recordShortLinks: (...args) =>
        new Promise<void>((resolve, reject) => {
          answer = () => void store.recordShortLinks(...args).then(resolve, reject);
        }),
    };
    const { send, problems, tracker } = setUp(slow);
    expect(await send('r1')).toBeGreaterThan(24);
    expect(await send('r2')).toBeGreaterThan(24);
    expect(problems.map(String)).toEqual([expect.stringContaining('did not register short links within')]);
    answer();
    await expect.poll(() => tracker.compile(HTML, { message: 'm' }).isRegistered).toBe(true);
    expect(await send('r3')).toBe(8);
    await tracker.close();
  });
});

describe('the registrar', () => {
  it('leaves a store that failed alone for a while, then asks again', async () => {
    let nowMs = 0;
    let asked = 0;
    const problems: unknown[] = [];
    const register = createRegistrar(
      (error) => problems.push(error),
      () => nowMs,
    );
    const mail = {
      isRegistered: false,
      register: () => {
        asked += 1;
        return asked < 2 ? Promise.reject(new Error('down')) : Promise.resolve();
      },
    } as Partial<CompiledMail> as CompiledMail;
    nowMs = 1_000_000;
    expect(await register(mail)).toBe(false);
    nowMs += registerRetryMs - 1;
    expect([await register(mail), asked]).toEqual([false, 1]);
    nowMs += 1;
    expect([await register(mail), asked]).toEqual([true, 2]);
    expect(problems).toHaveLength(1);
  });
});
