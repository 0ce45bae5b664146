// Counts of a message, kept beside its events: what a batch adds is folded first, so that each row is written once.
import type { Transaction } from 'kysely';
import { type Hit, type Label, PEOPLE } from '../base/nouns.ts';
import type { JudgedHit } from '../settle/settler.ts';
import { keyIn } from './dictionaries.ts';
import type { CountLabel, Tables } from './tables.ts';

const QUARTER_MS = 900_000;

/** A hit for which counts change: opens and clicks of real traffic. */
export type CountedHit = JudgedHit & { readonly hit: Hit & { readonly kind: 'open' | 'click' } };

export function countsInReports(judged: JudgedHit): judged is CountedHit {
  return !judged.hit.test && judged.hit.kind !== 'unsubscribe';
}

/** The numbers of all texts of a batch. */
export interface Keys {
  readonly messages: ReadonlyMap<string, number>;
  readonly recipients: ReadonlyMap<string, number>;
  readonly texts: ReadonlyMap<string, number>;
}

interface Count {
  total: number;
  recipients: number;
  anonymous: number;
}

/** What a batch adds to the counts of its messages, folded so that each row is written once. */
export class Changes {
  readonly #keys: Keys;
  readonly #counts = new Map<string, Count>();
  readonly #links = new Map<string, { total: number; recipients: number; people: number }>();
  readonly #quarters = new Map<string, number>();

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  addTotal({ hit, verdict }: CountedHit): void {
    const message = keyIn(this.#keys.messages, hit.message);
    for (const label of labelsOf(verdict.label)) this.#count(message, hit.kind, label).total += 1;
    const quarter = `${message} ${Math.floor(hit.atMs / QUARTER_MS)} ${hit.kind} ${verdict.label}`;
    this.#quarters.set(quarter, (this.#quarters.get(quarter) ?? 0) + 1);
  }

  addAnonymous(judged: CountedHit): void {
    this.addTotal(judged);
    const message = keyIn(this.#keys.messages, judged.hit.message);
    for (const label of labelsOf(judged.verdict.label)) this.#count(message, judged.hit.kind, label).anonymous += 1;
    if (judged.hit.link !== null) this.addLinkRecipient(judged, 0, 0);
  }

  addRecipient(message: number, kind: 'open' | 'click', labels: readonly CountLabel[]): void {
    for (const label of labels) this.#count(message, kind, label).recipients += 1;
  }

  addLinkRecipient({ hit }: CountedHit, recipients: 0 | 1, people: 0 | 1): void {
    if (hit.link === null) return;
    const destination = keyIn(this.#keys.texts, hit.link.destination);
    const name = `${keyIn(this.#keys.messages, hit.message)} ${hit.link.index} ${destination}`;
    const row = this.#links.get(name) ?? { total: 0, recipients: 0, people: 0 };
    this.#links.set(name, {
      total: row.total + 1,
      recipients: row.recipients + recipients,
      people: row.people + people,
    });
  }

  async write(tx: Transaction<Tables>): Promise<void> {
    for (const [name, count] of sorted(this.#counts)) await writeCount(tx, name, count);
    for (const [name, count] of sorted(this.#links)) await writeLinkCount(tx, name, count);
    for (const [name, total] of sorted(this.#quarters)) await writeQuarter(tx, name, total);
  }

  #count(message: number, kind: 'open' | 'click', label: CountLabel): Count {
    const name = `${message} ${kind} ${label}`;
    const known = this.#counts.get(name);
    if (known !== undefined) return known;
    const made: Count = { total: 0, recipients: 0, anonymous: 0 };
    this.#counts.set(name, made);
    return made;
  }
}

function labelsOf(label: Label): readonly CountLabel[] {
  return PEOPLE.has(label) ? [label, 'all', 'people'] : [label, 'all'];
}

function sorted<V>(map: ReadonlyMap<string, V>): readonly (readonly [readonly string[], V])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name.split(' '), value]);
}

async function writeCount(
  tx: Transaction<Tables>,
  [message, kind, label]: readonly string[],
  count: Count,
): Promise<void> {
  await tx
    .insertInto('counts')
    .values({ message_key: Number(message), kind: kind as 'open' | 'click', label: label as CountLabel, ...count })
    .onConflict((conflict) =>
      conflict.columns(['message_key', 'kind', 'label']).doUpdateSet((eb) => ({
        total: eb('counts.total', '+', eb.ref('excluded.total')),
        recipients: eb('counts.recipients', '+', eb.ref('excluded.recipients')),
        anonymous: eb('counts.anonymous', '+', eb.ref('excluded.anonymous')),
      })),
    )
    .execute();
}

async function writeLinkCount(
  tx: Transaction<Tables>,
  [message, index, destination]: readonly string[],
  count: { readonly total: number; readonly recipients: number; readonly people: number },
): Promise<void> {
  await tx
    .insertInto('link_counts')
    .values({ message_key: Number(message), link_index: Number(index), destination_key: Number(destination), ...count })
    .onConflict((conflict) =>
      conflict.columns(['message_key', 'link_index', 'destination_key']).doUpdateSet((eb) => ({
        total: eb('link_counts.total', '+', eb.ref('excluded.total')),
        recipients: eb('link_counts.recipients', '+', eb.ref('excluded.recipients')),
        people: eb('link_counts.people', '+', eb.ref('excluded.people')),
      })),
    )
    .execute();
}

async function writeQuarter(
  tx: Transaction<Tables>,
  [message, quarter, kind, label]: readonly string[],
  total: number,
): Promise<void> {
  await tx
    .insertInto('quarter_counts')
    .values({
      message_key: Number(message),
      quarter: Number(quarter),
      kind: kind as 'open' | 'click',
      label: label as Label,
      total,
    })
    .onConflict((conflict) =>
      conflict.columns(['message_key', 'quarter', 'kind', 'label']).doUpdateSet((eb) => ({
        total: eb('quarter_counts.total', '+', eb.ref('excluded.total')),
      })),
    )
    .execute();
}
