import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/classify/classify.ts';
import { ownJudgement } from '../../src/classify/judgement-of.ts';
import type { ClassifyHit } from '../../src/classify/read-signals.ts';
import { FOLLOWS, HOUR, makeCase, sentAtMs, UA } from './cases/case.ts';
import { CASES } from './cases/index.ts';

/** Hits of few mails, people, addresses and agents within half an hour, so that all kinds of company arise. */
const anyHits: fc.Arbitrary<readonly ClassifyHit[]> = fc
  .array(
    fc.record({
      event: fc.constantFrom('open', 'click', 'click', 'unsubscribe'),
      recipient: fc.integer({ min: 0, max: 2 }).map((n) => `r${n}`),
      link: fc.integer({ min: 0, max: 6 }),
      honeypot: fc.integer({ max: 12, min: 0 }).map((n) => n === 0),
      ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1'),
      network: fc.constantFrom('unknown', 'microsoft', 'residential', 'datacenter'),
      agent: fc.constantFrom(
        UA.chrome,
        UA.iphone,
        UA.msOffice,
        UA.gmail,
        'curl/8',
        'Microsoft Office Protocol Discovery',
      ),
      afterMs: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 1_800_000 })),
      speaks: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  .map((hits) =>
    hits.map(({ agent, speaks, afterMs, ...hit }, position) => ({
      ...hit,
      id: `h${position}`,
      message: 'm',
      linkCount: 7,
      method: 'GET',
      atMs: sentAtMs + HOUR + afterMs,
      headers: { 'user-agent': agent, ...(speaks ? FOLLOWS : {}) },
    })),
  );

function byId(hits: readonly ClassifyHit[]) {
  return new Map(classify(hits).map(({ id, ...verdict }) => [id, verdict]));
}

describe('evidence of other hits', () => {
  it('takes no two hits for one address where no address is known', () => {
    const agents = [UA.chrome, UA.iphone, UA.firefox];
    const hits = agents.map((agent, link) => ({
      ...{ id: `h${link}`, event: 'click' as const, message: 'm', recipient: 'r', link, linkCount: 4, method: 'GET' },
      ...{ atMs: sentAtMs + HOUR + link, headers: { 'user-agent': agent, ...FOLLOWS } },
    }));
    const reasonsOf = (ip: string | null) =>
      classify(hits.map((hit) => ({ ...hit, ip }))).map(({ reasons }) => reasons[0]);
    expect(reasonsOf('192.0.2.1')).toEqual(['burst', 'burst', 'burst']);
    expect(reasonsOf(null)).toEqual(['language', 'language', 'language']);
  });

  it('does not depend on the order in which hits come', () => {
    fc.assert(
      fc.property(anyHits, fc.infiniteStream(fc.nat()), (hits, chance) => {
        const shuffled = [...hits]
          .map((hit) => ({ hit, at: Number(chance.next().value) }))
          .sort((a, b) => a.at - b.at)
          .map(({ hit }) => hit);
        expect(byId(shuffled)).toEqual(byId(hits));
      }),
    );
  });

  it('never crosses from one recipient to another but by the address', () => {
    fc.assert(
      fc.property(anyHits, (hits) => {
        const apart = hits.map((hit) => ({ ...hit, ip: `${hit.recipient} ${hit.ip}` }));
        const alone = apart.flatMap((hit) => [...byId(apart.filter(({ recipient }) => recipient === hit.recipient))]);
        expect(byId(apart)).toEqual(new Map(alone));
      }),
    );
  });

  it('can be taken off again: the reasons tell what a hit is by itself', () => {
    fc.assert(
      fc.property(anyHits, (hits) => {
        for (const hit of hits) {
          const together = byId(hits).get(hit.id);
          const alone = byId([hit]).get(hit.id);
          if (together === undefined || alone === undefined) throw new Error('a hit got no verdict');
          expect({ ...ownJudgement(together), rulesVersion: alone.rulesVersion }).toEqual(alone);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('never takes a look through a mail proxy, a preview or a prefetch for something else', () => {
    fc.assert(
      fc.property(anyHits, (hits) => {
        const verdicts = byId(hits);
        for (const hit of hits) {
          const [alone] = classify([hit]);
          if (alone === undefined || !['proxy-human', 'preview', 'prefetch'].includes(alone.label)) continue;
          expect(verdicts.get(hit.id)?.label).toBe(alone.label);
        }
      }),
    );
  });

  it('is silent without a recipient, a mail or a time', () => {
    const burst = CASES.find(({ name }) => name === 'a burst by many addresses');
    const hits = burst?.hits ?? [];
    expect(new Set(classify(hits).map(({ label }) => label))).toEqual(new Set(['scanner']));
    for (const lost of [{ recipient: null }, { message: undefined }, { atMs: null }]) {
      expect(new Set(classify(hits.map((hit) => ({ ...hit, ...lost }))).map(({ label }) => label))).toEqual(
        new Set(['human']),
      );
    }
  });

  it.each([
    ['198.51.100.9', '::ffff:198.51.100.9'],
    ['fe80::1', 'fe80::1%eth0'],
    ['2001:db8::a', '2001:0DB8:0:0::A'],
    ['2001:db8::a', '[2001:db8::a]'],
  ])('knows %s as %s', (first, second) => {
    const { hits } = makeCase(
      'one address in two spellings',
      ['scanner', { event: 'click', ua: UA.chrome, honeypot: true, ip: first }],
      ['scanner', { event: 'click', ua: UA.firefox, ip: second, headers: FOLLOWS, afterMs: HOUR + 60_000 }],
    );
    expect(classify(hits).map(({ reasons }) => reasons[0])).toEqual(['honeypot', 'honeypot-company']);
  });

  it('reaches 15 minutes from the last hit of a honeypot’s visitor, and no further', () => {
    const visit = (afterMs: number, honeypot = false) =>
      ['scanner', { event: 'click', ua: UA.edge, ip: '198.51.100.9', headers: FOLLOWS, honeypot, afterMs }] as const;
    const labels = (...times: readonly number[]) => {
      const { hits } = makeCase('a visitor', visit(HOUR, true), ...times.map((afterMs) => visit(HOUR + afterMs)));
      return classify(hits).map(({ label }) => label);
    };
    expect(labels(900_000)).toEqual(['scanner', 'scanner']);
    expect(labels(900_001)).toEqual(['scanner', 'human']);
    expect(labels(900_000, 1_800_000)).toEqual(['scanner', 'scanner', 'scanner']);
    expect(labels(-900_000)).toEqual(['scanner', 'scanner']);
    expect(labels(-900_001)).toEqual(['scanner', 'human']);
  });

  it('takes time in proportion to the hits', () => {
    const flood = Array.from(
      { length: 50_000 },
      (_, n): ClassifyHit => ({
        id: `h${n}`,
        event: n % 3 === 0 ? 'open' : 'click',
        message: 'm',
        recipient: 'r',
        link: n % 5,
        linkCount: 9,
        honeypot: n % 1_000 === 0,
        atMs: sentAtMs + HOUR + n * 7,
        ip: `192.0.2.${n % 200}`,
        method: 'GET',
        network: n % 2 === 0 ? 'microsoft' : 'unknown',
        headers: { 'user-agent': n % 4 === 0 ? UA.msOffice : UA.chrome },
      }),
    );
    expect(classify(flood)).toHaveLength(50_000);
  });
});
