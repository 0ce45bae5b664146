import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { NO_TEXT } from '../../src/store/tables.ts';
import { run } from '../support/command.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { changeFile, openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const RULES = [{ id: 'our-monitor', label: 'scanner', userAgent: 'acmewatch' }];
const MONITOR = { ...CLIENTS.reader, headers: { ...CLIENTS.reader.headers, 'user-agent': 'Opera/9 AcmeWatch' } };

async function settled() {
  const at = await openTestStore();
  const hits = [
    ...[0, 1, 2].map((n) => makeHit({ recipient: `r${n}`, from: MONITOR })),
    makeHit({ recipient: 'r0', from: MONITOR, link: makeLink() }),
    makeHit({ recipient: 'r1', from: CLIENTS.reader }),
    makeHit({ recipient: 'r3', from: CLIENTS.proxy }),
    makeHit({ recipient: 'r4', from: MONITOR, test: true }),
    makeHit({ recipient: 'r1', from: MONITOR, peer: '00000000000000aa', link: makeLink({ honeypot: true, index: 2 }) }),
    makeHit({ recipient: 'r1', peer: '00000000000000aa', link: makeLink(), atMs: startMs + 60_000 }),
  ];
  await settleHits(at.store, hits);
  await writeFile(join(at.directory, 'telltale.config.json'), JSON.stringify({ rules: RULES }));
  const relabel = (...args: readonly string[]) =>
    run(['relabel', '--database', `sqlite:${at.path}`, ...args], { cwd: at.directory });
  return { ...at, relabel };
}

function labelsIn(path: string) {
  return rowsOf(
    path,
    `SELECT v.reasons, COUNT(*) AS hits FROM events e JOIN verdicts v ON v.key = e.verdict_key GROUP BY v.reasons ORDER BY 1`,
  );
}

describe('telltale relabel', () => {
  it('says in a dry run what would change, and changes nothing', async () => {
    const { path, store, relabel } = await settled();
    const before = [labelsIn(path), await buildReport(store, { message: 'spring-sale' })];
    const ran = await relabel('--dry-run');
    expect(ran).toMatchObject({ status: 0, stdout: 'was\twould be\thits\nhuman\tscanner\t5\n' });
    expect(ran.stderr).toContain('5 of 9 hits would change; nothing was written.');
    expect([labelsIn(path), await buildReport(store, { message: 'spring-sale' })]).toEqual(before);
  });

  it('judges anew by the rules of now, and all counts follow', async () => {
    const { path, store, relabel } = await settled();
    expect(await relabel('--json')).toMatchObject({
      status: 0,
      stdout: `${JSON.stringify({ dryRun: false, looked: 9, bare: 0, changed: [{ from: 'human', to: 'scanner', events: 5 }] })}\n`,
    });
    expect(labelsIn(path)).toEqual([
      { reasons: 'browser-open language', hits: 1 },
      { reasons: 'google-proxy', hits: 1 },
      { reasons: 'honeypot-company language', hits: 1 },
      { reasons: 'our-monitor', hits: 6 },
    ]);
    const { opens, clicks, links } = await buildReport(store, { message: 'spring-sale' });
    expect(opens).toMatchObject({ total: 5, unique: 4 });
    expect(opens.byLabel).toMatchObject({
      human: { total: 1, unique: 1 },
      'proxy-human': { total: 1, unique: 1 },
      scanner: { total: 3, unique: 3 },
    });
    expect(clicks.byLabel).toMatchObject({ human: { total: 0, unique: 0 }, scanner: { total: 3, unique: 2 } });
    expect(links.map((link) => link.clicks)).toEqual([
      { total: 2, unique: 2, human: 0 },
      { total: 1, unique: 1, human: 0 },
    ]);
    expect((await relabel('--dry-run')).stderr).toContain('0 of 9 hits would change');
  });

  it('says of the hits around what follows from it, and the same in a dry run', async () => {
    const { path, directory, store } = await openTestStore();
    const of = { peer: '00000000000000aa', network: 'microsoft' } as const;
    await settleHits(store, [makeHit({ ...of, from: MONITOR, link: makeLink() }), makeHit(of)]);
    expect(labelsIn(path)).toEqual([
      { reasons: 'two-agents browser-open language microsoft-open', hits: 1 },
      { reasons: 'two-agents language microsoft-click', hits: 1 },
    ]);
    await writeFile(join(directory, 'telltale.config.json'), JSON.stringify({ rules: RULES }));
    const relabel = (...args: readonly string[]) =>
      run(['relabel', '--database', `sqlite:${path}`, '--json', ...args], { cwd: directory });
    const changed = [{ from: 'scanner', to: 'human', events: 1 }];
    expect(JSON.parse((await relabel('--dry-run')).stdout)).toMatchObject({ dryRun: true, changed });
    expect(JSON.parse((await relabel()).stdout)).toMatchObject({ dryRun: false, changed });
    expect(labelsIn(path)).toEqual([
      { reasons: 'browser-open language microsoft-open', hits: 1 },
      { reasons: 'our-monitor', hits: 1 },
    ]);
    expect((await buildReport(store, { message: 'spring-sale' })).opens.byLabel.human).toEqual({ total: 1, unique: 1 });
  });

  it('leaves the label of hits whose raw signals are gone', async () => {
    const { path, relabel, store } = await settled();
    // Retention takes them out of an event's own row.
    changeFile(path, `UPDATE events SET agent_key = ${NO_TEXT}, method_key = ${NO_TEXT}`);
    const before = [labelsIn(path), await buildReport(store, { message: 'spring-sale' })];
    const ran = await relabel();
    expect(ran.stderr).toContain('0 of 9 hits have another label now.');
    expect(ran.stderr).toContain('9 hits keep their label');
    expect([labelsIn(path), await buildReport(store, { message: 'spring-sale' })]).toEqual(before);
  });
});
