// What other systems tell of deliveries: its forms, and what is refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let tokens: Record<'read' | 'write', string>;
beforeAll(async () => {
  service = await startTestService();
  tokens = {
    read: (await service.store.createApiToken('read')).token,
    write: (await service.store.createApiToken('write')).token,
  };
});
afterAll(() => service.end());

async function tell(body: unknown, token = tokens.write) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { authorization: `Bearer ${token}` };
  const answer = await ask(`${service.url}/api/v1/deliveries`, { method: 'POST', headers, body: text });
  return { status: answer.status, ...JSON.parse(answer.text) };
}

const good = (of: object = {}) => ({ message: 'm', recipient: 'r1', event: 'delivered', ...of });

describe('POST /deliveries', () => {
  it('takes one object, an array, and one a line, each once', async () => {
    const at = '2026-01-01T09:00:00+02:00';
    expect(await tell(JSON.stringify(good({ id: 'e1', at }), null, 2))).toEqual({
      ...{ status: 200, accepted: 1, duplicate: 0, rejected: [] },
    });
    expect(await tell([good({ id: 'e1' }), good({ recipient: 'r2' })])).toMatchObject({ accepted: 1, duplicate: 1 });
    const lines = [
      good({ recipient: 'r3', event: 'bounced' }),
      good({ recipient: 'r4', event: 'bounced', bounce: 'soft' }),
    ];
    expect(await tell(lines.map((line) => JSON.stringify(line)).join('\n'))).toMatchObject({ accepted: 2 });
    expect(await service.store.findMessage('m')).toMatchObject({ delivered: 2, bounces: 2 });
    const suppressed = (await service.store.sendability(['r3', 'r4'])).map((one) => one.suppressed);
    expect(suppressed).toEqual(['bounce', null]);
  });

  it('rejects what it cannot use, each with its reason, and takes the others', async () => {
    await service.store.eraseRecipient('gone', 'command');
    const body = [
      good({ event: 'opened' }),
      good({ bounce: 'hard' }),
      good({ at: 'yesterday' }),
      good({ recipient: '' }),
      good({ reason: '<img>' }),
      good({ recipient: 'gone' }),
      good({ event: 'complained', recipient: 'r5' }),
    ];
    const answer = await tell(body);
    expect(answer).toMatchObject({ status: 200, accepted: 1, duplicate: 0 });
    expect(answer.rejected.map((one: { line: number; reason: string }) => `${one.line} ${one.reason}`)).toEqual([
      expect.stringMatching(/^1 event: must be one of delivered, bounced, complained, deferred/),
      expect.stringMatching(/^2 bounce: only what bounced is hard or soft/),
      expect.stringMatching(/^3 at: must be a time/),
      expect.stringMatching(/^4 recipient: it is empty/),
      expect.stringMatching(/^5 .*reason/),
      '6 the recipient is erased',
    ]);
  });

  it('takes nothing that is to happen yet', async () => {
    const answer = await tell([good({ recipient: 'r8', at: '2100-01-01T00:00:00Z' })]);
    expect(answer.rejected).toEqual([{ line: 1, reason: expect.stringMatching(/^at: it is in the future/) }]);
  });

  it('needs scope write and a body', async () => {
    expect(await tell(good(), tokens.read)).toMatchObject({ status: 403 });
    expect(await tell(' ')).toMatchObject({ status: 400, detail: expect.stringContaining('"event"') });
    expect(await tell('[{')).toMatchObject({ status: 400 });
  });
});
