// The sample mails, and a tracker that is the same in every run.
import { readdirSync, readFileSync } from 'node:fs';
import { packageRoot } from '../../src/base/package-root.ts';
import { createTracker, type Tracker, type TrackerOptions } from '../../src/track/create-tracker.ts';
import { testRing } from './keys.ts';

const folder = new URL('templates/mail/', packageRoot);

/** The names of the sample mails. */
export const MAIL_NAMES: readonly string[] = readdirSync(folder).filter((name) => name.endsWith('.html'));

/** Reads a sample mail. */
export function readMail(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

/** Where the test tracker's collector would answer: 26 characters, as a sender's host has. */
export const BASE_URL = 'https://mail.tidewater.exa';

/** A tracker over {@link BASE_URL} and the test ring. */
export function testTracker(options: Partial<TrackerOptions> = {}): Tracker {
  return createTracker({ baseUrl: BASE_URL, keys: testRing(), ...options });
}

const TRACKED_URL = new RegExp(`${BASE_URL.replaceAll('.', '\\.')}/c/([a-z2-7]+)/([a-z2-7]+)`, 'g');

/** The tracked URLs of a rendered mail, in order, with R and L. */
export function trackedUrls(html: string): readonly { readonly url: string; readonly r: string; readonly l: string }[] {
  return [...html.matchAll(TRACKED_URL)].map(([url, r = '', l = '']) => ({ url, r, l }));
}

const PIXEL = new RegExp(`<img src="${BASE_URL.replaceAll('.', '\\.')}/o/([a-z2-7]+)\\.gif"[^<>]*>`, 'g');

/** R of each pixel of a rendered mail. */
export function pixelTokens(html: string): readonly string[] {
  return [...html.matchAll(PIXEL)].map(([, r = '']) => r);
}

/** A rendered mail with its pixels taken out and its tracked URLs replaced by `values`, in order. */
export function undo(html: string, values: readonly string[]): string {
  let at = 0;
  return html.replaceAll(PIXEL, '').replaceAll(TRACKED_URL, (url) => {
    const value = values[at] ?? url;
    at += 1;
    return value;
  });
}
