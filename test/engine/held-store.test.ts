import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holdStore } from '../../src/engine/held-store.ts';
import type { Store } from '../../src/store/open-store.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A file and who holds it; `during` is what happens to the file while a method runs, the first time and the second. */
function hold(...during: readonly ((path: string) => void)[]) {
  const path = join(temporaryDirectory(), 'telltale.db');
  const ran: number[] = [];
  let opened = 0;
  let reopened = 0;
  const held = holdStore({
    async open() {
      opened += 1;
      const mine = opened;
      writeFileSync(path, '', { flag: 'a' });
      const settledThrough = async () => {
        during[ran.length]?.(path);
        ran.push(mine);
        return mine;
      };
      return { url: `sqlite:${path}`, settledThrough, close: async () => undefined } as unknown as Store;
    },
    onReopen() {
      reopened += 1;
    },
  });
  return { held, ran, reopened: () => reopened };
}

const remove = (path: string) => rmSync(path);
const replace = (path: string) => {
  writeFileSync(`${path}.new`, '');
  renameSync(`${path}.new`, path);
};

describe('a store that is held open', () => {
  it('is opened once, and runs a method once, while its file stays', async () => {
    const { held, ran, reopened } = hold();
    expect([await held.run('settledThrough', ['j']), await held.run('settledThrough', ['j'])]).toEqual([1, 1]);
    expect([ran, reopened()]).toEqual([[1, 1], 0]);
  });

  it.each([
    ['removed', remove],
    ['replaced', replace],
  ])('runs a method again in the file that is there when its own was %s meanwhile', async (_, change) => {
    const { held, ran, reopened } = hold(change);
    expect(await held.run('settledThrough', ['j'])).toBe(2);
    expect([ran, reopened()]).toEqual([[1, 2], 1]);
  });

  it('fails a method whose file is gone each time that it has run', async () => {
    const { held, ran } = hold(remove, replace, remove);
    await expect(held.run('settledThrough', ['j'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(ran).toEqual([1, 2, 3]);
    expect(await held.run('settledThrough', ['j'])).toBe(4);
  });
});
