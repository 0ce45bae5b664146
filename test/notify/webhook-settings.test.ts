import { describe, expect, it } from 'vitest';
import { readWebhookSettings } from '../../src/notify/webhook-settings.ts';
import { thrownBy } from '../support/thrown.ts';

const secret = `whsec_${Buffer.alloc(24).toString('base64')}`;
const endpoint = { url: 'https://hooks.example/a', secret };

describe('the settings of webhooks', () => {
  it('name endpoints, which keep their names, and where any may go', () => {
    const settings = {
      endpoints: [{ ...endpoint, events: ['click'], labels: ['human'] }],
      allowPrivate: true,
      ports: [8_443],
    };
    const read = readWebhookSettings(settings, 'here');
    expect(read).toEqual({
      ...{ allowPrivate: true, ports: [8_443] },
      endpoints: [
        { id: expect.stringMatching(/^wh_[0-9a-f]{16}$/), ...endpoint, events: ['click'], labels: ['human'] },
      ],
    });
    const again = readWebhookSettings(JSON.stringify({ endpoints: [endpoint] }), 'here');
    expect(again.endpoints[0]?.id).toBe(read.endpoints[0]?.id);
    expect(readWebhookSettings({}, 'here')).toEqual({ endpoints: [], allowPrivate: false, ports: [] });
  });

  it.each([
    ['[', 'INVALID_CONFIG', 'here says who is told of events'],
    [{ endpoints: [{ url: endpoint.url }] }, 'INVALID_CONFIG', 'endpoints.0.secret'],
    [{ endpoints: [{ ...endpoint, secret: 'x' }] }, 'INVALID_CONFIG', 'must be whsec_'],
    [{ endpoints: [{ ...endpoint, events: ['opened'] }] }, 'INVALID_CONFIG', 'must be some of open'],
    [{ endpoints: [endpoint, endpoint] }, 'INVALID_CONFIG', 'names an endpoint twice'],
    [{ endpoints: [{ ...endpoint, url: 'http://127.0.0.1/' }] }, 'INVALID_WEBHOOK', '127.0.0.1 is no public address'],
    [{ ports: [0] }, 'INVALID_CONFIG', 'ports.0'],
    [{ private: true }, 'INVALID_CONFIG', 'private'],
  ])('are refused with what is wrong: %j', (value, code, said) => {
    const error = thrownBy(() => readWebhookSettings(value, 'here'));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(said)]);
  });
});
