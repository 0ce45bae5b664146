// Reads a web server's access log, in the common or the combined format, as hits. Tracked URLs say which mail a hit
// belongs to and which link; an image of any other path is an open, everything else a click, each judged by itself.
import ipaddr from 'ipaddr.js';
import { quote } from '../base/ids.ts';
import type { ClassifyHit } from '../classify/read-signals.ts';
import type { ReadLine } from './read-hit-line.ts';

/** `%h %l %u [%t] "%r" %>s %b`, and `"%{Referer}i" "%{User-agent}i"` in the combined format. */
const LINE =
  /^(\S+) \S+ (?:\S+|"(?:[^"\\]|\\.)*") \[([^\]]*)\] "((?:[^"\\]|\\.)*)" \d{3} (?:\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?/;
const TIME = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Makes a reader for the lines of one log: it numbers the links of its URLs as they come. */
export function makeLogReader(): (text: string, line: number) => ReadLine {
  const links = new Map<string, number>();
  const indexOf = (link: string) => {
    const known = links.get(link) ?? links.size;
    links.set(link, known);
    return known;
  };

  return (text, line) => {
    const match = LINE.exec(text);
    if (match === null)
      return { problem: `expected a line of the common or combined log format, but ${quote(text.slice(0, 80))} came` };
    const [, address = '', time = '', request = '', referer = '', agent = ''] = match;
    const atMs = timeOf(time);
    if (atMs === undefined) return { problem: `time: expected [10/Oct/2026:13:55:36 +0200], but ${quote(time)} came` };
    const [method = '', target = ''] = request.split(' ');
    if (!/^[A-Z]+$/i.test(method) || target === '')
      return { problem: `request: expected "GET /path HTTP/1.1", but ${quote(request.slice(0, 80))} came` };
    const headers = { 'user-agent': plain(agent), referer: plain(referer) };
    const ip = ipaddr.isValid(address) ? address : null;
    return { hit: { id: `line-${line}`, method, atMs, ip, headers, ...eventOf(target, indexOf) } };
  };
}

function timeOf(text: string): number | undefined {
  const [, day, month = '', year, clock, hours, minutes] = TIME.exec(text) ?? [];
  const number = MONTHS.indexOf(month) + 1;
  const atMs = Date.parse(`${year}-${String(number).padStart(2, '0')}-${day}T${clock}${hours}:${minutes}`);
  return number > 0 && Number.isFinite(atMs) ? atMs : undefined;
}

type Event = Pick<ClassifyHit, 'event' | 'message' | 'recipient' | 'link'>;

/** R stands for a mail to a recipient: nothing needs to be opened to see which hits belong together. */
function eventOf(target: string, indexOf: (link: string) => number): Event {
  const path = target.replace(/[?#].*$/, '').toLowerCase();
  const open = /\/o\/([a-z2-7]+)\.gif$/.exec(path);
  if (open !== null) return { event: 'open', message: 'log', recipient: open[1], link: null };
  const click = /\/c\/([a-z2-7]+)\/([a-z2-7]+)$/.exec(path);
  if (click !== null) return { event: 'click', message: 'log', recipient: click[1], link: indexOf(click[2] ?? '') };
  if (/\/[up]\/[a-z2-7]+$/.test(path)) return { event: 'unsubscribe' };
  return { event: /\.(?:gif|png|jpe?g|webp|svg|bmp)$/.test(path) ? 'open' : 'click' };
}

/** Servers write a quote as `\"`, a backslash as `\\`, and `-` for what did not come. */
function plain(text: string): string {
  return text === '-' ? '' : text.replace(/\\(["\\])/g, '$1');
}
