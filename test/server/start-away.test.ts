// A service that starts while its database is away, or loses it in the middle of starting.
import { describe, expect, it, onTestFinished } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import { openStore } from '../../src/store/open-store.ts';
import { readStreamSettings } from '../../src/stream/stream-settings.ts';
import { openGate } from '../support/gate.ts';
import { hasNats, startNats } from '../support/nats.ts';
import { hasPostgres } from '../support/postgres.ts';
import { ask, startTestService, urlIn } from '../support/service.ts';
import { makeTestDatabase } from '../support/stores.ts';

const IN_TIME = { timeout: 60_000 };
const PORT = 5_432;

async function makeGate() {
  const { url } = await makeTestDatabase();
  return { url, gate: await openGate(url, PORT) };
}

describe.skipIf(!hasPostgres)('a service whose database is away at its start', () => {
  it.skipIf(!hasNats)(
    'starts, answers and forwards where it only forwards, says so, and takes the control state up later',
    async () => {
      const nats = await startNats();
      const { url, gate } = await makeGate();
      gate.close();
      const settings = readStreamSettings({ url: nats.url, replicas: '1' });
      const service = await startTestService({ databaseUrl: gate.url, stream: { settings, settles: false } });
      onTestFinished(() => service.end());
      const mail = service.tracker.compile('<body><a href="https://shop.example/">x</a>', { message: 'm' });
      const link = urlIn(mail.render('r1').html, 'c');
      expect((await ask(link)).status).toBe(302);
      await expect.poll(() => service.journal.counts().forwarded, IN_TIME).toBe(1);
      expect(await ask(`${service.url}/readyz`)).toMatchObject({ status: 503, text: 'behind' });
      expect(service.problems.map(String)).toContainEqual(expect.stringContaining('starts without it'));
      const store = await openStore(url);
      onTestFinished(() => store.close());
      await store.revoke({ kind: 'message', message: 'm' }, 'tests');
      gate.open();
      await expect.poll(async () => (await ask(link)).status, IN_TIME).toBe(410);
      expect(await ask(`${service.url}/readyz`)).toMatchObject({ status: 200, text: 'ready' });
    },
    120_000,
  );

  it('says what is wrong and does not start where it settles', async () => {
    const { gate } = await makeGate();
    gate.close();
    await expect(startTestService({ databaseUrl: gate.url })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('PostgreSQL does not answer'),
    });
  });

  it.each([1, 3, 6, 9, 13, 18, 24])(
    'ends in a sentence, or runs, when it goes away behind %i pieces of what it is told',
    async (pieces) => {
      const { gate } = await makeGate();
      gate.closeAfter(pieces);
      const problems: unknown[] = [];
      const onProblem = (error: unknown) => problems.push(error);
      try {
        const service = await startTestService({ databaseUrl: gate.url, onProblem });
        await service.end();
      } catch (error) {
        expect(error).toBeInstanceOf(TelltaleError);
        expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
      }
      // No thread ends of it.
      expect(problems.map(String)).not.toContainEqual(expect.stringMatching(/reader ended|writer ended/));
    },
    60_000,
  );
});
