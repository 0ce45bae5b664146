// What providers tell of deliveries: their own bodies, signed by keys of this test, and what strangers try.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hookBodyBytesMax } from '../../src/base/limits.ts';
import { createApp } from '../../src/server/create-app.ts';
import { createTracker, type Tracker } from '../../src/track/create-tracker.ts';
import {
  CERTIFICATE,
  CERTIFICATE_URL,
  CONFIRM_URL,
  HOOK_SETTINGS,
  mailgunRequest,
  type ProviderName,
  postmarkRequest,
  resendRequest,
  sendgridRequest,
  snsRequest,
  type ToldRequest,
} from '../support/hook-requests.ts';
import { ask, startTestService, type TestService } from '../support/service.ts';

const nowMs = Date.UTC(2026, 0, 2, 9);
const at = new Date(nowMs - 60_000).toISOString();
const seconds = Math.floor(nowMs / 1_000) - 60;

let service: TestService;
let url: string;
let tracker: Tracker;
const fetched: string[] = [];
let isSnsDown = false;
const closers: (() => void)[] = [];
beforeAll(async () => {
  service = await startTestService();
  const { store, journal, keys } = service;
  tracker = createTracker({ baseUrl: 'https://t.example.com/mail', keys });
  const fetchSns = async (address: string) => {
    fetched.push(address);
    if (isSnsDown)
      throw Object.assign(new (await import('../../src/base/errors.ts')).TelltaleError('FETCH_FAILED', 'down'));
    return address === CERTIFICATE_URL ? CERTIFICATE : '<ConfirmSubscriptionResponse/>';
  };
  const of = { tracker, store, journal, hooks: HOOK_SETTINGS, fetchSns, now: () => nowMs, onProblem: () => undefined };
  const server = createApp(of).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(async () => {
  for (const close of closers) close();
  await service.end();
});
beforeEach(() => {
  fetched.length = 0;
});

async function tell(provider: ProviderName, { headers, body }: ToldRequest, prefix = '') {
  const path = `${prefix}/hooks/${provider}/${HOOK_SETTINGS[provider].secret}`;
  const answer = await ask(url + path, { method: 'POST', headers, body });
  return { status: answer.status, ...JSON.parse(answer.text) };
}

let made = 0;
/** A message of its own, with what ties its mail to an event. */
function mailing() {
  made += 1;
  const message = `m${made}`;
  const { headers } = tracker.compile('<body>x', { message }).render('r1');
  const token = /\/u\/([a-z2-7]+)/.exec(headers['List-Unsubscribe'] ?? '')?.[1] ?? '';
  return {
    message,
    token,
    headers,
    tie: { telltale: token },
    plain: { telltale_message: message, telltale_recipient: 'r1' },
  };
}
type Mailing = ReturnType<typeof mailing>;

const sesEvent = (mail: Mailing, eventType: string, of: object) => ({
  eventType,
  mail: { timestamp: at, messageId: '0102', destination: ['r@example.com'], tags: { telltale: [mail.token] } },
  ...of,
});

const sesHeaders = ({ headers }: Mailing) => Object.entries(headers).map(([name, value]) => ({ name, value }));

/** An event of each provider, as it sends it. */
const EVENTS: Readonly<
  Record<
    ProviderName,
    Readonly<
      Record<'delivered' | 'hard' | 'soft' | 'complained' | 'deferred' | 'other', (mail: Mailing) => ToldRequest>
    >
  >
> = {
  ses: {
    delivered: (mail) =>
      snsRequest({
        ...{ nowMs, version: '1', id: `${mail.message} d` },
        message: sesEvent(mail, 'Delivery', {
          delivery: { timestamp: at, recipients: ['r@example.com'], smtpResponse: '250 ok' },
        }),
      }),
    hard: (mail) =>
      snsRequest({
        ...{ nowMs, id: `${mail.message} h` },
        message: {
          notificationType: 'Bounce',
          mail: { timestamp: at, headers: sesHeaders(mail), headersTruncated: false },
          bounce: { bounceType: 'Permanent', bounceSubType: 'General', timestamp: at, bouncedRecipients: [] },
        },
      }),
    soft: (mail) =>
      snsRequest({
        ...{ nowMs, id: `${mail.message} s` },
        message: sesEvent(mail, 'Bounce', { bounce: { bounceType: 'Transient', timestamp: at } }),
      }),
    complained: (mail) =>
      snsRequest({
        ...{ nowMs, id: `${mail.message} c` },
        message: sesEvent(mail, 'Complaint', { complaint: { timestamp: at, complaintFeedbackType: 'abuse' } }),
      }),
    deferred: (mail) =>
      snsRequest({
        ...{ nowMs, id: `${mail.message} t` },
        message: sesEvent(mail, 'DeliveryDelay', { deliveryDelay: { timestamp: at, delayType: 'MailboxFull' } }),
      }),
    other: (mail) =>
      snsRequest({
        ...{ nowMs, id: `${mail.message} o` },
        message: sesEvent(mail, 'Complaint', { complaint: { timestamp: at, complaintFeedbackType: 'not-spam' } }),
      }),
  },
  postmark: {
    delivered: ({ message, plain }) =>
      postmarkRequest({
        RecordType: 'Delivery',
        MessageID: message,
        Recipient: 'r@example.com',
        DeliveredAt: at,
        Metadata: plain,
      }),
    hard: ({ message, plain }) =>
      postmarkRequest({
        RecordType: 'Bounce',
        ID: 1,
        Type: 'HardBounce',
        MessageID: message,
        BouncedAt: at,
        Metadata: plain,
      }),
    soft: ({ message, tie }) =>
      postmarkRequest({
        RecordType: 'Bounce',
        ID: 2,
        Type: 'SoftBounce',
        MessageID: message,
        BouncedAt: at,
        Metadata: tie,
      }),
    complained: ({ message, plain }) =>
      postmarkRequest({
        RecordType: 'SpamComplaint',
        ID: 3,
        Type: 'SpamComplaint',
        MessageID: message,
        BouncedAt: at,
        Metadata: plain,
      }),
    deferred: ({ message, plain }) =>
      postmarkRequest({
        RecordType: 'Bounce',
        ID: 4,
        Type: 'Transient',
        MessageID: message,
        BouncedAt: at,
        Metadata: plain,
      }),
    other: ({ message, plain }) =>
      postmarkRequest({
        RecordType: 'Bounce',
        ID: 5,
        Type: 'AutoResponder',
        MessageID: message,
        BouncedAt: at,
        Metadata: plain,
      }),
  },
  sendgrid: {
    delivered: ({ message, tie }) =>
      sendgridRequest(
        [{ email: 'r@example.com', timestamp: seconds, event: 'delivered', sg_event_id: `${message} d`, ...tie }],
        nowMs,
      ),
    hard: ({ message, plain }) =>
      sendgridRequest(
        [
          {
            timestamp: seconds,
            event: 'bounce',
            type: 'bounce',
            status: '5.1.1',
            sg_event_id: `${message} h`,
            ...plain,
          },
        ],
        nowMs,
      ),
    soft: ({ message, plain }) =>
      sendgridRequest(
        [
          {
            timestamp: seconds,
            event: 'bounce',
            type: 'blocked',
            status: '5.7.1',
            sg_event_id: `${message} s`,
            ...plain,
          },
        ],
        nowMs,
      ),
    complained: ({ message, tie }) =>
      sendgridRequest([{ timestamp: seconds, event: 'spamreport', sg_event_id: `${message} c`, ...tie }], nowMs),
    deferred: ({ message, tie }) =>
      sendgridRequest(
        [{ timestamp: seconds, event: 'deferred', attempt: '5', sg_event_id: `${message} t`, ...tie }],
        nowMs,
      ),
    other: ({ message, tie }) =>
      sendgridRequest([{ timestamp: seconds, event: 'open', sg_event_id: `${message} o`, ...tie }], nowMs),
  },
  mailgun: {
    delivered: ({ message, tie }) =>
      mailgunRequest(
        { event: 'delivered', id: 'x', timestamp: seconds + 0.25, 'user-variables': tie },
        nowMs,
        `${message} d`,
      ),
    hard: ({ message, plain }) =>
      mailgunRequest(
        { event: 'failed', severity: 'permanent', reason: 'bounce', timestamp: seconds, 'user-variables': plain },
        nowMs,
        `${message} h`,
      ),
    soft: ({ message, plain }) =>
      mailgunRequest(
        { event: 'failed', severity: 'permanent', reason: 'old', timestamp: seconds, 'user-variables': plain },
        nowMs,
        `${message} s`,
      ),
    complained: ({ message, tie }) =>
      mailgunRequest({ event: 'complained', timestamp: seconds, 'user-variables': tie }, nowMs, `${message} c`),
    deferred: ({ message, tie }) =>
      mailgunRequest(
        { event: 'failed', severity: 'temporary', reason: 'generic', timestamp: seconds, 'user-variables': tie },
        nowMs,
        `${message} t`,
      ),
    other: ({ message, tie }) =>
      mailgunRequest(
        {
          event: 'failed',
          severity: 'permanent',
          reason: 'suppress-unsubscribe',
          timestamp: seconds,
          'user-variables': tie,
        },
        nowMs,
        `${message} o`,
      ),
  },
  resend: {
    delivered: ({ message, tie }) =>
      resendRequest(
        { type: 'email.delivered', created_at: at, data: { email_id: 'e', tags: tie } },
        nowMs,
        `${message} d`,
      ),
    hard: ({ message, tie }) =>
      resendRequest(
        {
          type: 'email.bounced',
          created_at: at,
          data: { bounce: { type: 'Permanent', subType: 'General' }, tags: tie },
        },
        nowMs,
        `${message} h`,
      ),
    soft: ({ message, token }) =>
      resendRequest(
        {
          type: 'email.bounced',
          created_at: at,
          data: { bounce: { type: 'Transient' }, tags: [{ name: 'telltale', value: token }] },
        },
        nowMs,
        `${message} s`,
      ),
    complained: ({ message, tie }) =>
      resendRequest({ type: 'email.complained', created_at: at, data: { tags: tie } }, nowMs, `${message} c`),
    deferred: ({ message, tie }) =>
      resendRequest({ type: 'email.delivery_delayed', created_at: at, data: { tags: tie } }, nowMs, `${message} t`),
    other: ({ message, tie }) =>
      resendRequest({ type: 'email.opened', created_at: at, data: { tags: tie } }, nowMs, `${message} o`),
  },
};

const PROVIDERS = Object.keys(HOOK_SETTINGS) as ProviderName[];
const ACCEPTED = { status: 200, accepted: 1, duplicate: 0, unmatched: 0, ignored: 0 };

async function suppressed(): Promise<string | null> {
  const [one] = await service.store.sendability(['r1']);
  await service.store.unsuppress(['r1']);
  return one?.suppressed ?? null;
}

describe.each(PROVIDERS)('the hook of %s', (provider) => {
  const events = EVENTS[provider];

  it('takes a delivery at its time, once, under the base path too', async () => {
    const mail = mailing();
    expect(await tell(provider, events.delivered(mail))).toEqual(ACCEPTED);
    expect(await tell(provider, events.delivered(mail), '/mail')).toEqual({ ...ACCEPTED, accepted: 0, duplicate: 1 });
    expect(await service.store.findMessage(mail.message)).toMatchObject({ delivered: 1 });
  });

  it('knows a hard bounce and a complaint, which suppress, from a soft one and a delay', async () => {
    const told = { hard: 'bounce', soft: null, complained: 'complaint', deferred: null } as const;
    for (const [kind, reason] of Object.entries(told)) {
      const mail = mailing();
      expect([kind, await tell(provider, events[kind as keyof typeof told](mail))]).toEqual([kind, ACCEPTED]);
      expect([kind, await suppressed()]).toEqual([kind, reason]);
      expect(await service.store.findMessage(mail.message)).toMatchObject({
        bounces: kind === 'hard' || kind === 'soft' ? 1 : 0,
        complaints: kind === 'complained' ? 1 : 0,
      });
    }
  });

  it('leaves alone what is about something else, and mails that are not ours', async () => {
    expect(await tell(provider, events.other(mailing()))).toEqual({ ...ACCEPTED, accepted: 0, ignored: 1 });
    const strange = { ...mailing(), token: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', headers: {} as Mailing['headers'] };
    const unknown = {
      ...strange,
      tie: { telltale: strange.token },
      plain: { telltale_message: '', telltale_recipient: 'r1' },
    };
    expect(await tell(provider, events.delivered(unknown))).toEqual({ ...ACCEPTED, accepted: 0, unmatched: 1 });
  });

  it('is not there with another secret, for other methods than POST, or for one that is not configured', async () => {
    const { secret } = HOOK_SETTINGS[provider];
    const { body } = events.delivered(mailing());
    for (const path of [
      `/hooks/${provider}`,
      `/hooks/${provider}/${secret}x`,
      `/hooks/${provider}/`,
      `/hooks/x/${secret}`,
    ])
      expect([path, (await ask(url + path, { method: 'POST', body })).status]).toEqual([path, 404]);
    expect((await ask(`${url}/hooks/${provider}/${secret}`)).status).toBe(405);
    const elsewhere = await ask(`${service.url}/hooks/${provider}/${secret}`, { method: 'POST', body });
    expect(elsewhere.status).toBe(404);
  });

  it('takes nothing that was changed on the way, is no JSON, or has no end', async () => {
    const mail = mailing();
    const request = events.delivered(mail);
    // Mailgun signs a token alone; changed events of a token that was seen are no news.
    const changed = { ...request, body: request.body.replace(mail.message, 'another') };
    const isSigned = provider !== 'mailgun' && provider !== 'postmark' && changed.body !== request.body;
    if (isSigned) expect(await tell(provider, changed)).toMatchObject({ status: 403 });
    expect([400, 403]).toContain((await tell(provider, { ...request, body: '{' })).status);
    expect([400, 403]).toContain((await tell(provider, { ...request, body: '[[[]]]' })).status);
    expect(await tell(provider, { ...request, body: 'x'.repeat(hookBodyBytesMax + 1) })).toMatchObject({ status: 413 });
    expect([400, 403]).toContain((await tell(provider, { headers: {}, body: '' })).status);
  });
});

describe('a request that was signed by somebody else', () => {
  it.each([
    ['postmark', () => postmarkRequest({ RecordType: 'Delivery' }, 'hook:wrong')],
    ['sendgrid', () => sendgridRequest([], nowMs, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)],
    ['mailgun', () => mailgunRequest({ event: 'delivered', timestamp: 1 }, nowMs, 'a', 'another key')],
    ['resend', () => resendRequest({}, nowMs, 'a', `whsec_${Buffer.alloc(32, 9).toString('base64')}`)],
    ['ses', () => snsRequest({ nowMs, isForged: true })],
    ['ses', () => snsRequest({ nowMs, topic: 'arn:aws:sns:eu-west-1:999999999999:mail' })],
  ] as const)('is refused: %s', async (provider, request) => {
    expect(await tell(provider, request())).toMatchObject({ status: 403 });
  });

  it.each([
    ['sendgrid', () => sendgridRequest([], nowMs - 90_001_000)],
    ['mailgun', () => mailgunRequest({ event: 'delivered', timestamp: 1 }, nowMs + 301_000, 'future')],
    ['resend', () => resendRequest({}, nowMs - 301_000, 'old')],
    ['ses', () => snsRequest({ nowMs: nowMs - 90_001_000 })],
  ] as const)('or long ago, is taken and changes nothing: %s', async (provider, request) => {
    expect(await tell(provider, request())).toEqual({ ...ACCEPTED, accepted: 0, ignored: 1 });
  });
});

describe('Amazon SNS', () => {
  it('is asked to confirm a subscription to a topic that was named, at its own address', async () => {
    const confirm = (of: object = {}) => tell('ses', snsRequest({ nowMs, type: 'SubscriptionConfirmation', ...of }));
    expect(await confirm()).toMatchObject({ status: 200 });
    expect(fetched.at(-1)).toBe(CONFIRM_URL);
    fetched.length = 0;
    expect(await confirm({ topic: 'arn:aws:sns:eu-west-1:999999999999:mail' })).toMatchObject({ status: 403 });
    for (const subscribeUrl of [
      'https://evil.example/?Action=ConfirmSubscription',
      'http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription',
      'https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription',
      'https://sns.eu-west-1.amazonaws.com@evil.example/',
    ])
      expect([subscribeUrl, (await confirm({ subscribeUrl })).status]).toEqual([subscribeUrl, 403]);
    expect(fetched).not.toContain(expect.stringContaining('evil'));
    expect(fetched.filter((address) => address !== CERTIFICATE_URL)).toEqual([]);
  });

  it.each([
    'https://evil.example/SimpleNotificationService-01.pem',
    'https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-01.pem',
    'http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem',
    'https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-01.pem',
    'https://sns.eu-west-1.amazonaws.com/other/SimpleNotificationService-01.pem',
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-01.pem',
    'https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem',
    'not an address',
  ])('is asked for no certificate at %s', async (address) => {
    expect(await tell('ses', snsRequest({ nowMs, url: address }))).toMatchObject({ status: 403 });
    expect(fetched).toEqual([]);
  });

  it('is asked for a certificate once, and once more when that failed, which the sender is to try again', async () => {
    const other = CERTIFICATE_URL.replace('0123', '4567');
    isSnsDown = true;
    expect(await tell('ses', snsRequest({ nowMs, url: other }))).toMatchObject({ status: 503 });
    isSnsDown = false;
    expect(await tell('ses', snsRequest({ nowMs, url: other }))).toMatchObject({ status: 403 });
    expect(fetched).toEqual([other, other]);
    fetched.length = 0;
    await tell('ses', EVENTS.ses.delivered(mailing()));
    await tell('ses', EVENTS.ses.delivered(mailing()));
    expect(fetched.length).toBeLessThanOrEqual(1);
  });
});

describe('a token of Mailgun', () => {
  it('counts once, whatever event is put behind it', async () => {
    const [mail, other] = [mailing(), mailing()];
    const event = { event: 'delivered', timestamp: seconds, 'user-variables': mail.tie };
    expect(await tell('mailgun', mailgunRequest(event, nowMs, 'token'))).toEqual(ACCEPTED);
    const forged = { ...event, event: 'complained', 'user-variables': other.tie };
    expect(await tell('mailgun', mailgunRequest(forged, nowMs, 'token'))).toMatchObject({ accepted: 0, duplicate: 1 });
    expect(await service.store.findMessage(other.message)).toBeUndefined();
  });
});

describe('many events at once', () => {
  it('are told one by one', async () => {
    const mails = [mailing(), mailing(), mailing()];
    const events = mails.map(({ message, tie }, at) => ({
      ...{
        timestamp: seconds,
        sg_event_id: message,
        event: at === 2 ? 'click' : 'delivered',
        ...(at === 1 ? {} : tie),
      },
    }));
    expect(await tell('sendgrid', sendgridRequest([...events, 'nonsense'], nowMs))).toEqual({
      ...{ status: 200, accepted: 1, duplicate: 0, unmatched: 1, ignored: 2 },
    });
  });
});
