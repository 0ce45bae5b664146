// `telltale erase` as a person runs it: beside nothing, and beside a server with hits that are not settled.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConversionHit } from '../../src/base/conversion.ts';
import { writeBody } from '../../src/base/hit-body.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { openStore } from '../../src/store/open-store.ts';
import { listParked, park } from '../../src/stream/parked.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { run } from '../support/command.ts';
import { makeHit, makeLink } from '../support/hits.ts';
import { accountedFor, appendAll, entriesOf } from '../support/journals.ts';
import { testRing } from '../support/keys.ts';
import { hasNats, linkTo, startNats, withNats } from '../support/nats.ts';
import { ask, urlIn } from '../support/service.ts';
import { asAdmin, startServing } from '../support/serving.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { tracesOf } from '../support/traces.ts';

const GONE = 'anna-7c1f-gone';
const KEYS = createKeyRing(testRing());
const SLOW_MS = 180_000;

describe('telltale erase', () => {
  it('cleans journals that nobody has open: what waits, what is parked, and what is long forgotten', async () => {
    const cwd = temporaryDirectory();
    const data = join(cwd, 'telltale-data');
    await run(['migrate'], { cwd });
    const path = join(data, 'journal.db');
    const journal = await openJournal(path);
    await appendAll(journal, [makeHit({ recipient: GONE }), makeHit({ recipient: 'stays' })]);
    await journal.prune(2);
    const waiting = [
      makeHit({ recipient: GONE }),
      makeHit({ recipient: GONE, link: makeLink() }),
      makeHit({ recipient: 'stays' }),
      makeHit({ recipient: GONE, kind: 'unsubscribe' }),
      makeHit({ recipient: GONE }),
    ];
    await appendAll(journal, waiting);
    await journal.setAside([{ seq: 7, reason: 'a test' }]);
    await journal.close();
    expect(tracesOf(data, GONE, KEYS)).not.toEqual([]);
    const { status, stdout } = await run(['erase', '--recipient', GONE, '--json'], { cwd });
    expect([status, JSON.parse(stdout)]).toMatchObject([
      0,
      {
        ...{ recipient: GONE, found: true, tombstone: 'new', isClean: true },
        journals: [{ file: 'journal.db', hits: 2, parked: 1, isDone: true, isInUse: false }],
      },
    ]);
    expect(tracesOf(data, GONE, KEYS)).toEqual([]);
    const after = await openJournal(path);
    onTestFinished(() => after.close());
    expect(
      (await entriesOf(after)).map(({ hit }) => [hit?.kind, hit?.kind === 'conversion' ? undefined : hit?.recipient]),
    ).toEqual([
      ['open', 'stays'],
      ['unsubscribe', null],
    ]);
    expect(after.counts()).toMatchObject({ received: 7, journalled: 2, settled: 5, parked: 0 });
    expect(accountedFor(after.counts())).toBe(after.counts().received);
    const again = await run(['erase', '--recipient', GONE], { cwd });
    expect(again.stderr).toContain(`Nothing was kept of recipient "${GONE}"`);
  });

  it('takes a sale that waits in a journal with whom it is of', async () => {
    const cwd = temporaryDirectory();
    const data = join(cwd, 'telltale-data');
    await run(['migrate'], { cwd });
    const journal = await openJournal(join(data, 'journal.db'));
    const { id, atMs } = makeHit();
    const sale = (recipient: string): ConversionHit => ({
      ...{ id, atMs, kind: 'conversion' },
      conversion: {
        ...{ order: `order-${recipient}`, atMs, proof: 'pixel', test: false, recipient, message: null },
        ...{ click: { message: 'm', link: 0, atMs }, money: null, refunded: null },
      },
    });
    for (const recipient of [GONE, 'stays']) await journal.append(sale(recipient));
    await journal.close();
    expect((await run(['erase', '--recipient', GONE], { cwd })).status).toBe(0);
    expect(tracesOf(data, GONE, KEYS)).toEqual([]);
    const after = await openJournal(join(data, 'journal.db'));
    onTestFinished(() => after.close());
    const left = (await entriesOf(after)).map(({ hit }) => hit?.kind === 'conversion' && hit.conversion.recipient);
    expect(left).toEqual(['stays']);
  });

  it('cleans up beside a server of several processes, whose links then lead there and record nothing', {
    timeout: SLOW_MS,
  }, async () => {
    const cwd = temporaryDirectory();
    const data = join(cwd, 'telltale-data');
    const serving = await startServing(cwd, ['--workers', '2', '--admin-port', '0'], true);
    onTestFinished(async () => {
      serving.child.kill();
      await serving.ended();
    });
    const keys = readFileSync(join(data, 'keys.json'), 'utf8');
    const tracker = createTracker({ baseUrl: serving.url, keys });
    const mail = tracker.compile('<body><a href="https://shop.example/">x</a>', { message: 'm' });
    const { html, headers } = mail.render(GONE);
    const wayOut = /<([^>]+\/u\/[^>]+)>/.exec(headers['List-Unsubscribe'] ?? '')?.[1] ?? '';
    for (let time = 0; time < 20; time += 1) await ask(urlIn(html, time % 2 === 0 ? 'o' : 'c'));
    await expect
      .poll(() => rowsOf(join(data, 'telltale.db'), 'SELECT * FROM events').length, { timeout: 60_000 })
      .toBe(20);
    // One more, which may not be settled yet.
    await ask(urlIn(html, 'o'));
    const { status, stdout, stderr } = await run(['erase', '--recipient', GONE, '--json'], { cwd });
    expect([status, stderr]).toEqual([0, '']);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ found: true, tombstone: 'new', isClean: true });
    expect(told.journals).toHaveLength(2);
    const traces = () => tracesOf(data, GONE, createKeyRing(keys));
    expect(traces()).toEqual([]);
    const click = await ask(urlIn(html, 'c'));
    expect([click.status, click.headers.location]).toEqual([302, 'https://shop.example/']);
    expect(click.headers['telltale-ignored']).toBe('consent');
    const pixel = await ask(urlIn(html, 'o'));
    expect([pixel.status, pixel.headers['content-type'], pixel.headers['telltale-ignored']]).toEqual([
      ...[200, 'image/gif', 'consent'],
    ]);
    const left = await ask(wayOut, { method: 'POST', body: 'List-Unsubscribe=One-Click' });
    expect(left.status).toBe(200);
    const unsubscribes = async () =>
      JSON.parse((await ask(`${serving.adminUrl}/api/v1/messages/m`, asAdmin)).text).unsubscribes;
    await expect.poll(unsubscribes, { timeout: 30_000 }).toBe(1);
    expect(traces()).toEqual([]);
    expect(rowsOf(join(data, 'telltale.db'), 'SELECT * FROM recipients')).toEqual([]);
  });

  it('cleans what was erased while the server was away once it is back', { timeout: SLOW_MS }, async () => {
    const cwd = temporaryDirectory();
    const data = join(cwd, 'telltale-data');
    await run(['migrate'], { cwd });
    const path = join(data, 'journal.db');
    const journal = await openJournal(path);
    await appendAll(journal, [makeHit({ recipient: GONE }), makeHit({ recipient: 'stays' })]);
    await journal.setAside([{ seq: 1, reason: 'a test' }]);
    // As if erased on another machine: this one's journal is open meanwhile, and nobody cleans it.
    const store = await openStore(`sqlite:${join(data, 'telltale.db')}`);
    await store.leaveTombstone(GONE, 'us');
    await store.close();
    await journal.close();
    expect(tracesOf(data, GONE, KEYS)).not.toEqual([]);
    const serving = await startServing(cwd, [], true);
    onTestFinished(async () => {
      serving.child.kill();
      await serving.ended();
    });
    await expect.poll(() => tracesOf(data, GONE, KEYS), { timeout: 60_000 }).toEqual([]);
  });

  it('refuses an id that can be none', async () => {
    const cwd = temporaryDirectory();
    await run(['migrate'], { cwd });
    const { status, stderr } = await run(['erase', '--recipient', ''], { cwd });
    expect([status, stderr]).toEqual([expect.any(Number), expect.stringContaining('recipient')]);
    expect(status).not.toBe(0);
  });
});

describe.skipIf(!hasNats)(withNats('telltale erase, where there is a stream'), () => {
  it('removes what is parked there of the recipient, and nothing else', async () => {
    const cwd = temporaryDirectory();
    await run(['migrate'], { cwd });
    const { url } = await startNats();
    const stream = await linkTo(url).open();
    const texts = [
      writeBody(makeHit({ recipient: GONE })),
      writeBody(makeHit({ recipient: 'stays' })),
      writeBody(makeHit({ recipient: GONE, link: makeLink() })),
      `no hit, but of ${GONE}`,
      'no hit',
    ];
    for (const [at, text] of texts.entries())
      await park(stream, { journal: 'j#1', seq: at + 1, reason: 'a test', parkedAtMs: 0, text });
    const args = ['erase', '--recipient', GONE, '--json', '--stream', url];
    const { status, stdout } = await run(args, { cwd });
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { found: true, stream: { removed: 3, unreadable: 1 } }]);
    const left: string[] = [];
    for await (const { text } of listParked(stream)) left.push(text);
    expect(left).toEqual([texts[1], 'no hit']);
  });

  it('erases the rest and says what is left to do where the stream is away', async () => {
    const cwd = temporaryDirectory();
    await run(['migrate'], { cwd });
    const nats = await startNats();
    await nats.kill();
    const { status, stderr } = await run(['erase', '--recipient', GONE, '--stream', nats.url], { cwd });
    expect(status).toBe(3);
    expect(stderr).toContain('What is parked there was not searched');
    expect(stderr).toContain('a tombstone is left');
  });
});
