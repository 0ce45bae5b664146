// Everything `telltale/nodemailer` exports.

export type { MailTracking } from './read-tracking.ts';
export type { TrackingCounts, TrackingPlugin, TrackingPluginOptions } from './tracking-plugin.ts';
export { trackingPlugin } from './tracking-plugin.ts';
