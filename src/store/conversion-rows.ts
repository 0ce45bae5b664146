// Conversions in the store: one row an order, the clicks it is attributed to, and sums of both, all in one transaction. An
// order counts once; what it says changes when the same order is told again with a stronger proof, or posted anew.
import { randomUUID } from 'node:crypto';
import { findTouches, type Touch } from '../attribute/find-touches.ts';
import { shareOut } from '../attribute/share-out.ts';
import {
  ATTRIBUTION_MODELS,
  type AttributionRules,
  CONVERSION_PARTS,
  type Conversion,
  PROOFS,
} from '../base/conversion.ts';
import { touchesMax } from '../base/limits.ts';
import { type Amount, writeAmount } from '../base/money.ts';
import { LABELS, PEOPLE } from '../base/nouns.ts';
import { keepConversion } from '../settle/keep-conversion.ts';
import type { SettleControl } from '../settle/keep-hit.ts';
import { codeOf, wordOf } from './codes.ts';
import { controlNow } from './control-now.ts';
import type { ConversionRow } from './conversion-statements.ts';
import { hitIdAt, timeOf } from './hit-ids.ts';
import { Notices } from './notices.ts';
import { unpackId } from './recipient-keys.ts';
import type { Writer } from './writer.ts';

/**
 * What became of a conversion: `accepted`; `unattributed`, it was, but no click is known that it could be of, so it is in
 * no report yet; `duplicate`, it was known and changes nothing; or why it was not taken: nothing says whose it is
 * (`no-click`), the order or the message is not known, nothing vouches for the value that is known (`unverified`), more
 * was given back than was paid, or in another currency, or nothing may be kept of the recipient or the message
 * (`not-kept`).
 */
export type ConversionOutcome =
  | 'accepted'
  | 'unattributed'
  | 'duplicate'
  | 'no-click'
  | 'unknown-order'
  | 'unknown-message'
  | 'unverified'
  | 'refunded-too-much'
  | 'other-currency'
  | 'not-kept';

export interface ConversionRows {
  /** Records conversions, each once by its order; what became of each, in order. */
  recordConversions(conversions: readonly Conversion[]): Promise<readonly ConversionOutcome[]>;
  /** Which clicks conversions are attributed to. */
  attributionRules(): Promise<AttributionRules>;
  /** Says which, from now on; conversions that are there stay as they are until a click of theirs is judged anew. */
  setAttributionRules(rules: AttributionRules): Promise<void>;
}

export function makeConversions(writer: Writer): ConversionRows {
  return {
    recordConversions: (conversions) =>
      writer.transaction(() => {
        return applyConversions(writer, conversions);
      }, 'none'),
    attributionRules: () => writer.transaction(() => readRules(writer), 'none'),
    setAttributionRules: ({ windowMs, clicks }) =>
      writer.transaction(
        () => void writer.statements.conversions.setRules.run(windowMs, clicks === 'human' ? 1 : 0),
        'none',
      ),
  };
}

/** Within a transaction; what became of each. */
export function applyConversions(writer: Writer, conversions: readonly Conversion[]): readonly ConversionOutcome[] {
  const control = controlNow(writer.statements);
  const notices = new Notices(writer);
  const outcomes = conversions.map((told) => {
    const outcome = applyConversion(writer, told, control);
    if ((outcome === 'accepted' || outcome === 'unattributed') && notices.isAnybodyTold)
      tell(writer, notices, told.order);
    return outcome;
  });
  notices.write(Date.now());
  return outcomes;
}

/** An order as it is known now, to whoever is to be told: of a sale, and of each correction. */
function tell(writer: Writer, notices: Notices, order: string): void {
  const { conversions, webhooks, recipients } = writer.statements;
  const row = conversions.find.get(order);
  const message = row?.message_key ?? (row && conversions.touchesOf.all(row.key).at(-1)?.message);
  if (row === undefined || message === undefined || row.test === 1) return;
  const stored = row.recipient_key === null ? undefined : recipients.idOf.get(row.recipient_key);
  const data = {
    ...{ message: webhooks.messageId.get(message) ?? null, recipient: stored === undefined ? null : unpackId(stored) },
    ...{ link: row.link_index, order, proof: wordOf(PROOFS, row.proof) },
    ...{ value: amountOf(row.minor, row.currency), refunded: amountOf(row.refunded_minor || null, row.currency) },
  };
  const id = `evt_${randomUUID()}`;
  notices.add({ id, type: 'conversion', atMs: row.at_ms, message, recipient: row.recipient_key, label: null, data });
}

/** An amount of a row. */
export function amountOf(minor: number | null, currency: string | null): Amount | null {
  return minor === null || currency === null ? null : { currency, amount: writeAmount(BigInt(minor), currency) };
}

function applyConversion(writer: Writer, told: Conversion, control: SettleControl): ConversionOutcome {
  const { conversions } = writer.statements;
  const kept = keepConversion(told, control);
  if (kept === undefined) return 'not-kept';
  const before = conversions.find.get(kept.order);
  if (before !== undefined && !replaces(kept, before)) return 'duplicate';
  const place = placeOf(writer, kept, before);
  if (typeof place === 'string') return place;
  const money = moneyOf(kept, before);
  if (typeof money === 'string') return money;
  const proof = proofOf(kept, before);
  const row = { ...place, ...money, proof, test: kept.test ? 1 : 0 };
  if (before !== undefined) {
    if (isSame(before, row)) return proof < codeOf(PROOFS, kept.proof) ? 'unverified' : 'duplicate';
    subtract(writer, before);
    conversions.dropTouches.run(before.key);
    conversions.change.run(...columnsOf(row), before.key);
  }
  const key = before?.key ?? conversions.add.get(kept.order, ...columnsOf(row));
  const touches = key === undefined ? 0 : attribute(writer, { ...row, key });
  return touches === 0 && row.test === 0 ? 'unattributed' : 'accepted';
}

/** A value that is known is vouched for by who tells it: what says nothing of it leaves its proof as it was. */
function proofOf({ proof, money }: Conversion, before: ConversionRow | undefined): number {
  return money === null && before !== undefined && before.minor !== null ? before.proof : codeOf(PROOFS, proof);
}

/** Within a transaction, once clicks of recipients are new or judged anew: attributes their conversions anew. */
export function attributeAnew(writer: Writer, recipients: Iterable<Buffer>): void {
  const { conversions } = writer.statements;
  // Most stores have none.
  if (conversions.any.get() === undefined) return;
  for (const recipient of recipients) {
    for (const row of conversions.ofRecipient.all(recipient)) {
      const known = conversions.touchesOf.all(row.key);
      const touches = touchesOf(writer, row);
      const isKnown = (touch: Touch, at: number) =>
        known[at]?.message === touch.message && known[at]?.link === touch.link;
      if (known.length === touches.length && touches.every(isKnown)) continue;
      subtract(writer, row);
      conversions.dropTouches.run(row.key);
      attribute(writer, row);
    }
  }
}

type Columns = Omit<ConversionRow, 'key'>;

/** A stronger proof replaces a weaker one; what was posted can be posted anew. A page that is loaded again changes nothing. */
function replaces({ proof }: Conversion, before: ConversionRow): boolean {
  const now = codeOf(PROOFS, proof);
  return now > before.proof || (proof === 'posted' && now === before.proof);
}

type Place = Pick<Columns, 'at_ms' | 'message_key' | 'recipient_key' | 'link_index' | 'clicked_at_ms'>;

/** Whose it is; a correction that does not say leaves it as it was. */
function placeOf(
  writer: Writer,
  told: Conversion,
  before: ConversionRow | undefined,
): Place | Extract<ConversionOutcome, 'no-click' | 'unknown-order' | 'unknown-message'> {
  const { click, recipient, message, atMs } = told;
  if (click === null && recipient === null && message === null) {
    if (before !== undefined) return before;
    return told.money === null && told.refunded !== null ? 'unknown-order' : 'no-click';
  }
  const isUnknown = message !== null && click === null && writer.statements.findMessage.get(message) === undefined;
  if (isUnknown) return 'unknown-message';
  const id = click?.message ?? message;
  return {
    at_ms: before?.at_ms ?? atMs,
    message_key: id === null ? null : writer.messages.keyOf({ id, atMs: click?.atMs ?? atMs }),
    recipient_key: recipient === null ? null : (writer.recipientKeys([recipient]).get(recipient) ?? null),
    link_index: click?.link ?? null,
    clicked_at_ms: click?.atMs ?? null,
  };
}

type MoneyColumns = Pick<Columns, 'minor' | 'currency' | 'refunded_minor'>;

/**
 * What it is worth; what a correction does not say stays as it was, and so does what was given back, unless the value is
 * of another currency now.
 */
function moneyOf(
  { money, refunded }: Conversion,
  before: ConversionRow | undefined,
): MoneyColumns | Extract<ConversionOutcome, 'refunded-too-much' | 'other-currency'> {
  const minor = money?.minor ?? before?.minor ?? null;
  const currency = money?.currency ?? before?.currency ?? null;
  if (refunded !== null && currency !== null && refunded.currency !== currency) return 'other-currency';
  const known = currency === before?.currency ? before.refunded_minor : 0;
  const back = refunded === null ? known : refunded.minor;
  if (back > (minor ?? 0)) return 'refunded-too-much';
  return { minor, currency, refunded_minor: back };
}

function columnsOf(row: Columns) {
  return [
    ...([row.at_ms, row.proof, row.test, row.message_key, row.recipient_key, row.link_index] as const),
    ...([row.clicked_at_ms, row.minor === null ? null : BigInt(row.minor), row.currency] as const),
    BigInt(row.refunded_minor),
  ] as const;
}

function isSame(before: ConversionRow, now: Columns): boolean {
  const { recipient_key: recipient, key, ...rest } = before;
  const isSameRecipient =
    recipient === null ? now.recipient_key === null : now.recipient_key?.equals(recipient) === true;
  return isSameRecipient && Object.entries(rest).every(([name, value]) => now[name as keyof Columns] === value);
}

function readRules({ statements }: Writer): AttributionRules {
  const { windowMs, people } = statements.conversions.rules.get() ?? { windowMs: 0, people: 1 };
  return { windowMs, clicks: people === 1 ? 'human' : 'all' };
}

/** Finds the clicks of a conversion and adds it to the sums of their messages; how many there are. */
function attribute(writer: Writer, row: ConversionRow): number {
  if (row.test === 1) return 0;
  const touches = touchesOf(writer, row);
  for (const [place, { message, link }] of touches.entries()) {
    writer.statements.conversions.addTouch.run(message, row.key, place, link, row.recipient_key);
  }
  addSums(writer, row, touches, 1);
  return touches.length;
}

function subtract(writer: Writer, row: ConversionRow): void {
  addSums(writer, row, writer.statements.conversions.touchesOf.all(row.key), -1);
}

function touchesOf(writer: Writer, row: ConversionRow): readonly Touch[] {
  const rules = readRules(writer);
  const { at_ms: atMs, message_key: message, link_index: link, clicked_at_ms: clickedAtMs } = row;
  const isThere = message !== null && writer.statements.conversions.isMessage.get(message) !== undefined;
  const own = isThere ? { message, link, atMs: clickedAtMs ?? atMs } : undefined;
  // What is told to be of a message is attributed to clicks of that message alone.
  const ofMessage = clickedAtMs === null ? message : null;
  const clicks = row.recipient_key === null ? [] : clicksOf(writer, row.recipient_key, atMs, rules.windowMs);
  const known = ofMessage === null ? clicks : clicks.filter((click) => click.message === ofMessage);
  // A message that was told is no click of its own where there are real ones.
  const isTold = clickedAtMs === null && known.some(({ isPerson }) => isPerson || rules.clicks === 'all');
  return findTouches({ clicks: known, own: isTold ? undefined : own, atMs }, rules);
}

function clicksOf(writer: Writer, recipient: Buffer, atMs: number, windowMs: number) {
  const from = hitIdAt(Math.max(0, atMs - windowMs));
  const rows = writer.statements.conversions.clicksOf.all(recipient, from, hitIdAt(atMs + 1), touchesMax);
  return rows.map(({ message, hitId, link, label }) => ({
    ...{ message, link, atMs: timeOf(hitId), isPerson: PEOPLE.has(wordOf(LABELS, label)) },
  }));
}

const QUARTER_MS = 900_000;
/** In place of a link where there is none. */
const NO_LINK = -1;

function addSums(
  writer: Writer,
  row: ConversionRow,
  touches: readonly { readonly message: number; readonly link: number | null }[],
  sign: 1 | -1,
): void {
  const { addCount, addQuarter, isMessage } = writer.statements.conversions;
  const minor = (row.minor ?? 0) - row.refunded_minor;
  // What was given back whole is no conversion any more; what never had a value is one.
  const isGone = row.refunded_minor > 0 && minor === 0;
  const worth = { parts: isGone ? 0 : CONVERSION_PARTS, minor };
  const verified = row.proof === codeOf(PROOFS, 'pixel') ? 0 : 1;
  const currency = row.currency ?? '';
  const quarter = Math.floor(row.at_ms / QUARTER_MS);
  for (const [model, name] of ATTRIBUTION_MODELS.entries()) {
    for (const share of shareOut(touches.length, name, worth)) {
      const touch = touches[share.at];
      if (touch === undefined || isMessage.get(touch.message) === undefined) continue;
      const sums = [currency, BigInt(sign * share.parts), BigInt(sign * share.minor)] as const;
      addCount.run(touch.message, model, verified, touch.link ?? NO_LINK, ...sums);
      addQuarter.run(touch.message, model, verified, quarter, ...sums);
    }
  }
}
