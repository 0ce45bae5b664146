// A checkout runs as it is, without a build: the loader reaches every process and every thread of the server.
import { expect, it, onTestFinished } from 'vitest';
import { ask } from '../support/service.ts';
import { startServing } from '../support/serving.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it.each([
  ['in one process', []],
  ['in several', ['--workers', '2']],
])('telltale serve runs from its TypeScript source, %s', async (_, args) => {
  const cwd = temporaryDirectory();
  const serving = await startServing(cwd, args, true);
  onTestFinished(() => void serving.child.kill('SIGKILL'));
  expect(serving.child.spawnargs.join(' ')).toContain('cli.ts');
  expect((await ask(serving.pixelOf('r1'))).status).toBe(200);
  serving.child.kill('SIGTERM');
  expect(await serving.ended()).toBe(0);
  expect(rowsOf(`${cwd}/telltale-data/telltale.db`, 'SELECT count(*) AS events FROM events')).toEqual([{ events: 1 }]);
});
