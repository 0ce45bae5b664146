import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Koa from 'koa';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Revocable } from '../../src/base/control-change.ts';
import type { Hit } from '../../src/base/nouns.ts';
import { type ControlSource, follow } from '../../src/control/follow.ts';
import { openControl } from '../../src/control/open-control.ts';
import { openMirror } from '../../src/control/open-mirror.ts';
import { collector } from '../../src/server/collector.ts';
import { createApp } from '../../src/server/create-app.ts';
import { runService } from '../../src/server/run-service.ts';
import { openStore } from '../../src/store/open-store.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { openTestJournal } from '../support/journals.ts';
import { testRing } from '../support/keys.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';
import { openTestStore } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const HTML = '<body><a href="https://shop.example/a">a</a> <a href="https://other.example:8443/b">b</a></body>';

interface Urls {
  readonly pixel: string;
  readonly links: readonly string[];
  readonly wayOut: string;
}

describe('a running service', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.end());
  afterEach(() => expect(service.problems).toEqual([]));

  async function mail(message: string, recipient = 'r1', links: 'self-contained' | 'short' = 'short'): Promise<Urls> {
    const compiled = service.tracker.compile(HTML, { message, links });
    await compiled.register();
    await service.control.follower.followNow();
    const { html, headers } = compiled.render(recipient);
    const found = html.match(/https?:\/\/[^"]+\/c\/[^"]+/g) ?? [];
    return { pixel: urlIn(html, 'o'), links: found, wayOut: (headers['List-Unsubscribe'] ?? '').slice(1, -1) };
  }

  /** Hits that were journalled by what `act` asked. */
  async function hitsOf(act: () => Promise<unknown>): Promise<number> {
    const before = service.journal.counts().received;
    await act();
    return service.journal.counts().received - before;
  }

  const told = async (url: string, headers = {}) => {
    const { status, headers: sent, text } = await ask(url, { headers });
    return { status, ignored: sent['telltale-ignored'], location: sent['location'], text };
  };

  it.each(['self-contained', 'short'] as const)('redirects %s links and counts them alike', async (links) => {
    const { links: urls } = await mail(`alike ${links}`, 'r1', links);
    expect((await told(urls[0] ?? '')).location).toBe('https://shop.example/a');
    expect((await told((urls[1] ?? '').toUpperCase().replace(/^HTTP/, 'http'))).location).toBe(
      'https://other.example:8443/b',
    );
    await service.settler.settleNow();
    expect(await service.store.linksOf(`alike ${links}`, 10)).toMatchObject([
      { index: 0, destination: 'https://shop.example/a', name: 'a', total: 1, recipients: 1 },
      { index: 1, destination: 'https://other.example:8443/b', name: 'b', total: 1, recipients: 1 },
    ]);
  });

  it('journals a short link with index, count and destination', async () => {
    const { links } = await mail('as any other');
    const hits: Hit[] = [];
    const server = await mount({ hits, mirrorPath: join(service.directory, 'control.db'), keys: service.ring });
    await ask(`${server}${new URL(links[1] ?? '').pathname}`);
    expect(hits.map(({ link }) => link)).toEqual([
      { index: 1, count: 2, destination: 'https://other.example:8443/b', honeypot: false },
    ]);
  });

  it.each<[string, Revocable, readonly number[]]>([
    ['a message', { kind: 'message', message: 'kill a message' }, [410, 410]],
    ['a link', { kind: 'link', message: 'kill a link', index: 1 }, [302, 410]],
    ['a host', { kind: 'host', host: 'shop.example' }, [410, 302]],
    ['a host with its port', { kind: 'host', host: 'other.example:8443' }, [302, 410]],
    ['a host with another port', { kind: 'host', host: 'other.example:443' }, [302, 302]],
    ['a host above', { kind: 'host', host: 'example' }, [302, 302]],
  ])('stops %s, for both forms of links, until that is undone', async (name, of, expected) => {
    const message = `kill ${name}`;
    const both = [await mail(message, 'r1', 'short'), await mail(message, 'r1', 'self-contained')];
    const statuses = async () => {
      await service.control.follower.followNow();
      return Promise.all(both.map(({ links }) => Promise.all(links.map(async (url) => (await told(url)).status))));
    };
    await service.store.revoke(of, 'command');
    expect(await statuses()).toEqual([expected, expected]);
    await service.store.restore(of, 'command');
    expect(await statuses()).toEqual([
      [302, 302],
      [302, 302],
    ]);
  });

  it('keeps nothing of a revoked message, and its way out works', async () => {
    const { pixel, links, wayOut } = await mail('revoked');
    await service.store.revoke({ kind: 'message', message: 'revoked' }, 'command');
    await service.control.follower.followNow();
    const hits = await hitsOf(async () => {
      const open = await told(pixel);
      expect([open.status, open.ignored]).toEqual([200, 'revoked']);
      const click = await told(links[0] ?? '');
      expect([click.status, click.ignored, click.location]).toEqual([410, 'revoked', undefined]);
      expect(click.text).toContain('abuse@127.0.0.1');
    });
    expect(hits).toBe(0);
    expect((await ask(wayOut)).status).toBe(200);
    const body = 'List-Unsubscribe=One-Click';
    expect((await ask(wayOut, { method: 'POST', body })).status).toBe(200);
  });

  it('counts the open of a message of which one link or host is revoked', async () => {
    const { pixel } = await mail('partly revoked');
    await service.store.revoke({ kind: 'link', message: 'partly revoked', index: 0 }, 'command');
    await service.control.follower.followNow();
    expect(await hitsOf(() => told(pixel))).toBe(1);
  });

  it('follows a corrected link, and reports the destination it was sent with', async () => {
    const { links } = await mail('corrected');
    await service.store.correctLink({ message: 'corrected', index: 0 }, 'https://shop.example/mended', 'command');
    await service.control.follower.followNow();
    expect((await told(links[0] ?? '')).location).toBe('https://shop.example/mended');
    expect((await told(links[1] ?? '')).location).toBe('https://other.example:8443/b');
    await service.settler.settleNow();
    expect((await service.store.linksOf('corrected', 10)).map(({ destination }) => destination)).toEqual([
      'https://shop.example/a',
      'https://other.example:8443/b',
    ]);
  });

  it('obeys a revoked host where a corrected link leads now, not where it led', async () => {
    const { links } = await mail('corrected away');
    await service.store.correctLink({ message: 'corrected away', index: 0 }, 'https://bad.example/', 'command');
    await service.store.revoke({ kind: 'host', host: 'bad.example' }, 'command');
    await service.control.follower.followNow();
    expect((await told(links[0] ?? '')).status).toBe(410);
    await service.store.correctLink({ message: 'corrected away', index: 0 }, 'https://good.example/', 'command');
    await service.control.follower.followNow();
    expect((await told(links[0] ?? '')).location).toBe('https://good.example/');
  });

  it.each([
    ['withdrawn', { opens: 'none', clicks: 'none' }, [0, 0]],
    ['withdrawn for opens', { opens: 'none', clicks: 'individual' }, [0, 1]],
    ['counted only', { opens: 'aggregate', clicks: 'aggregate' }, [1, 1]],
    ['allowed', { opens: 'individual', clicks: 'individual' }, [1, 1]],
  ] as const)('obeys the consent of a recipient in mail sent before: %s', async (name, consent, kept) => {
    const { pixel, links } = await mail(`consent ${name}`, `reader ${name}`);
    await service.store.setConsent(`reader ${name}`, consent, 'command');
    await service.control.follower.followNow();
    const answers: { ignored: unknown; location: unknown }[] = [];
    const opens = await hitsOf(async () => answers.push(await told(pixel)));
    const clicks = await hitsOf(async () => answers.push(await told(links[0] ?? '')));
    expect([opens, clicks]).toEqual(kept);
    expect(answers.map(({ ignored }) => ignored)).toEqual(kept.map((count) => (count === 0 ? 'consent' : undefined)));
    expect(answers[1]?.location).toBe('https://shop.example/a');
    await service.settler.settleNow();
    const counts = (await service.store.countsOf(`consent ${name}`)).filter(({ label }) => label === 'all');
    const expected = consent.clicks === 'aggregate' ? { anonymous: 1, recipients: 0 } : { anonymous: 0, recipients: 1 };
    for (const count of counts) expect(count).toMatchObject({ total: 1, ...expected });
  });

  it('keeps nothing of an erased recipient, whose links still work', async () => {
    const { pixel, links, wayOut } = await mail('erased', 'reader erased');
    await service.store.eraseRecipient('reader erased', 'command');
    await service.control.follower.followNow();
    const hits = await hitsOf(async () => {
      expect((await told(pixel)).ignored).toBe('consent');
      expect((await told(links[0] ?? '')).location).toBe('https://shop.example/a');
    });
    expect(hits).toBe(0);
    expect((await ask(wayOut)).status).toBe(200);
  });

  it('has a change of another process in force within 5 seconds', async () => {
    const { links } = await mail('changed elsewhere');
    expect((await told(links[0] ?? '')).status).toBe(302);
    const other = await openStore(service.store.url);
    await other.revoke({ kind: 'message', message: 'changed elsewhere' }, 'command');
    await other.close();
    await expect.poll(async () => (await told(links[0] ?? '')).status, { timeout: 5_000 }).toBe(410);
  });

  it('answers a set that is not registered with 404, never a Location', async () => {
    const { links } = await mail('has sets');
    const unknown = await told((links[0] ?? '').replace(/[^/]+$/, 'aaaaaaaa'));
    expect([unknown.status, unknown.ignored, unknown.location]).toEqual([404, 'invalid', undefined]);
    const beyond = await told((links[0] ?? '').replace(/[^/]{3}$/, '777'));
    expect(beyond.status).toBe(404);
  });

  it('does not take the short link of another message', async () => {
    const [mine, theirs] = [await mail('mine'), await mail('theirs')];
    const revoked = await told(theirs.links[0] ?? '');
    expect(revoked.location).toBe('https://shop.example/a');
    const other = service.tracker.compile('<a href="https://only.example/">x</a>', {
      message: 'theirs',
      links: 'short',
    });
    await other.register();
    await service.control.follower.followNow();
    const set = urlIn(other.render('r1').html, 'c').split('/').at(-1) ?? '';
    expect((await told((mine.links[0] ?? '').replace(/[^/]+$/, set))).status).toBe(404);
  });
});

describe('a service whose store is gone', () => {
  it('goes on with what it mirrored: revocations hold, short links redirect', async () => {
    const directory = temporaryDirectory();
    const problems: unknown[] = [];
    const options = {
      dataDirectory: directory,
      databaseUrl: `sqlite:${join(directory, 'telltale.db')}`,
      keys: createKeyRing(testRing()),
      baseUrl: 'https://t.example.com',
      host: '127.0.0.1',
      port: 0,
      onProblem: (error: unknown) => problems.push(error),
    };
    const first = await runService(options);
    const { baseUrl, keys } = options;
    const compiled = createTracker({ baseUrl, keys, store: first.store }).compile(HTML, {
      message: 'm',
      links: 'short',
    });
    await compiled.register();
    await first.store.revoke({ kind: 'link', message: 'm', index: 1 }, 'command');
    await first.control.follower.followNow();
    await first.close();
    for (const name of ['telltale.db', 'telltale.db-wal', 'telltale.db-shm'])
      await rm(join(directory, name), { force: true });
    const second = await runService(options);
    onTestFinished(() => second.close());
    await second.control.follower.followNow();
    const paths = [...compiled.render('r1').html.matchAll(/\/c\/[^"]+/g)].map(([path]) => path);
    const answers = await Promise.all(paths.map((path) => ask(second.url + path)));
    expect(answers.map(({ status }) => status)).toEqual([302, 410]);
    expect(answers[0]?.headers['location']).toBe('https://shop.example/a');
    expect(problems.map(String)).toEqual([expect.stringContaining('stays in force here')]);
  });
});

interface Mounting {
  readonly hits?: Hit[];
  readonly mirrorPath: string;
  readonly now?: () => number;
  readonly keys?: Parameters<typeof createTracker>[0]['keys'];
}

/** The collector in a Koa app, over a mirror and a journal that only remembers. */
async function mount({ hits = [], mirrorPath, now, keys = testRing() }: Mounting): Promise<string> {
  const mirror = openMirror(mirrorPath, { now });
  const journal = { append: async (hit: Hit) => hits.push(hit) > 0 };
  const app = new Koa();
  app.use(collector({ tracker: createTracker({ baseUrl: 'https://t.example.com', keys }), journal, control: mirror }));
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    mirror.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a collector without its store', () => {
  async function urls() {
    const { store, directory } = await openTestStore();
    const tracker = createTracker({ baseUrl: 'https://t.example.com', keys: testRing(), store });
    const short = tracker.compile(HTML, { message: 'm', links: 'short' });
    await short.register();
    const long = tracker.compile(HTML, { message: 'm' });
    const pathOf = (html: string) => new URL(urlIn(html, 'c')).pathname;
    return {
      store,
      mirrorPath: join(directory, 'control.db'),
      shortPath: pathOf(short.render('r1').html),
      longPath: pathOf(long.render('r1').html),
    };
  }

  const DOWN: ControlSource = { changesAfter: () => Promise.reject(new Error('down')) };

  it('redirects self-contained links and asks for patience for short ones while there is no mirror', async () => {
    const { mirrorPath, shortPath, longPath } = await urls();
    const hits: Hit[] = [];
    const url = await mount({ hits, mirrorPath });
    const follower = follow({ source: DOWN, path: mirrorPath, onProblem: () => {} });
    onTestFinished(() => follower.stop());
    expect((await ask(url + longPath)).headers['location']).toBe('https://shop.example/a');
    const short = await ask(url + shortPath);
    expect([short.status, short.headers['retry-after'], short.headers['location']]).toEqual([503, '5', undefined]);
    expect(short.text).toContain('not ready yet');
    expect(hits).toHaveLength(1);
  });

  it('asks for patience when a set may have been registered after the mirror last heard of the store', async () => {
    const { store, mirrorPath, shortPath } = await urls();
    let nowMs = 1_000_000;
    const now = () => nowMs;
    const follower = follow({ source: store, path: mirrorPath, onProblem: () => {}, now });
    onTestFinished(() => follower.stop());
    await follower.followNow();
    await follower.stop();
    const url = await mount({ mirrorPath, now });
    const unknownPath = shortPath.replace(/[^/]+$/, 'aaaaaaaa');
    expect((await ask(url + unknownPath)).status).toBe(404);
    nowMs += 60_000;
    expect((await ask(url + unknownPath)).status).toBe(503);
    expect((await ask(url + shortPath)).status).toBe(302);
  });
});

describe('/readyz', () => {
  it('says when the store was not heard of for a minute', async () => {
    const { store, directory } = await openTestStore();
    let nowMs = 1_000_000;
    let isDown = false;
    const source: ControlSource = {
      changesAfter: (seq, limit) => (isDown ? Promise.reject(new Error('down')) : store.changesAfter(seq, limit)),
    };
    const files = { path: join(directory, 'control.db'), onProblem: () => {}, now: () => nowMs };
    const control = openControl(files);
    onTestFinished(() => control.mirror.close());
    const follower = follow({ ...files, source, onCaughtUp: control.mirror.refresh });
    onTestFinished(() => follower.stop());
    const app = createApp({
      tracker: createTracker({ baseUrl: 'https://t.example.com', keys: testRing() }),
      journal: await openTestJournal(join(directory, 'journal.db')),
      store,
      control: control.mirror,
      readiness: () => (control.isFresh() ? 'ready' : 'behind'),
    });
    const server = createServer(app.callback());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const probe = async () => {
      const { status, text } = await ask(`${url}/readyz`);
      return [status, text];
    };
    await follower.followNow();
    expect(await probe()).toEqual([200, 'ready']);
    isDown = true;
    nowMs += 60_001;
    expect(await probe()).toEqual([503, 'behind']);
    expect((await ask(`${url}/healthz`)).text).toBe('ok');
    isDown = false;
    await follower.followNow();
    expect(await probe()).toEqual([200, 'ready']);
  });
});
