// A sender that is killed, again and again, while it mails one list: nobody gets two mails, and who is left out without a
// word of doubt is nobody.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seededChance } from '../../src/stats/random.ts';
import { run, start } from '../support/command.ts';
import { startScripted } from '../support/smtp-script.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const KILLS = 30;
const RECIPIENTS = 1_200;
const SEED = Number(process.env['SEED'] ?? 7);

it(`sends nobody two mails and misses nobody beyond its doubts, killed ${KILLS} times (seed ${SEED})`, {
  timeout: 240_000,
}, async () => {
  const cwd = temporaryDirectory();
  const chance = seededChance(SEED);
  let kill: (() => void) | undefined;
  let untilKill = 0;
  const server = await startScripted(() => {
    untilKill -= 1;
    if (untilKill === 0) setTimeout(() => kill?.(), chance() * 5);
    return 'take';
  });
  await writeFile(join(cwd, 'mail.html'), '<p>Hello {{ name }}</p>');
  const rows = Array.from({ length: RECIPIENTS }, (_, n) => `r${n},r${n}@example.com,N${n}`);
  await writeFile(join(cwd, 'list.csv'), `recipient,email,name\n${rows.join('\n')}\n`);
  const env = {
    TELLTALE_SMTP: `smtp://127.0.0.1:${server.port}?ignoreTLS=true`,
    TELLTALE_BASE_URL: 'https://t.example.com',
  };
  const args = [
    ...['send', '--html', 'mail.html', '--subject', 'Hi', '--from', 'us@example.com', '--message', 'm'],
    ...['--recipients', 'list.csv', '--yes', '--json'],
  ];
  let killed = 0;
  while (killed < KILLS) {
    const child = start(args, { cwd, env });
    child.stdout?.resume();
    child.stderr?.resume();
    untilKill = 1 + Math.floor(chance() * 30);
    kill = () => child.kill('SIGKILL');
    const [, signal] = await once(child, 'exit');
    if (signal !== 'SIGKILL') break;
    killed += 1;
  }
  expect(killed).toBe(KILLS);
  kill = undefined;
  const last = await run(args, { cwd, env });
  const results = last.stdout
    .trim()
    .split('\n')
    .map((line): { readonly recipient: string; readonly email: string; readonly reason: string | null } =>
      JSON.parse(line),
    );
  expect(results).toHaveLength(RECIPIENTS);
  const copies = new Map<string, number>();
  for (const { to } of server.taken) copies.set(to, (copies.get(to) ?? 0) + 1);
  expect([...copies.values()].filter((count) => count > 1)).toEqual([]);
  const doubts = results.filter(({ reason }) => reason === 'interrupted');
  const missed = results.filter(({ email, reason }) => !copies.has(email) && reason !== 'interrupted');
  expect(missed).toEqual([]);
  // What is begun ahead of five connections, at most, each time.
  expect(doubts.length).toBeLessThanOrEqual(KILLS * (5 + 16));
  expect(last.status).toBe(doubts.length === 0 ? 0 : 3);
});
