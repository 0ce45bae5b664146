// Numbers for texts that repeat: a text stands once, rows hold its number. What was looked up last is kept in memory.
import { dictionaryCacheMax } from '../base/limits.ts';

/** Finds or makes numbers; only within a transaction. */
export class Dictionary<Entry> {
  readonly #known = new Map<string, number>();
  readonly #nameOf: (entry: Entry) => string;
  readonly #find: (entry: Entry) => number | undefined;
  readonly #add: (entry: Entry) => number;

  constructor(of: {
    /** What tells an entry from all others. */
    readonly nameOf: (entry: Entry) => string;
    readonly find: (entry: Entry) => number | undefined;
    readonly add: (entry: Entry) => number;
  }) {
    this.#nameOf = of.nameOf;
    this.#find = of.find;
    this.#add = of.add;
  }

  keyOf(entry: Entry): number {
    const name = this.#nameOf(entry);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const key = this.#find(entry) ?? this.#add(entry);
    if (this.#known.size >= dictionaryCacheMax) this.#known.clear();
    this.#known.set(name, key);
    return key;
  }

  /** Forgets what it knows: a transaction that was rolled back may have made numbers that are not there. */
  forget(): void {
    this.#known.clear();
  }
}
