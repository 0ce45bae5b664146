// A DNS server of our own on the loopback, over UDP: it knows what a test tells it, says that there is nothing else, and
// stalls or fails where a test says so.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';
import { onTestFinished } from 'vitest';

/** Names of an address, addresses or texts of a name; or how the server behaves instead. */
export type DnsAnswers = Readonly<Record<string, readonly string[] | 'stall' | 'fail'>>;

export interface DnsServer {
  /** As resolvers take it: an address and a port. */
  readonly servers: string;
  /** What was asked for, in order: addresses and names. */
  readonly asked: readonly string[];
  /** How many of what was asked for got no answer. */
  stalled(): number;
}

const TYPES = { a: 1, ptr: 12, txt: 16, aaaa: 28 } as const;
const SERVFAIL = 2;
const NXDOMAIN = 3;

/** Starts the server; it is closed when the test has ended. */
export async function startDnsServer(answers: DnsAnswers): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  const stalled = new Set<string>();
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query);
    const subject = type === TYPES.ptr ? addressOf(name) : name;
    asked.push(subject);
    const found = answers[subject] ?? [];
    if (found === 'stall') return void stalled.add(subject);
    const records = found === 'fail' ? [] : found.flatMap((value) => recordOf(type, value));
    const code = found === 'fail' ? SERVFAIL : found.length === 0 ? NXDOMAIN : 0;
    socket.send(response(query.subarray(0, end), code, records), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return { servers: `127.0.0.1:${socket.address().port}`, asked, stalled: () => stalled.size };
}

function readQuestion(query: Buffer) {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The address in a name below in-addr.arpa or ip6.arpa. */
function addressOf(name: string): string {
  const parts = name.split('.').slice(0, -2).reverse();
  if (name.endsWith('.in-addr.arpa')) return parts.join('.');
  return ipaddr.parse(parts.join('').replace(/(.{4})(?!$)/g, '$1:')).toString();
}

function recordOf(type: number, value: string): readonly Buffer[] {
  const isAddress = ipaddr.isValid(value);
  if (type === TYPES.ptr) return [record(type, nameBytes(value))];
  if (type === TYPES.txt) return [record(type, textBytes(value))];
  if (!isAddress) return [];
  const address = ipaddr.parse(value);
  return (address.kind() === 'ipv4') === (type === TYPES.a) ? [record(type, Buffer.from(address.toByteArray()))] : [];
}

/** A record of the name that was asked for. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, 0]);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** In strings of at most 255 bytes. */
function textBytes(text: string): Buffer {
  const parts = text.match(/.{1,255}/gs) ?? [];
  return Buffer.concat(parts.flatMap((part) => [Buffer.from([part.length]), Buffer.from(part)]));
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function response(question: Buffer, code: number, records: readonly Buffer[]): Buffer {
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, question.subarray(12), ...records]);
}
