// What is stored, level by level: of a mail that was made, of one that was opened, followed or left, after a withdrawal, after
// an erasure, and under a privacy signal. Every table and every file of the data directory is compared.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSENT_LEVELS, type ConsentLevel, HIT_KINDS, type HitKind } from '../src/base/nouns.ts';
import { erase } from '../src/retain/erase.ts';
import { CLIENTS } from './support/hits.ts';
import { ask, startTestService, type TestService } from './support/service.ts';
import { allRows, type Row } from './support/stores.ts';
import { tracesOf } from './support/traces.ts';

const CASES = ['rewritten', 'hit', 'withdrawn', 'erased', 'privacy signal'] as const;
type Case = (typeof CASES)[number];

const HTML = '<body><a href="https://shop.example/">x</a></body>';
const HEADERS = CLIENTS.reader.headers;
const SIGNAL = { ...HEADERS, 'sec-gpc': '1' };

/** Rows that are new or changed, by table. */
type Stored = Readonly<Record<string, number>>;

const COUNTED: Stored = { messages: 1, counts: 3, quarter_counts: 1, usage_counts: 1 };
const EVENT: Stored = { recipients: 1, events: 1, kept_events: 1, kept_peers: 1 };
const OPENED: Stored = { ...COUNTED, ...EVENT, states: 1 };
const FOLLOWED: Stored = { ...OPENED, link_counts: 1, link_states: 1 };
const FOLLOWED_BY_NOBODY: Stored = { ...COUNTED, link_counts: 1 };
const LEFT: Stored = { messages: 1, ...EVENT, unsubscribes: 1, suppressions: 1 };
/** One more that left. */
const LEFT_BY_NOBODY: Stored = { messages: 1 };
const NOTHING: Stored = {};

/** What a hit leaves in the store. */
const LEAVES: Readonly<Record<HitKind, Readonly<Record<ConsentLevel, Readonly<Record<Case, Stored>>>>>> = {
  open: {
    individual: leaves(OPENED, NOTHING, NOTHING, NOTHING),
    aggregate: leaves(COUNTED, NOTHING, NOTHING, NOTHING),
    none: leaves(NOTHING, NOTHING, NOTHING, NOTHING),
  },
  click: {
    individual: leaves(FOLLOWED, NOTHING, NOTHING, FOLLOWED_BY_NOBODY),
    aggregate: leaves(FOLLOWED_BY_NOBODY, NOTHING, NOTHING, FOLLOWED_BY_NOBODY),
    none: leaves(NOTHING, NOTHING, NOTHING, NOTHING),
  },
  // The way out works whatever the level, and is on record; a recipient who is on record has a key already.
  unsubscribe: {
    individual: leaves(LEFT, LEFT, LEFT_BY_NOBODY, LEFT),
    aggregate: leaves(LEFT, LEFT, LEFT_BY_NOBODY, LEFT),
    none: leaves(LEFT, LEFT, LEFT_BY_NOBODY, LEFT),
  },
};

function leaves(hit: Stored, withdrawn: Stored, erased: Stored, signal: Stored): Readonly<Record<Case, Stored>> {
  return { rewritten: NOTHING, hit, withdrawn, erased, 'privacy signal': signal };
}

/** Where the id may be found afterwards, if anywhere. */
function isNamed(of: Case, stored: Stored): boolean {
  return of === 'withdrawn' || stored['recipients'] === 1;
}

const cells = CASES.flatMap((of) =>
  CONSENT_LEVELS.flatMap((level) => HIT_KINDS.map((kind) => [of, level, kind] as const)),
);

function idOf([of, level, kind]: (typeof cells)[number]): string {
  return `anna-${of.replace(' ', '-')}-${level}-${kind}`;
}

describe('what is stored', () => {
  let service: TestService;
  let asked = 0;
  beforeAll(async () => {
    service = await startTestService({ trustedProxies: '1' });
    // Texts and verdicts stand once for all: they are there before the first case.
    for (const kind of HIT_KINDS) await request(mailOf('individual', kind, 'warm-up'), kind, HEADERS);
    await service.settler.settleNow();
  });
  afterAll(() => service.end());

  const rows = () => allRows(join(service.directory, 'telltale.db'), 'journals', 'clock');

  /** A mail that was sealed with a level for one kind of hit; where that is in no URL of it, the other kind's has its R. */
  function mailOf(level: ConsentLevel, kind: HitKind, id: string) {
    const consent = {
      opens: kind === 'open' ? level : 'individual',
      clicks: kind === 'click' ? level : 'individual',
    } as const;
    // A message of its own for each cell, whose id does not name the recipient.
    const message = `message ${cells.findIndex((cell) => idOf(cell) === id)}`;
    const whole = service.tracker.compile(HTML, { message, keepMail: false });
    const mail = service.tracker.compile(HTML, { message, consent, keepMail: false });
    const { html, headers } = mail.render(id);
    const R = /\/[oc]\/([a-z2-7]+)/.exec(html)?.[1] ?? '';
    const [, link = ''] = /\/c\/[a-z2-7]+\/([a-z2-7]+)/.exec(whole.render(id).html) ?? [];
    const { baseUrl } = service;
    const urls = {
      open: `${baseUrl}/o/${R}.gif`,
      click: `${baseUrl}/c/${R}/${link}`,
      unsubscribe: mail.unsubscribeUrl(id),
    };
    return { html, headers, urls };
  }

  function request({ urls }: ReturnType<typeof mailOf>, kind: HitKind, headers: Readonly<Record<string, string>>) {
    const form = { method: 'POST', body: 'List-Unsubscribe=One-Click' };
    // Each comes from an address of its own: many readers at one would be taken for a proxy's.
    asked += 1;
    const from = { 'x-forwarded-for': `198.51.100.${asked}` };
    return ask(urls[kind], { headers: { ...headers, ...from }, ...(kind === 'unsubscribe' && form) });
  }

  /** What comes before the request. */
  async function prepare(of: Case, recipient: string): Promise<void> {
    if (of === 'withdrawn') {
      const proof = { purpose: 'tracking', source: 'a test', atMs: 0 };
      await service.store.setConsent(recipient, { opens: 'none', clicks: 'none' }, 'us', proof);
    }
    if (of === 'erased') await erase(service.store, { recipient, by: 'us' });
    await service.control.follower.followNow();
  }

  /** How many rows of each table are not what they were; none may be gone. */
  function changesOf(before: ReturnType<typeof rows>, after: ReturnType<typeof rows>): Stored {
    const texts = (of: ReturnType<typeof rows>, table: string) => (of[table] ?? []).map((row) => JSON.stringify(row));
    const changed = Object.keys(after).map((table) => {
      const known = new Set(texts(before, table));
      expect([table, after[table]?.length]).toEqual([table, expect.toSatisfy((count) => count >= known.size)]);
      return [table, texts(after, table).filter((row) => !known.has(row)).length] as const;
    });
    return Object.fromEntries(changed.filter(([, count]) => count > 0));
  }

  /** What of a row says the same in every run: numbers, times and keys that are made by chance go by what they are. */
  function wordsOf(table: string, row: Row, of: ReturnType<typeof rows>, id: string): string {
    const find = (name: string, key: unknown) => of[name]?.find((one) => one['key'] === key);
    const own = of['recipients']?.find((one) => one['id'] === id)?.['key'];
    const word = ([column, value]: readonly [string, unknown]): unknown => {
      if (value === null) return null;
      if (column === 'message_key') return find('messages', value)?.['id'] ?? value;
      if (column === 'verdict_key') return find('verdicts', value)?.['reasons'] ?? value;
      if (/^(?:agent|method|destination|host|domain|client)_key$/.test(column))
        return find('texts', value)?.['text'] ?? value;
      if (/_ms$|^quarter$/.test(column)) return value === 0 ? 0 : 'a time';
      if (column === 'key' || column === 'seq') return 'a number';
      if (!(value instanceof Uint8Array)) return value;
      const isOwn = own instanceof Uint8Array && Buffer.compare(value, own) === 0;
      return isOwn ? 'their key' : value.some((byte) => byte !== 0) ? `${value.length} bytes` : 'nobody';
    };
    const shown = Object.entries(row).map((entry) => `${entry[0]}=${JSON.stringify(word(entry))}`);
    return `  ${table}: ${shown.join(' ')}`;
  }

  /** Every new or changed row of a cell, byte by byte. */
  function dumpOf(before: ReturnType<typeof rows>, after: ReturnType<typeof rows>, id: string): readonly string[] {
    return Object.entries(after).flatMap(([table, all]) => {
      const known = new Set((before[table] ?? []).map((row) => JSON.stringify(row)));
      const fresh = all.filter((row) => !known.has(JSON.stringify(row)));
      return fresh.map((row) => wordsOf(table, row, after, id)).sort();
    });
  }

  const dump: string[] = [];

  it.each(cells)('%s, %s, %s', { timeout: 60_000 }, async (of, level, kind) => {
    const id = idOf([of, level, kind]);
    await prepare(of, id);
    const before = rows();
    const received = service.journal.counts().received;
    const mail = mailOf(level, kind, id);
    if (of === 'rewritten') {
      // A mail that nothing may be learnt of has the plain link and no pixel; the way out is in each.
      if (kind === 'open') expect(mail.html.includes('/o/')).toBe(level !== 'none');
      if (kind === 'click') expect(mail.html.includes('href="https://shop.example/"')).toBe(level === 'none');
      expect(mail.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    } else {
      const answer = await request(mail, kind, of === 'privacy signal' ? SIGNAL : HEADERS);
      const stored = LEAVES[kind][level][of];
      const isKept = Object.keys(stored).length > 0;
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.headers['cache-control']).toBe('no-store');
      if (kind === 'open') expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/gif']);
      if (kind === 'click') expect([answer.status, answer.headers['location']]).toEqual([302, 'https://shop.example/']);
      // 503 asks a client to make sure; it is noted all the same.
      if (kind === 'unsubscribe') expect([200, 503]).toContain(answer.status);
      const isSignal = of === 'privacy signal' && level !== 'none';
      expect(answer.headers['telltale-ignored']).toBe(isKept ? undefined : isSignal ? 'privacy-signal' : 'consent');
      expect(answer.headers['telltale-durable'] !== undefined).toBe(isKept);
      await service.settler.settleNow();
      expect(service.journal.counts().received - received).toBe(isKept ? 1 : 0);
    }
    await service.settler.settleNow();
    const stored = LEAVES[kind][level][of];
    const after = rows();
    const changes = changesOf(before, after);
    expect(changes).toEqual(stored);
    dump.push(`${of}, ${level}, ${kind}`, ...dumpOf(before, after, id));
    const traces = tracesOf(service.directory, id, service.keys);
    expect(traces.length > 0).toBe(isNamed(of, stored));
  });

  it('is in every cell what it was, byte by byte', async () => {
    await expect(`${dump.join('\n')}\n`).toMatchFileSnapshot('privacy-matrix.rows.txt');
  });
});
