// The sender's own rules by which stored hits were judged, kept under what their rules version has of them: whoever learns
// something new of such a hit judges it by the same rules, in whatever process.
import { type OwnRules, readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import type { HotStatements } from './hot-statements.ts';

export class OwnRuleRows {
  readonly #statements: HotStatements;
  /** By what a rules version has of them. */
  readonly #known = new Map<string, OwnRules | undefined>();
  #last: { readonly given: readonly VerdictRule[]; readonly own: OwnRules } | undefined;

  constructor(statements: HotStatements) {
    this.#statements = statements;
  }

  /** Within a transaction: the rules as they judge, kept for later. */
  keep(given: readonly VerdictRule[]): OwnRules {
    if (this.#last?.given === given) return this.#last.own;
    const own = readOwnRules(given, 'settle');
    const name = nameOf(own.version);
    if (name !== '') this.#statements.addOwnRules.run(name, JSON.stringify(given));
    this.#known.set(name, own);
    this.#last = { given, own };
    return own;
  }

  /** The rules that a rules version names; nothing when they were not kept. */
  of(rulesVersion: string): OwnRules | undefined {
    const name = nameOf(rulesVersion);
    if (name === '') return readOwnRules(undefined, 'settle');
    if (this.#known.has(name)) return this.#known.get(name);
    const kept = this.#statements.findOwnRules.get(name);
    const own = kept === undefined ? undefined : readOwnRules(JSON.parse(kept), 'settle');
    this.#known.set(name, own);
    return own;
  }

  /** Whether any of all that were kept asks for the domain of a recipient. */
  needDomain(): boolean {
    return this.#statements.ownRuleVersions.all().some((version) => this.of(`+${version}`)?.needsDomain === true);
  }

  forget(): void {
    this.#known.clear();
    this.#last = undefined;
  }
}

/** What tells a sender's rules from others in a rules version; empty for Telltale's alone. */
function nameOf(rulesVersion: string): string {
  return /^[^+]*\+([0-9a-f]{8})(?:\+|$)/.exec(rulesVersion)?.[1] ?? '';
}
