import { describe, expect, it } from 'vitest';
import { LETTER_FORMAT, LETTER_HEADERS, readLetter, writeLine } from '../../src/stream/letter.ts';
import { makeHit } from '../support/hits.ts';

const JOURNAL = '0b6f0c4e-2d51-4c0e-9a63-0f6c7a9b1d22#3';

function headersOf(of: Partial<Record<keyof typeof LETTER_HEADERS, string>>) {
  const all = { format: LETTER_FORMAT, journal: JOURNAL, after: '3', through: '9', ...of };
  const named = new Map(Object.entries(all).map(([key, value]) => [LETTER_HEADERS[key as keyof typeof all], value]));
  return (name: string) => named.get(name as never) ?? '';
}

describe('a message of the stream', () => {
  it('gives back its hits with their places', () => {
    const entries = [4, 9].map((seq) => ({ seq, hit: makeHit({ recipient: 'line\nbreak \u2028' }) }));
    const read = readLetter(headersOf({}), entries.map(writeLine).join('\n'));
    expect(read).toMatchObject({ kind: 'letter', place: { journal: JOURNAL, after: 3, through: 9 }, entries });
  });

  it('has its places though no hit of it can be read', () => {
    const read = readLetter(headersOf({}), '4 [nothing\nat all');
    expect(read).toMatchObject({
      kind: 'letter',
      place: { through: 9 },
      entries: [
        { seq: 4, hit: null, text: '[nothing' },
        { seq: 9, hit: null, text: 'at all' },
      ],
    });
  });

  it.each([{ journal: 'x' }, { after: '9' }, { through: '-1' }, { format: '' }, { after: 'x' }])(
    'is nobody’s with %j',
    (of) => {
      expect(readLetter(headersOf(of), '')).toEqual({ kind: 'unreadable' });
    },
  );

  it('of a later format is left to a later Telltale', () => {
    expect(readLetter(headersOf({ format: '2' }), '')).toEqual({ kind: 'newer', format: '2' });
  });
});
