// Rates of a message: who opened and clicked, as shares of those of whom it can be known.
import type { MessageRow } from './report-source.ts';

/** Shares from 0 to 1, unrounded; null where there is nothing to divide by. */
export interface Rate {
  /** Recipients with any hit. */
  readonly raw: number | null;
  /** Recipients with a hit judged `human` or `proxy-human`. */
  readonly human: number | null;
}

export interface Rates {
  /** What rates are divided by: the first of measurable, delivered and sent that is known. */
  readonly denominator: 'measurable' | 'delivered' | 'sent';
  /** Share of recipients that the denominator covers. */
  readonly coverage: number | null;
  /** Why rates are null. */
  readonly reason: 'no-sends' | 'none-measurable' | null;
  readonly open: Rate;
  readonly click: Rate;
  /** Clicks by opens of the same kind; null where more clicked than were seen to open. */
  readonly clickToOpen: Rate;
}

/** Recipients with a hit of one kind: any, and one by a person. */
export interface Recipients {
  readonly any: number;
  readonly people: number;
}

/** The rates of a message. */
export function ratesOf(
  message: MessageRow,
  { open, click }: { readonly open: Recipients; readonly click: Recipients },
): Rates {
  const { denominator, opensBy, clicksBy } = wholeOf(message, Math.max(open.any, click.any));
  const hasNone = opensBy + clicksBy === 0;
  return {
    denominator,
    coverage: ratio(opensBy, message.sent),
    reason: !hasNone ? null : message.sent === 0 ? 'no-sends' : 'none-measurable',
    open: { raw: ratio(open.any, opensBy), human: ratio(open.people, opensBy) },
    click: { raw: ratio(click.any, clicksBy), human: ratio(click.people, clicksBy) },
    clickToOpen: { raw: shareOf(click.any, open.any), human: shareOf(click.people, open.people) },
  };
}

/**
 * How many recipients rates are divided by; clicks may be counted of others than opens. Whoever opened got the mail, so
 * deliveries are not known while fewer were told than opened or clicked.
 */
function wholeOf({ sent, measurableOpens, measurableClicks, delivered }: MessageRow, seen: number) {
  if (measurableOpens < sent || measurableClicks < sent) {
    return { denominator: 'measurable', opensBy: measurableOpens, clicksBy: measurableClicks } as const;
  }
  if (delivered > 0 && (sent === 0 || delivered >= seen))
    return { denominator: 'delivered', opensBy: delivered, clicksBy: delivered } as const;
  return { denominator: 'sent', opensBy: sent, clicksBy: sent } as const;
}

/** Where more clicked than were seen to open, opens cannot be seen, and a share of them says nothing. */
function shareOf(clickers: number, openers: number): number | null {
  return clickers > openers ? null : ratio(clickers, openers);
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
