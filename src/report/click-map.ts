// The click map: a mail as it was sent, with what each of its links was worth. Clicks are counted by index and destination,
// so two mails of one message that differ in their links do not share them.
import { type KeptLink, type KeptMail, unpackMail } from '../base/kept-mail.ts';
import { reportLinksMax } from '../base/limits.ts';
import { knownMessage } from './known-message.ts';
import type { LinkRow, ReportSource } from './report-source.ts';
import { shownTotals } from './withhold-small.ts';

/** What the click map needs of a store. */
export interface MailSource {
  /** The mails that are kept of a message, the first first; `hash` in hexadecimal. */
  listMails(message: string): Promise<readonly ListedMail[]>;
  /** A kept mail, packed; nothing when it is not kept. */
  readMail(message: string, hash: string): Promise<Uint8Array | undefined>;
}

export interface ListedMail {
  readonly hash: string;
  readonly atMs: number;
  /** Of its HTML. */
  readonly bytes: number;
}

export interface ClickMap {
  readonly message: { readonly id: string; readonly name: string | null };
  /** The mails that are kept; the names by which one is chosen are the first digits of their hashes. */
  readonly variants: readonly MailVariant[];
  /** The one that is shown; null when none is kept, or none is called so. */
  readonly shown: (MailVariant & { readonly mail: KeptMail }) | null;
  /** The links of the mail that is shown; else those of the message. */
  readonly links: readonly MappedLink[];
}

export interface MailVariant {
  readonly id: string;
  readonly firstCompiledAt: string;
  readonly bytes: number;
}

export interface MappedLink {
  readonly index: number;
  readonly destination: string;
  readonly name: string;
  /** Where it stands; null when no mail is kept that says so. */
  readonly shown: KeptLink['shown'] | null;
  /** Recipients with a click judged human, and all clicks. */
  readonly human: number;
  readonly total: number;
  /** Of the human clicks on all these links; null when there are none. */
  readonly share: number | null;
}

/**
 * Makes the click map of a message, with the mail called `variant`, or the first.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`.
 */
export async function buildClickMap(
  source: ReportSource & MailSource,
  of: { readonly message: string; readonly variant?: string | undefined },
): Promise<ClickMap> {
  const message = await knownMessage(source, of.message);
  const listed = await source.listMails(message.id);
  const chosen = listed.find(({ hash }) => of.variant === undefined || variantOf(hash) === of.variant);
  const packed = chosen && (await source.readMail(message.id, chosen.hash));
  const mail = packed && (await unpackMail(packed));
  const counted = await source.linksOf(message.id, reportLinksMax + 1);
  const totals = shownTotals(counted);
  const clicks = counted.slice(0, reportLinksMax).map((row, at) => ({ ...row, total: totals[at] ?? 0 }));
  const rows = mail === undefined ? clicks.map(unplaced) : mail.links.map((link) => placed(link, clicks));
  const human = rows.reduce((sum, row) => sum + row.human, 0);
  return {
    message: { id: message.id, name: message.name },
    variants: listed.map(variant),
    shown: chosen === undefined || mail === undefined ? null : { ...variant(chosen), mail },
    links: rows.map((row) => ({ ...row, share: human === 0 ? null : row.human / human })),
  };
}

function variant({ hash, atMs, bytes }: ListedMail): MailVariant {
  return { id: variantOf(hash), firstCompiledAt: new Date(atMs).toISOString(), bytes };
}

/** Enough of a hash for the few mails of a message. */
function variantOf(hash: string): string {
  return hash.slice(0, 12);
}

type CountedLink = Omit<MappedLink, 'share'>;

function unplaced({ index, destination, name, people, total }: LinkRow): CountedLink {
  return { index, destination, name: name ?? '', shown: null, human: people, total };
}

function placed(link: KeptLink, clicks: readonly LinkRow[]): CountedLink {
  const row = clicks.find(({ index, destination }) => index === link.index && destination === link.destination);
  return { ...link, human: row?.people ?? 0, total: row?.total ?? 0 };
}
