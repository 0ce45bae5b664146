// Everything `telltale` exports: values, then types. No server and no database is loaded from here.

export type { ErrorCode } from './base/errors.ts';
export { ERROR_CODES, TelltaleError } from './base/errors.ts';
export type { Consent, ConsentLevel, Label, NetworkKind, Verdict } from './base/nouns.ts';
export type { ClassifyOptions, HitVerdict, KnownNetworks } from './classify/classify.ts';
export type { Device, Usage } from './classify/mail-clients.ts';
export { usageOf } from './classify/mail-clients.ts';
export type { VerdictRule } from './classify/own-rules.ts';
export type { ClassifyHit } from './classify/read-signals.ts';
export type { PixelPlacement } from './html/find-pixel-places.ts';
export type { NetworkList } from './networks/network-list.ts';
export type { Networks } from './networks/prepare-networks.ts';
export { prepareNetworks } from './networks/prepare-networks.ts';
export { shippedNetworks } from './networks/shipped-lists.ts';
export type { HitCounts, Report, ReportDomain, ReportLink } from './report/build-report.ts';
export { buildReport } from './report/build-report.ts';
export type { ComparedMessage, Comparison, Difference } from './report/compare-messages.ts';
export { compareMessages } from './report/compare-messages.ts';
export type { EstimatedRate } from './report/estimated-rate.ts';
export type { MessageAudiences, ReportSource } from './report/report-source.ts';
export { classify } from './settle/classify-hits.ts';
export type { AudienceCell } from './stats/audience.ts';
export type { SealedValue } from './token/conversion-seal.ts';
export { sealConversion } from './token/conversion-seal.ts';
export type { KeyRing, KeyRingJson, RingKeyJson } from './token/key-ring.ts';
export { addKey, createKeyRing, readRing, revokeKey } from './token/key-ring.ts';
export type { MimeNote, MimeNoteCode } from './track/choose-bodies.ts';
export type { MailLink } from './track/compile-mail.ts';
export type { CompiledMail, MailEdits, RenderedMail, RenderOptions } from './track/compiled-mail.ts';
export type { CompileOptions, LinkForm, Tracker, TrackerOptions } from './track/create-tracker.ts';
export { createTracker } from './track/create-tracker.ts';
export type { MailNote, MailNoteCode } from './track/mail-notes.ts';
export type { ClickIdOption } from './track/read-click-id.ts';
export type { LinkToDecide, Policy, PolicyRule } from './track/read-policy.ts';
export type { UtmOptions } from './track/read-utm.ts';
export type {
  CompiledMime,
  CompileMimeOptions,
  MimeLink,
  RenderedMime,
  RewriteMimeOptions,
  RewrittenMime,
} from './track/rewrite-mime.ts';
export { compileMime, rewriteMime } from './track/rewrite-mime.ts';
export type { Send, SendStore, ShortLinkStore } from './track/send-queue.ts';
export type { Edit } from './track/template.ts';
