// Everything `telltale/nodemailer` exports.

export { openRelay, type Relay, type RelayOptions } from '../relay/open-relay.ts';
export type { HeaderProvider, PreparedHeader } from './delivery-headers.ts';
export { deliveryHeaders } from './delivery-headers.ts';
export type { ServerAway } from './patience.ts';
export type { MailRecipient } from './read-recipient.ts';
export type { MailTracking } from './read-tracking.ts';
export type { MailRecipients } from './recipient-rows.ts';
export { sendAll } from './send-all.ts';
export type { SendAllOptions } from './send-options.ts';
export type { SendReason, SendResult } from './send-result.ts';
export type { TrackingCounts, TrackingPlugin, TrackingPluginOptions } from './tracking-plugin.ts';
export { trackingPlugin } from './tracking-plugin.ts';
