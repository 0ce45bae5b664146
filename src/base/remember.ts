// Remembers answers, a bounded number of them; the oldest goes first.

export interface Remembered<T> {
  get(key: string): T;
  size(): number;
  clear(): void;
}

/** Makes a memory before `find`, which is asked once for each key while it is remembered. */
export function remember<T>(entriesMax: number, find: (key: string) => T): Remembered<T> {
  const known = new Map<string, { readonly value: T }>();
  return {
    get(key) {
      const entry = known.get(key);
      if (entry !== undefined) return entry.value;
      const value = find(key);
      known.set(key, { value });
      if (known.size > entriesMax) known.delete(known.keys().next().value ?? '');
      return value;
    },
    size: () => known.size,
    clear: () => known.clear(),
  };
}
