// Numbers for texts that repeat: a text stands once, rows hold its number. What was looked up last is kept in memory.
import { dictionaryCacheMax } from '../base/limits.ts';

/** Finds or makes numbers; only within a transaction. */
export class Dictionary<Entry> {
  readonly #known = new Map<string, number>();
  readonly #nameOf: (entry: Entry) => string;
  readonly #find: (entries: readonly Entry[]) => readonly (number | undefined)[];
  readonly #add: (entries: readonly Entry[]) => readonly (number | undefined)[];

  constructor(of: {
    /** What tells an entry from all others. */
    readonly nameOf: (entry: Entry) => string;
    readonly find: (entries: readonly Entry[]) => readonly (number | undefined)[];
    readonly add: (entries: readonly Entry[]) => readonly (number | undefined)[];
  }) {
    this.#nameOf = of.nameOf;
    this.#find = of.find;
    this.#add = of.add;
  }

  keyOf(entry: Entry): number {
    return this.#known.get(this.#nameOf(entry)) ?? this.readAhead([entry])[0] ?? missing();
  }

  /** Finds or makes the numbers of many in one exchange each, so that each is known when it is asked for; gives the new. */
  readAhead(entries: Iterable<Entry>): readonly number[] {
    const unknown = this.#unknown(entries);
    if (unknown.length === 0) return [];
    const asked = unknown.map(([, entry]) => entry);
    const found = this.#find(asked);
    const added = this.#add(asked.filter((_, at) => found[at] === undefined)).values();
    const keys = found.map((key) => key ?? added.next().value ?? missing());
    this.#remember(unknown.map(([name], at) => [name, keys[at] ?? missing()]));
    return keys;
  }

  /** Finds the numbers of many, and makes none; whether each has one. */
  has(entries: Iterable<Entry>): boolean {
    const unknown = this.#unknown(entries);
    const found = this.#find(unknown.map(([, entry]) => entry));
    this.#remember(unknown.flatMap(([name], at) => (found[at] === undefined ? [] : [[name, found[at]]])));
    return !found.includes(undefined);
  }

  /** In one order for all who add some, so that none waits for another that waits for it. */
  #unknown(entries: Iterable<Entry>): readonly (readonly [name: string, Entry])[] {
    const unknown = new Map<string, Entry>();
    for (const entry of entries) {
      const name = this.#nameOf(entry);
      if (!this.#known.has(name)) unknown.set(name, entry);
    }
    return [...unknown].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #remember(found: readonly (readonly [name: string, key: number])[]): void {
    if (this.#known.size + found.length > dictionaryCacheMax) this.#known.clear();
    for (const [name, key] of found) this.#known.set(name, key);
  }

  /** Forgets what it knows: a transaction that was rolled back may have made numbers that are not there. */
  forget(): void {
    this.#known.clear();
  }
}

function missing(): never {
  throw new Error('the store gave no number');
}
