import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitMbox } from '../../src/deliveries/split-mbox.ts';

async function* inPieces(text: string, bytes: number): AsyncGenerator<Buffer> {
  const whole = Buffer.from(text);
  for (let at = 0; at < whole.length; at += bytes) yield whole.subarray(at, at + bytes);
}

async function split(text: string, bytes = 7, bytesMax = 100_000): Promise<readonly unknown[]> {
  const messages: unknown[] = [];
  for await (const one of splitMbox(inPieces(text, bytes), bytesMax))
    messages.push('raw' in one ? one.raw.toString() : one.bytes);
  return messages;
}

describe('an mbox', () => {
  it('is split at its From lines, and what was quoted is as it was, in whatever pieces it comes', async () => {
    const line = fc.constantFrom('From me', '>From me', '>>From me', 'Subject: x', '', 'x'.repeat(200), 'Fro', '>');
    const message = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => `${['A: b', ...lines].join('\n')}\n`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 300 }),
        async (all, bytes) => {
          const quoted = all.map(
            (one) => `From x@y Fri Jan  2 09:00:00 2026\n${one.replaceAll(/^(>*From )/gm, '>$1')}`,
          );
          expect(await split(quoted.join(''), bytes)).toEqual(all);
        },
      ),
    );
  });

  it('is one message when it is none', async () => {
    expect(await split('Subject: x\n\nFrom here\n>From there\nend')).toEqual([
      'Subject: x\n\nFrom here\n>From there\nend',
    ]);
    expect(await split('')).toEqual([]);
  });

  it('holds no more of a message than may be, and tells how long it is', async () => {
    expect(await split(`From a\n${'x'.repeat(500)}\nFrom b\nok\n`, 50, 100)).toEqual([501, 'ok\n']);
  });
});
