// `telltale suppressions` and `telltale export` as a person runs them.
import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('telltale suppressions', () => {
  it('adds, lists and removes', async () => {
    const cwd = temporaryDirectory();
    const added = await run(['suppressions', 'add', 'r1', 'r2', '--reason', 'complaint', '--source', 'a call'], {
      cwd,
    });
    expect([added.status, added.stderr]).toEqual([0, expect.stringContaining('2 of 2')]);
    const { stdout } = await run(['suppressions', 'list'], { cwd });
    const [head, ...rows] = stdout.trim().split('\n');
    expect(head).toBe('recipient\treason\tsince\tsource');
    expect(rows.sort()).toEqual(['r1', 'r2'].map((id) => expect.stringMatching(`^${id}\tcomplaint\t[^\t]*Z\ta call$`)));
    const lines = (await run(['suppressions', 'list', '--json'], { cwd })).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).reason)).toEqual(['complaint', 'complaint']);
    expect((await run(['suppressions', 'remove', 'r1'], { cwd })).status).toBe(0);
    expect((await run(['suppressions', 'remove', 'r1'], { cwd })).status).toBe(1);
    expect((await run(['suppressions', 'list'], { cwd })).stdout).not.toContain('r1');
  });

  it('says who got no mail already, and who is erased', async () => {
    const cwd = temporaryDirectory();
    await run(['suppressions', 'add', 'r1'], { cwd });
    expect((await run(['erase', '--recipient', 'r2'], { cwd })).status).toBe(0);
    const { stderr } = await run(['suppressions', 'add', 'r1', 'r2', 'r3'], { cwd });
    expect(stderr).toBe(
      '1 of 3 get no more mail from now on. 1 got none already. 1 are erased: nothing is kept of them, and sending skips them anyhow.\n',
    );
  });

  it('is in what is exported of a recipient', async () => {
    const cwd = temporaryDirectory();
    await run(['suppressions', 'add', 'r1'], { cwd });
    const { status, stdout } = await run(['export', '--recipient', 'r1', '--json'], { cwd });
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { recipient: 'r1', suppression: { reason: 'manual' } }]);
    const unknown = await run(['export', '--recipient', 'nobody'], { cwd });
    expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining('Nothing is stored')]);
  });
});
