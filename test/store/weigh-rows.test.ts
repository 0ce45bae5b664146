import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerEventsMax } from '../../src/base/limits.ts';
import type { Hit } from '../../src/base/nouns.ts';
import { classify } from '../../src/classify/classify.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { classifyHit } from '../../src/settle/judge-hits.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';
const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const OFFICE = 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; ms-office)';

/** Hits of two mails, few people, addresses and agents in twenty minutes, so that all kinds of company arise. */
const anyHits: fc.Arbitrary<readonly Hit[]> = fc
  .array(
    fc.record({
      message: fc.constantFrom('a', 'b'),
      recipient: fc.integer({ min: 0, max: 2 }),
      kind: fc.constantFrom('open', 'click', 'click', 'click', 'unsubscribe'),
      index: fc.integer({ min: 0, max: 5 }),
      honeypot: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      peer: fc.constantFrom('00000000000000aa', '00000000000000bb', null),
      network: fc.constantFrom('unknown', 'microsoft', 'residential'),
      agent: fc.constantFrom(CHROME, IPHONE, OFFICE, GMAIL),
      atMs: fc.oneof(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 0, max: 1_200_000 })),
      speaks: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((hits) => hits.map(toHit));

function toHit(of: {
  readonly message: string;
  readonly recipient: number;
  readonly kind: 'open' | 'click' | 'unsubscribe';
  readonly index: number;
  readonly honeypot: boolean;
  readonly peer: string | null;
  readonly network: Hit['network'];
  readonly agent: string;
  readonly atMs: number;
  readonly speaks: boolean;
}): Hit {
  const { message, recipient, kind, index, honeypot, peer, network, agent, atMs, speaks } = of;
  return {
    ...makeHit({ message, recipient: `r${recipient}`, kind, peer, network, atMs: startMs + atMs }),
    link:
      kind === 'click' ? makeLink({ index, count: 6, honeypot, destination: `https://example.com/${index}` }) : null,
    headers: { 'user-agent': agent, ...(speaks ? { 'accept-language': 'de' } : {}) },
  };
}

/** The verdicts in a store, by the ids of the hits. */
function verdictsIn(path: string) {
  const rows = rowsOf(
    path,
    `SELECT lower(hex(hit_id)) AS id, l.name AS label, v.confidence, v.reasons FROM events e
      JOIN verdicts v ON v.key = e.verdict_key JOIN labels l ON l.code = v.label`,
  );
  return new Map(rows.map(({ id, label, confidence, reasons }) => [id, { label, confidence, reasons }]));
}

/** What the same hits are when all are known at once. */
function verdictsOf(hits: readonly Hit[]) {
  const verdicts = classify(hits.map(classifyHit));
  return new Map(
    verdicts.map(({ id, label, confidence, reasons }) => [id, { label, confidence, reasons: reasons.join(' ') }]),
  );
}

/** All that is counted of a store's hits; dictionaries may be numbered otherwise. */
async function countsIn(store: Parameters<typeof buildReport>[0], messages: readonly string[]) {
  return await Promise.all(messages.map((message) => buildReport(store, { message })));
}

describe('settling in any pieces', () => {
  it('gives each hit the verdict it gets when all are weighed at once, and all counts follow', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyHits,
        fc.array(fc.nat({ max: 29 }), { maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        async (hits, cuts, chance) => {
          if (hits.length === 0) return;
          const { store, path } = await openTestStore();
          const shuffled = hits
            .map((hit) => ({ hit, at: Number(chance.next().value) }))
            .sort((a, b) => a.at - b.at)
            .map(({ hit }) => hit);
          const places = [0, ...[...new Set(cuts)].sort((a, b) => a - b), hits.length];
          for (const [n, from] of places.entries()) {
            const piece = shuffled.slice(from, places[n + 1] ?? hits.length);
            if (piece.length > 0) await settleHits(store, piece, `journal-${n % 2}`);
          }
          expect(verdictsIn(path)).toEqual(verdictsOf(hits));

          const { store: other, path: otherPath } = await openTestStore();
          await settleHits(other, hits);
          expect(verdictsIn(otherPath)).toEqual(verdictsIn(path));
          const messages = [...new Set(hits.map(({ message }) => message))].sort();
          expect(await countsIn(store, messages)).toEqual(await countsIn(other, messages));
          expect(countedRows(path)).toEqual(recount(hits));
          await store.close();
          await other.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a flood from one address', () => {
  it('is weighed to its last hit, in whatever pieces it is settled', async () => {
    const { store, path } = await openTestStore();
    const hits = Array.from({ length: 3 * peerEventsMax }, (_, n) => {
      const kind = n % 2 === 0 ? 'open' : 'click';
      const of = {
        message: 'a',
        recipient: n >> 1,
        kind,
        index: 0,
        honeypot: false,
        peer: '00000000000000aa',
      } as const;
      return toHit({ ...of, network: 'unknown', agent: CHROME, atMs: n * 10, speaks: false });
    });
    for (let from = 0; from < hits.length; from += 700) await settleHits(store, hits.slice(from, from + 700));
    expect(verdictsIn(path)).toEqual(verdictsOf(hits));
    expect([...verdictsIn(path).values()].every(({ reasons }) => String(reasons).includes('fan-out'))).toBe(true);
    await store.close();
  });
});

/** Totals and recipients by message, kind and label, as the store keeps them. */
function countedRows(path: string): readonly string[] {
  return rowsOf(
    path,
    `SELECT m.id AS message, k.name AS kind, l.name AS label, c.total, c.recipients FROM counts c
      JOIN messages m ON m.key = c.message_key JOIN kinds k ON k.code = c.kind JOIN labels l ON l.code = c.label
      WHERE c.total > 0 OR c.recipients <> 0`,
  )
    .map((row) => Object.values(row).join(' '))
    .sort();
}

/** The same, counted anew from the verdicts. */
function recount(hits: readonly Hit[]): readonly string[] {
  const verdicts = verdictsOf(hits);
  const totals = new Map<string, Hit[]>();
  for (const hit of hits) {
    if (hit.kind === 'unsubscribe') continue;
    const label = verdicts.get(hit.id)?.label ?? '';
    const people = label === 'human' || label === 'proxy-human' ? ['people'] : [];
    for (const name of [label, 'all', ...people]) {
      const key = `${hit.message} ${hit.kind} ${name}`;
      totals.set(key, [...(totals.get(key) ?? []), hit]);
    }
  }
  return [...totals]
    .map(([key, of]) => `${key} ${of.length} ${new Set(of.map(({ recipient }) => recipient)).size}`)
    .sort();
}
