import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import { openLine } from '../../src/base/thread-line.ts';

function openEnds() {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  return [port1, port2] as const;
}

describe('a line', () => {
  it('brings each side the answers of the other to what it asked', async () => {
    const [here, there] = openEnds();
    const one = openLine<number, string>(here, (text) => text.toUpperCase());
    const other = openLine<string, number>(there, async (number) => number * 2);
    expect(await Promise.all([one.ask(1), other.ask('a'), one.ask(2), other.ask('b')])).toEqual([2, 'A', 4, 'B']);
  });

  it('brings an error of ours as one, with its code, and any other with its message and code', async () => {
    const [here, there] = openEnds();
    const line = openLine<string, never>(here, () => undefined);
    openLine<never, string>(there, (what) => {
      if (what === 'ours') throw new TelltaleError('UNKNOWN_TOKEN', 'There is no such token.');
      throw Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' });
    });
    const ours = await line.ask('ours').catch((error: unknown) => error);
    expect(ours).toBeInstanceOf(TelltaleError);
    expect(ours).toMatchObject({ code: 'UNKNOWN_TOKEN', message: 'There is no such token.' });
    await expect(line.ask('other')).rejects.toMatchObject({ code: 'SQLITE_BUSY', message: 'locked' });
  });

  it('fails what waits and what comes once it was hung up', async () => {
    const [here] = openEnds();
    const line = openLine<string, never>(here, () => undefined);
    const waiting = line.ask('anything');
    line.hangUp(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(line.ask('more')).rejects.toThrow('gone');
  });
});
