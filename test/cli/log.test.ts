import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { makeLog } from '../../src/cli/log.ts';

function listen(isTTY: boolean) {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const io: Io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: {}, cwd: '/' };
  return { io, said: () => String(stderr.read() ?? '') };
}

const request = { method: 'GET', route: '/api/v1/messages/:id', status: 200, ms: 3 };

it('says sentences to a person, and spares them each request', () => {
  const { io, said } = listen(true);
  const log = makeLog(io, { json: false, quiet: false });
  log.info('Keys read again.');
  log.info('API request', request);
  log.problem(new Error('the disk is full'));
  expect(said()).toBe('Keys read again.\nproblem: the disk is full\n');
});

it.each([
  [false, false],
  [true, true],
])('writes JSON lines to whatever else reads, and on request', (isTTY, json) => {
  const { io, said } = listen(isTTY);
  const log = makeLog(io, { json, quiet: false });
  log.info('API request', request);
  log.problem(new Error('a\n{"level":"error"}\u001b[31m'), 'settling');
  const lines = said().trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 30, msg: 'API request', ...request });
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ level: 40, msg: 'settling: a\n{"level":"error"}\u001b[31m' });
  expect(lines[1]).not.toContain('\u001b');
});

it('says only what needs attention when it should be quiet', () => {
  for (const isTTY of [true, false]) {
    const { io, said } = listen(isTTY);
    const log = makeLog(io, { json: false, quiet: true });
    log.info('Keys read again.');
    log.problem(new Error('the disk is full'));
    expect(said().trimEnd().split('\n')).toHaveLength(1);
  }
});
