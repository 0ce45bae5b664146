// Other ways to give a mail tracked links, each written as its own documentation shows it, under one interface.
import { load } from 'cheerio';
import { HTMLRewriter } from 'html-rewriter-wasm';
import { sendMail } from 'nodemailer-mail-tracking';
import { RewritingStream } from 'parse5-html-rewriting-stream';
import { openHitToken } from '../src/token/hit-token.ts';
import { openLinkToken } from '../src/token/link-token.ts';
import type { Tracker } from '../src/track/create-tracker.ts';

export const BASE_URL = 'https://track.example.com';

export interface Peer {
  readonly name: string;
  readonly rewrite: (html: string) => string | Promise<string>;
  /** Where a tracked URL of this peer leads; nothing when it leads nowhere. */
  readonly destinationOf: (trackedUrl: string) => string | undefined;
}

/** All of them, ours first. */
export function makePeers(tracker: Tracker): readonly Peer[] {
  return [
    {
      name: 'telltale',
      rewrite: (html) => tracker.rewrite(html, { message: 'bench', recipient: 'r00001' }).html,
      destinationOf: (url) => ourDestination(tracker, url),
    },
    { name: 'cheerio', rewrite: withCheerio, destinationOf: carriedDestination },
    { name: 'nodemailer-mail-tracking', rewrite: withMailTracking, destinationOf: jwtDestination },
    { name: 'html-rewriter-wasm', rewrite: withHtmlRewriter, destinationOf: carriedDestination },
    { name: 'parse5-html-rewriting-stream', rewrite: withRewritingStream, destinationOf: carriedDestination },
    { name: 'a regular expression', rewrite: withRegularExpression, destinationOf: carriedDestination },
  ];
}

/** A tracked URL that carries its destination, so that a result can be read back. */
function trackedUrl(destination: string): string {
  return `${BASE_URL}/c/${Buffer.from(destination).toString('hex')}`;
}

function carriedDestination(url: string): string {
  return Buffer.from(url.slice(`${BASE_URL}/c/`.length), 'hex').toString();
}

function ourDestination(tracker: Tracker, url: string): string | undefined {
  const [, token = '', link = ''] = /\/c\/([a-z2-7]+)\/([a-z2-7]+)$/.exec(url) ?? [];
  const opened = openHitToken(tracker.keys, token);
  const found = opened.ok ? openLinkToken(opened.key, opened.token.message, link) : undefined;
  return found?.ok ? found.link.destination : undefined;
}

function jwtDestination(url: string): string | undefined {
  const payload = /\/link\/[^.]+\.([^.]+)\./.exec(url)?.[1];
  return payload && JSON.parse(Buffer.from(payload, 'base64url').toString()).link;
}

const PIXEL = `<img src="${BASE_URL}/o/1.gif" width="1" height="1" alt="">`;

/** What most rewriters do for each recipient. */
export function withCheerio(html: string): string {
  const $ = load(html);
  $('a[href]').each((_, element) => {
    const href = $(element).attr('href') ?? '';
    if (/^https?:/i.test(href)) $(element).attr('href', trackedUrl(href));
  });
  $('body').append(PIXEL);
  return $.html();
}

/** It offers only a whole sendMail; this transporter hands back what it is given. */
async function withMailTracking(html: string): Promise<string> {
  let sent = '';
  const transporter = {
    sendMail: async (mail: { readonly html: string }) => {
      sent = mail.html;
    },
  };
  const options = { baseUrl: BASE_URL, jwtSecret: 'secret', getData: (data: object) => data };
  await sendMail(options, transporter as never, { to: 'r@example.com', html });
  return sent;
}

async function withHtmlRewriter(html: string): Promise<string> {
  const decoder = new TextDecoder();
  let out = '';
  const rewriter = new HTMLRewriter((chunk) => {
    out += decoder.decode(chunk, { stream: true });
  });
  rewriter.on('a[href]', {
    element(element) {
      const href = element.getAttribute('href') ?? '';
      if (/^https?:/i.test(href)) element.setAttribute('href', trackedUrl(decodeAmpersands(href)));
    },
  });
  rewriter.on('body', {
    element(element) {
      element.append(PIXEL, { html: true });
    },
  });
  try {
    await rewriter.write(new TextEncoder().encode(html));
    await rewriter.end();
    return out;
  } finally {
    rewriter.free();
  }
}

function withRewritingStream(html: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = new RewritingStream();
    let out = '';
    stream.on('startTag', (tag, raw) => {
      const href = tag.tagName === 'a' ? tag.attrs.find((attribute) => attribute.name === 'href') : undefined;
      if (href === undefined || !/^https?:/i.test(href.value)) {
        stream.emitRaw(raw);
      } else {
        href.value = trackedUrl(href.value);
        stream.emitStartTag(tag);
      }
      if (tag.tagName === 'body') stream.emitRaw(PIXEL);
    });
    stream.on('data', (chunk) => {
      out += chunk;
    });
    stream.on('end', () => resolve(out));
    stream.on('error', reject);
    stream.end(html);
  });
}

function withRegularExpression(html: string): string {
  return html
    .replace(/(<a\s[^>]*href=)(["'])(https?:\/\/.*?)\2/gi, (_, before, quote, href) => {
      return `${before}${quote}${trackedUrl(decodeAmpersands(href))}${quote}`;
    })
    .replace(/<\/body>/i, `${PIXEL}</body>`);
}

/** These two hand out addresses as they stand in the source; who uses them has to decode them. */
function decodeAmpersands(href: string): string {
  return href.replaceAll('&amp;', '&');
}
