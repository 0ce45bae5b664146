import { describe, expect, it } from 'vitest';
import { readHooks } from '../../src/deliveries/read-hooks.ts';
import { HOOK_SETTINGS } from '../support/hook-requests.ts';
import { thrownBy } from '../support/thrown.ts';

const secret = 'a'.repeat(16);

describe('the settings of hooks', () => {
  it('are taken as a value and as JSON', () => {
    expect(readHooks(HOOK_SETTINGS, 'here')).toEqual(HOOK_SETTINGS);
    expect(readHooks(JSON.stringify(HOOK_SETTINGS), 'here')).toEqual(HOOK_SETTINGS);
    expect(readHooks({}, 'here')).toEqual({});
  });

  it.each([
    ['{', 'here names the providers'],
    [{ ses: { topics: ['arn:aws:sns:eu-west-1:123456789012:mail'] } }, 'ses.secret'],
    [{ ses: { secret, topics: [] } }, 'ses.topics: must name a topic'],
    [{ ses: { secret, topics: ['mail'] } }, 'ses.topics.0: must be the ARN'],
    [{ postmark: { secret: 'short', user: 'u', password: 'p' } }, 'postmark.secret: must have 16 to 128'],
    [{ postmark: { secret, user: 'u' } }, 'postmark.password: must be a text'],
    [{ sendgrid: { secret, publicKey: 'none' } }, 'sendgrid.publicKey: must be the verification key'],
    [{ mailgun: { secret, signingKey: '' } }, 'mailgun.signingKey: must not be empty'],
    [{ resend: { secret, signingSecret: 'whsec_x' } }, 'resend.signingSecret: must be whsec_'],
    [{ mandrill: { secret } }, 'mandrill'],
  ])('are refused with what is wrong: %j', (value, said) => {
    expect(() => readHooks(value, 'here')).toThrow(said);
    expect(thrownBy(() => readHooks(value, 'here')).code).toBe('INVALID_CONFIG');
  });
});
