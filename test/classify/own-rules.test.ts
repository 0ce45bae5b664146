import { describe, expect, it } from 'vitest';
import { classify } from '../../src/classify/classify.ts';
import type { VerdictRule } from '../../src/classify/own-rules.ts';
import { RULES_VERSION } from '../../src/classify/rules.ts';
import { thrownBy } from '../support/thrown.ts';
import { FOLLOWS, HOUR, makeCase, UA } from './cases/case.ts';

const { hits } = makeCase(
  'own rules',
  [null, { ua: 'AcmeReader/2.0', network: 'corporate', ptr: 'gw1.acme.example', recipientDomain: 'Acme.example' }],
  [null, { event: 'click', ua: UA.chrome, ip: '198.51.100.9', honeypot: true, headers: FOLLOWS }],
);

function judgedBy(rule: Partial<VerdictRule>) {
  const [first] = classify(hits, { rules: [{ id: 'acme', label: 'human', ...rule }] });
  return `${first?.label}: ${first?.reasons.join()}`;
}

describe('a rule of the sender’s own', () => {
  it.each<[Partial<VerdictRule>]>([
    [{ userAgent: 'acmereader' }],
    [{ network: 'corporate', event: 'open' }],
    [{ host: '.acme.example' }],
    [{ recipientDomain: 'acme.example', method: 'get' }],
  ])('%j holds and stands among the reasons', (rule) => {
    expect(judgedBy(rule)).toBe('human: acme');
  });

  it.each<[Partial<VerdictRule>]>([
    [{ userAgent: 'other' }],
    [{ userAgent: 'acmereader', event: 'click' }],
    [{ host: '.other.example' }],
    [{ recipientDomain: 'example', network: 'corporate' }],
  ])('%j does not hold', (rule) => {
    expect(judgedBy(rule)).toBe('unknown: office-network,no-browser');
  });

  it('comes before every rule and all evidence of Telltale’s', () => {
    const { hits: burst } = makeCase(
      'a burst of our own checker',
      ...[0, 1, 2, 3, 4].map(
        (link) => ['human', { event: 'click', link, ua: 'curl/8', afterMs: HOUR + link } as const] as const,
      ),
    );
    const rules: readonly VerdictRule[] = [{ id: 'our-checker', label: 'human', userAgent: 'curl', certainty: 1 }];
    for (const verdict of classify(burst, { rules }))
      expect(verdict).toMatchObject({ label: 'human', confidence: 1, reasons: ['our-checker'] });
  });

  it('the first that holds decides', () => {
    const rules: readonly VerdictRule[] = [
      { id: 'b', label: 'preview', network: 'mobile' },
      { id: 'c', label: 'scanner', network: 'corporate' },
      { id: 'd', label: 'human', network: 'corporate' },
    ];
    expect(classify(hits, { rules })[0]).toMatchObject({ label: 'scanner', confidence: 0.9, reasons: ['c'] });
  });

  it('shows in the version of the rules', () => {
    const versionBy = (rules?: readonly VerdictRule[]) => classify(hits, { rules })[0]?.rulesVersion;
    const acme: VerdictRule = { id: 'acme', label: 'human', network: 'corporate' };
    expect(versionBy()).toBe(RULES_VERSION);
    expect(versionBy([])).toBe(RULES_VERSION);
    expect(versionBy([acme])).toMatch(new RegExp(`^${RULES_VERSION}\\+[0-9a-f]{8}$`));
    expect(versionBy([acme])).toBe(versionBy([acme]));
    expect(versionBy([{ ...acme, label: 'scanner' }])).not.toBe(versionBy([acme]));
  });

  it.each([
    [{}, 'expected a list'],
    [[1], 'one of the rules expects an object'],
    [[{ id: 'a', label: 'human' }], 'names nothing that must hold'],
    [[{ id: 'A b', label: 'human', network: 'mobile' }], 'lower-case words'],
    [[{ id: 'honeypot', label: 'human', network: 'mobile' }], 'one of Telltale’s own'],
    [[{ id: 'fan-out', label: 'human', network: 'mobile' }], 'one of Telltale’s own'],
    [[{ id: 'a', label: 'person', network: 'mobile' }], 'label of "a" must be one of human'],
    [[{ id: 'a', label: 'human', network: '' }], 'network is a text'],
    [[{ id: 'a', label: 'human', network: 'mobil' }], 'network of a rule must be one of residential, mobile'],
    [[{ id: 'a', label: 'human', host: 'acme.example' }], 'with the dot before it, like .example.com'],
    [[{ id: 'a', label: 'human', event: 'read' }], 'must be one of open, click, unsubscribe'],
    [[{ id: 'a', label: 'human', certainty: 2, network: 'mobile' }], 'certainty is a number'],
    [[{ id: 'a', label: 'human', netwrok: 'x' }], 'Did you mean network?'],
    [Array.from({ length: 2 }, () => ({ id: 'a', label: 'human', network: 'mobile' })), 'two have the id "a"'],
    [Array.from({ length: 101 }, (_, n) => ({ id: `a${n}`, label: 'human', network: 'mobile' })), 'there may be 100'],
  ])('is refused as %j', (rules, message) => {
    const options: object = { rules };
    const error = thrownBy(() => Reflect.apply(classify, undefined, [hits, options]));
    expect(error.code).toMatch(/^(?:INVALID|UNKNOWN)_OPTION$/);
    expect(error.message).toContain(message);
  });
});
