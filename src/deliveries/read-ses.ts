// Amazon SES, through SNS: a topic of ours is subscribed to once, then brings bounces, complaints, deliveries and delays
// (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html).
import { z } from 'zod';
import { hookClockMs, hookOldMs } from '../base/limits.ts';
import type { DeliveryEvent } from './delivery.ts';
import {
  forged,
  type HookRead,
  MALFORMED,
  type Provider,
  readJson,
  TIME,
  type Tie,
  tieIn,
  tieInHeaders,
  told,
} from './provider.ts';
import { type FetchSns, isSnsAddress, prepareSns, SNS_MESSAGE, type SnsMessage } from './verify-sns.ts';

/** Makes the reader; only `topics` are listened to, whoever else signs. */
export function sesHook(topics: readonly string[], fetchSns: FetchSns): Provider {
  const isSigned = prepareSns(fetchSns);
  return async ({ body, nowMs }) => {
    const message = readJson(body.toString(), SNS_MESSAGE);
    if (message === undefined) return MALFORMED;
    if (!topics.includes(message.TopicArn)) return forged('the topic is not one of those that were named');
    if (!(await isSigned(message))) return forged('the signature is not by a certificate of SNS');
    const ageMs = nowMs - Date.parse(message.Timestamp);
    if (!(ageMs <= hookOldMs && ageMs >= -hookClockMs)) return { kind: 'old' };
    if (message.Type === 'Notification') return read(message);
    return message.Type === 'SubscriptionConfirmation' ? confirm(message, fetchSns) : told([undefined]);
  };
}

/** The address stands in what was signed, and yet only SNS is asked. */
async function confirm({ SubscribeURL: url = '', TopicArn: topic }: SnsMessage, fetchSns: FetchSns): Promise<HookRead> {
  if (!isSnsAddress(url, topic)) return forged('the address that confirms is not one of SNS');
  await fetchSns(url);
  return told([undefined]);
}

const TIMED = z.object({ timestamp: TIME });

const NOTIFICATION = z.object({
  /** Of event publishing, and of notifications of an identity. */
  eventType: z.string().optional(),
  notificationType: z.string().optional(),
  mail: z.object({
    headers: z
      .array(z.object({ name: z.string(), value: z.string() }))
      .optional()
      .catch(undefined),
    tags: z.record(z.string(), z.array(z.string())).optional().catch(undefined),
  }),
  delivery: TIMED.optional(),
  bounce: TIMED.extend({ bounceType: z.string() }).optional(),
  complaint: TIMED.extend({ complaintFeedbackType: z.string().nullish() }).optional(),
  deliveryDelay: TIMED.optional(),
});

type Notification = z.infer<typeof NOTIFICATION>;

function read({ Message: text, MessageId: id }: SnsMessage): HookRead {
  const notification = readJson(text, NOTIFICATION);
  // SES says that a topic works in plain words.
  if (notification === undefined) return told([undefined]);
  const found = eventOf(notification);
  if (found === undefined) return told([undefined]);
  return told([{ id: `ses ${id}`, ...found, tie: tieOf(notification) }]);
}

function eventOf({ eventType, notificationType, delivery, bounce, complaint, deliveryDelay }: Notification) {
  const of = (event: DeliveryEvent, { timestamp: atMs }: { readonly timestamp: number }, isHard = false) => ({
    ...{ event, atMs, isHard },
  });
  switch (eventType ?? notificationType) {
    case 'Delivery':
      return delivery && of('delivered', delivery);
    case 'Bounce':
      return bounce && of('bounced', bounce, bounce.bounceType === 'Permanent');
    case 'Complaint':
      // A recipient who says that it is none takes it out of the junk folder.
      return complaint?.complaintFeedbackType === 'not-spam' ? undefined : complaint && of('complained', complaint);
    case 'DeliveryDelay':
      return deliveryDelay && of('deferred', deliveryDelay);
    default:
      return undefined;
  }
}

/** The tags of the mail, else its way out, where SES is told to send the headers along. */
function tieOf({ mail: { headers = [], tags = {} } }: Notification): Tie {
  const tagged = tieIn(Object.fromEntries(Object.entries(tags).map(([name, values]) => [name, values[0]])));
  const isTied = tagged.token !== undefined || tagged.message !== undefined;
  return isTied ? tagged : tieInHeaders(headers);
}
