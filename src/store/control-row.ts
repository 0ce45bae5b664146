// A change of the control state as a row: what it is about (topic and subject), and what it says of that.
import type { ControlChange, LinkOfMessage } from '../base/control-change.ts';
import type { Consent } from '../base/nouns.ts';
import type { ControlTopic } from './tables.ts';

export interface ChangeRow {
  readonly topic: ControlTopic;
  readonly subject: string;
  readonly value: string;
}

type Subject = Pick<ChangeRow, 'topic' | 'subject'>;

export function toRow(change: ControlChange): ChangeRow {
  return { ...subjectOf(change), value: textOf(change) };
}

/** What a change is about: a later change of the same subject replaces it. */
export function subjectOf(change: ControlChange): Subject {
  switch (change.kind) {
    case 'revoked':
    case 'restored':
      if (change.of.kind === 'message') return { topic: 'message', subject: change.of.message };
      if (change.of.kind === 'host') return { topic: 'host', subject: change.of.host };
      return { topic: 'link', subject: linkSubject(change.of) };
    case 'destination':
      return { topic: 'destination', subject: linkSubject(change) };
    case 'short-links':
      return { topic: 'short-links', subject: `${change.set} ${change.message}` };
    case 'consent':
      return { topic: 'consent', subject: change.recipient };
    case 'erased':
      return { topic: 'erased', subject: change.tombstone };
  }
}
function textOf(change: ControlChange): string {
  switch (change.kind) {
    case 'revoked':
    case 'restored':
      return change.kind;
    case 'destination':
      return change.destination;
    case 'short-links':
      return JSON.stringify(
        change.links.map(({ index, destination, clickId }) =>
          clickId === undefined ? [index, destination] : [index, destination, clickId],
        ),
      );
    case 'consent':
      return `${change.consent.opens} ${change.consent.clicks}`;
    case 'erased':
      return '';
  }
}

/** Reads a row that {@link toRow} made. */
export function readChange({ topic, subject, value }: ChangeRow): ControlChange {
  const [head, rest] = cut(subject);
  switch (topic) {
    case 'message':
      return { kind: stateOf(value), of: { kind: 'message', message: subject } };
    case 'host':
      return { kind: stateOf(value), of: { kind: 'host', host: subject } };
    case 'link':
      return { kind: stateOf(value), of: { kind: 'link', message: rest, index: Number(head) } };
    case 'destination':
      return { kind: 'destination', message: rest, index: Number(head), destination: value };
    case 'short-links': {
      const links = (JSON.parse(value) as [number, string, string?][]).map(([index, destination, clickId]) => ({
        ...{ index, destination },
        ...(clickId !== undefined && { clickId }),
      }));
      return { kind: 'short-links', message: rest, set: head, links };
    }
    case 'consent': {
      const [opens, clicks] = cut(value) as [Consent['opens'], Consent['clicks']];
      return { kind: 'consent', recipient: subject, consent: { opens, clicks } };
    }
    case 'erased':
      return { kind: 'erased', tombstone: subject };
  }
}

function stateOf(value: string): 'revoked' | 'restored' {
  return value === 'revoked' ? 'revoked' : 'restored';
}

/** The index first: ids may hold blanks. */
function linkSubject({ message, index }: LinkOfMessage): string {
  return `${index} ${message}`;
}

function cut(text: string): [string, string] {
  const at = text.indexOf(' ');
  return [text.slice(0, at), text.slice(at + 1)];
}
