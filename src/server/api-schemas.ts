// What the API answers, as schemas: TypeScript holds them equal to what reports are, tests hold answers to them, and the
// OpenAPI document shows them.
import { z } from 'zod';
import { ATTRIBUTION_MODELS, PROOFS } from '../base/conversion.ts';
import {
  CONSENT_LEVELS,
  type Consent,
  HIT_KINDS,
  LABELS,
  type Label,
  NETWORK_KINDS,
  SUPPRESSION_REASONS,
} from '../base/nouns.ts';
import { DEVICES } from '../classify/mail-clients.ts';
import type { Report, ReportLink } from '../report/build-report.ts';
import type { HitsAt, Timeline } from '../report/build-timeline.ts';
import type { Comparison, Difference } from '../report/compare-messages.ts';
import type { ConversionFigures } from '../report/conversion-figures.ts';
import type { Page } from '../report/cursor.ts';
import type { EstimatedRate } from '../report/estimated-rate.ts';
import type { RecipientExport } from '../report/export-recipient.ts';
import type { AudienceRow } from '../report/list-audience.ts';
import type { EventRow } from '../report/list-events.ts';
import type { MessageSummary } from '../report/list-messages.ts';
import type { RecipientRow } from '../report/list-recipients.ts';
import type { HistoryRow, RecipientHistory } from '../report/recipient-history.ts';
import type { RecipientHits } from '../report/recipient-hits.ts';

const count = z.int().min(0);
const share = z.number().min(0).nullable();
const anyNumber = z.number().nullable();
const time = z.iso.datetime().nullable();
const text = z.string().nullable();

function byLabel<Value>(value: z.ZodType<Value>): z.ZodType<Record<Label, Value>> {
  return z.record(z.enum(LABELS), value);
}

/** A page of a list. */
export function pageOf<Item>(item: z.ZodType<Item>): z.ZodType<Page<Item>> {
  return z.strictObject({
    items: z.array(item),
    next: text.meta({ description: 'The `cursor` of the next page; null on the last. A short page may have one.' }),
  });
}

const COST = z.strictObject({ currency: z.string(), amount: z.string() });
const RATE = z.strictObject({ raw: share, human: share });
const SUM = { count: z.number().min(0), value: z.array(COST) };
const UNVERIFIED = z.strictObject(SUM).meta({ description: 'What a pixel said that nobody vouches for.' });

const CONVERSIONS: z.ZodType<ConversionFigures> = z
  .strictObject({
    ...SUM,
    attribution: z.enum(ATTRIBUTION_MODELS).exactOptional(),
    unverified: UNVERIFIED.exactOptional(),
    rates: z.strictObject({ sent: share, clickers: share }).exactOptional(),
    perMail: z.array(COST).exactOptional(),
    returnOnSpend: share.exactOptional(),
    links: z
      .array(z.strictObject({ index: count.nullable(), name: text, ...SUM, unverified: UNVERIFIED }))
      .exactOptional(),
  })
  .meta({ id: 'Conversions', description: 'All but `count` and `value` are there from the first conversion on.' });

const WARNING = z.strictObject({ code: z.string(), message: z.string() });

const HITS = z.strictObject({
  total: count,
  unique: count,
  anonymous: count,
  byLabel: byLabel(z.strictObject({ total: count, unique: count })),
});

const ESTIMATE: z.ZodType<EstimatedRate> = z
  .strictObject({
    value: share,
    low: share,
    high: share,
    level: z.number(),
    method: z.enum(['first-mailing', 'sender-history']).nullable(),
    n: count,
    sample: z.strictObject({
      measurable: count,
      masked: count,
      openers: count,
      clickers: count,
      both: count,
      maskedClickers: count,
      earlierMessages: count,
    }),
    reason: z.enum(['no-sends', 'too-few-measurable', 'too-few-clickers']).nullable(),
    band: z.strictObject({ low: share, high: share, assumption: text }),
  })
  .meta({ id: 'EstimatedRate' });

export const REPORT_LINK: z.ZodType<ReportLink> = z
  .strictObject({
    index: count,
    destination: z.string(),
    name: text,
    clicks: z.strictObject({ total: count, unique: count, human: count }),
  })
  .meta({ id: 'Link' });

export const REPORT: z.ZodType<Report> = z
  .strictObject({
    message: z.strictObject({ id: z.string(), name: text, firstSentAt: time }),
    sent: count,
    recipients: z.strictObject({
      sent: count,
      delivered: count.nullable(),
      measurable: z.strictObject({ opens: count, clicks: count }),
    }),
    opens: HITS,
    clicks: HITS,
    rates: z.strictObject({
      denominator: z.enum(['measurable', 'delivered', 'sent']),
      coverage: share,
      reason: z.enum(['no-sends', 'none-measurable']).nullable(),
      open: RATE.extend({ estimated: ESTIMATE }),
      click: RATE,
      clickToOpen: RATE,
    }),
    links: z.array(REPORT_LINK),
    domains: z.array(z.strictObject({ domain: z.string(), sent: count, opened: count, clicked: count })),
    clients: z.array(z.strictObject({ client: text, opens: count, clicks: count })),
    devices: z.array(z.strictObject({ device: text, opens: count, clicks: count })),
    unsubscribes: count,
    bounces: count,
    complaints: count,
    conversions: CONVERSIONS,
    cost: COST.nullable(),
    warnings: z.array(WARNING),
    test: z
      .strictObject({ opens: count, clicks: count })
      .exactOptional()
      .meta({ description: 'With `include=test` alone.' }),
  })
  .meta({ id: 'Report' });

const SUMMARY_COUNTS = z.strictObject({ total: count, unique: count, rate: RATE });

export const SUMMARY: z.ZodType<MessageSummary> = z
  .strictObject({
    ...{ id: z.string(), name: text, firstSentAt: time, sent: count },
    ...{ opens: SUMMARY_COUNTS, clicks: SUMMARY_COUNTS },
  })
  .meta({ id: 'MessageSummary' });

/** What a sender said of a message. */
export const DESCRIBED: z.ZodType = z.strictObject({ id: z.string(), name: text, cost: COST.nullable() });

const HITS_AT: z.ZodType<HitsAt> = z.strictObject({ total: count, people: count, byLabel: byLabel(count) });

export const TIMELINE: z.ZodType<Timeline> = z
  .strictObject({
    message: z.string(),
    tz: z.string(),
    firstSentAt: time,
    points: z.array(
      z.strictObject({
        start: z.iso.datetime({ offset: true }),
        unit: z.enum(['hour', 'day']),
        opens: HITS_AT,
        clicks: HITS_AT,
        conversions: z.strictObject({ ...SUM, unverified: UNVERIFIED }).exactOptional(),
      }),
    ),
    isCut: z.boolean().meta({ description: 'Whether there are hits behind the last point.' }),
  })
  .meta({ id: 'Timeline' });

const COMPARED = z.strictObject({
  ...{ id: z.string(), name: text, firstSentAt: time, sent: count },
  rates: z.strictObject({ open: RATE.extend({ estimated: ESTIMATE }), click: RATE }),
  conversions: CONVERSIONS,
  cost: COST.nullable(),
});

const DIFFERENCE: z.ZodType<Difference> = z.strictObject({
  ...{ value: anyNumber, low: anyNumber, high: anyNumber, level: z.number() },
});

export const COMPARISON: z.ZodType<Comparison> = z
  .strictObject({
    a: COMPARED,
    b: COMPARED,
    difference: z.strictObject({ open: DIFFERENCE, click: DIFFERENCE }),
    warnings: z.array(WARNING),
  })
  .meta({ id: 'Comparison' });

const RECIPIENT_HITS: z.ZodType<RecipientHits> = z.strictObject({
  ...{ total: count, people: count, byLabel: byLabel(count), firstAt: time, lastAt: time },
});

const STATES = { sentAt: time, opens: RECIPIENT_HITS, clicks: RECIPIENT_HITS, unsubscribedAt: time };

export const RECIPIENT: z.ZodType<RecipientRow> = z
  .strictObject({ recipient: z.string(), domain: text, ...STATES })
  .meta({ id: 'Recipient' });

/** Whom an audience has. */
export const AUDIENCE: z.ZodType<AudienceRow> = z.strictObject({ recipient: z.string() }).meta({ id: 'AudienceRow' });

const HISTORY_ROW: z.ZodType<HistoryRow> = z.strictObject({ message: z.string(), name: text, ...STATES });

export const HISTORY: z.ZodType<RecipientHistory> = z
  .strictObject({ recipient: z.string(), items: z.array(HISTORY_ROW), next: text })
  .meta({ id: 'RecipientHistory' });

export const EVENT: z.ZodType<EventRow> = z
  .strictObject({
    ...{ id: z.string(), message: z.string(), recipient: text, event: z.enum(HIT_KINDS), at: z.iso.datetime() },
    ...{ link: count.nullable(), destination: text, label: z.enum(LABELS), confidence: z.number().min(0).max(1) },
    ...{ reasons: z.array(z.string()), rulesVersion: z.string(), client: text, device: z.enum(DEVICES).nullable() },
    ...{ network: z.enum(NETWORK_KINDS), method: text, repeat: z.boolean(), test: z.boolean() },
  })
  .meta({ id: 'Event' });

const LEVEL = z.enum(CONSENT_LEVELS);

/** All that is stored of a recipient. */
export const EXPORT: z.ZodType<RecipientExport> = z
  .strictObject({
    recipient: z.string(),
    erased: z.boolean(),
    consent: z.strictObject({ opens: LEVEL, clicks: LEVEL }).nullable(),
    consents: z.array(
      z.strictObject({
        ...{ opens: LEVEL, clicks: LEVEL, purpose: z.string(), source: z.string(), by: z.string() },
        ...{ at: z.iso.datetime(), recordedAt: z.iso.datetime() },
      }),
    ),
    suppression: z.strictObject({ reason: z.enum(SUPPRESSION_REASONS), source: text, at: z.iso.datetime() }).nullable(),
    conversions: z.array(
      z.strictObject({
        ...{ order: z.string(), at: z.iso.datetime(), proof: z.enum(PROOFS), message: text, link: count.nullable() },
        ...{ clickedAt: time, value: COST.nullable(), refunded: COST.nullable(), test: z.boolean() },
      }),
    ),
    notices: z.array(z.unknown()),
    messages: z.array(
      z.strictObject({
        message: text,
        name: text,
        send: z.strictObject({ at: z.iso.datetime(), domain: text, opens: LEVEL, clicks: LEVEL }).nullable(),
        handOver: z
          .strictObject({
            state: z.enum(['begun', 'sent', 'refused', 'deferred', 'doubtful']),
            at: z.iso.datetime(),
            reply: count.nullable(),
          })
          .nullable(),
        delivery: z
          .strictObject({
            ...{ state: z.enum(['delivered', 'bounced', 'deferred', 'unknown']), at: time, complainedAt: time },
          })
          .nullable(),
        opens: RECIPIENT_HITS,
        clicks: RECIPIENT_HITS,
        links: z.array(z.strictObject({ index: count, destination: z.string(), total: count, people: count })),
        unsubscribedAt: time,
        events: z.array(
          z.strictObject({
            ...{ id: z.string(), event: z.enum(HIT_KINDS), at: z.iso.datetime(), link: count.nullable() },
            ...{ destination: text, label: z.enum(LABELS), confidence: z.number().min(0).max(1) },
            ...{ reasons: z.array(z.string()), rulesVersion: z.string(), userAgent: text, method: text },
            ...{ network: z.enum(NETWORK_KINDS), host: text, peer: text, repeat: z.boolean(), test: z.boolean() },
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'RecipientExport' });

const RECORDED_COUNTS = {
  accepted: count,
  duplicate: count,
  rejected: z.array(z.strictObject({ line: count, reason: z.string() })),
};

/** What became of a list of sends. */
export const RECORDED: z.ZodType = z.strictObject(RECORDED_COUNTS);

/** What became of a list of conversions. */
export const CONVERSIONS_RECORDED: z.ZodType = z.strictObject({
  ...RECORDED_COUNTS,
  unattributed: count.exactOptional().meta({
    description: 'Of those accepted, how many no click is known of: they are in no report until there is one.',
  }),
});

/** The name of a set of short links. */
export const LINK_SET: z.ZodType = z.strictObject({
  set: z.string().nullable().meta({ description: 'The short name; null where only names were recorded.' }),
});

const REVOCABLE = z.union([
  z.strictObject({ kind: z.literal('message'), message: z.string() }),
  z.strictObject({ kind: z.literal('link'), message: z.string(), index: z.int() }),
  z.strictObject({ kind: z.literal('host'), host: z.string() }),
]);

/** A piece of the sequence of control changes. */
export const CONTROL_PAGE: z.ZodType = z
  .strictObject({
    log: z.string().meta({ description: 'Names the sequence; another database has another.' }),
    tombstoneKey: z
      .string()
      .regex(/^[\w-]{43}$/)
      .meta({
        description:
          '32 bytes, base64url: HMAC-SHA-256 of an id under it, cut to 16 bytes, is the tombstone of who is erased.',
      }),
    last: z.int().meta({ description: 'The place of the last change of all.' }),
    changes: z.array(
      z.strictObject({
        seq: z.int(),
        change: z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('revoked'), of: REVOCABLE }),
          z.strictObject({ kind: z.literal('restored'), of: REVOCABLE }),
          z.strictObject({
            kind: z.literal('destination'),
            message: z.string(),
            index: z.int(),
            destination: z.string(),
          }),
          z.strictObject({
            ...{ kind: z.literal('short-links'), message: z.string(), set: z.string() },
            links: z.array(z.strictObject({ index: z.int(), destination: z.string() })),
          }),
          z.strictObject({
            ...{ kind: z.literal('consent'), recipient: z.string() },
            consent: z.strictObject({ opens: z.enum(CONSENT_LEVELS), clicks: z.enum(CONSENT_LEVELS) }),
          }),
          z.strictObject({ kind: z.literal('erased'), tombstone: z.string() }),
        ]),
      }),
    ),
  })
  .meta({ id: 'ControlPage' });

/** A revocation, in force or undone. */
export const REVOCATION: z.ZodType<Revoked> = z
  .strictObject({
    kind: z.enum(['message', 'link', 'host']),
    message: z.string().exactOptional(),
    index: count.exactOptional(),
    host: z.string().exactOptional(),
    revokedAt: z.iso.datetime(),
    revokedBy: z.string(),
    restoredAt: time,
    restoredBy: text,
  })
  .meta({ id: 'Revocation' });

/** A revocation as it is answered: what is revoked, and by whom. */
export interface Revoked {
  readonly kind: 'message' | 'link' | 'host';
  readonly message?: string;
  readonly index?: number;
  readonly host?: string;
  readonly revokedAt: string;
  readonly revokedBy: string;
  readonly restoredAt: string | null;
  readonly restoredBy: string | null;
}

/** RFC 9457. */
export const PROBLEM: z.ZodType = z
  .strictObject({ type: z.string(), title: z.string(), status: z.int(), detail: z.string() })
  .meta({ id: 'Problem' });

/** A recipient's consent, and the record of it, newest first. */
export interface Consents {
  readonly recipient: string;
  /** What is in force; null when nothing was ever said. */
  readonly consent: Consent | null;
  readonly items: readonly (Consent & Readonly<Record<'purpose' | 'source' | 'by' | 'at' | 'recordedAt', string>>)[];
  /** Where what was told is not in force. */
  readonly note?: string;
}

export const CONSENTS: z.ZodType<Consents> = z.strictObject({
  recipient: z.string(),
  consent: z.strictObject({ opens: LEVEL, clicks: LEVEL }).nullable(),
  items: z.array(
    z.strictObject({
      ...{ opens: LEVEL, clicks: LEVEL, purpose: z.string(), source: z.string(), by: z.string() },
      ...{ at: z.iso.datetime(), recordedAt: z.iso.datetime() },
    }),
  ),
  note: z.string().exactOptional().meta({
    description: 'Where what was told is of an earlier time than what is on record, so that it changes nothing.',
  }),
});
