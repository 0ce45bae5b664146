// The flags of `serve` that say which clicks a conversion is attributed to.
import type { AttributionRules } from '../base/conversion.ts';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { attributionDaysDefault, attributionDaysMax } from '../base/limits.ts';
import { checkChoice } from '../base/options.ts';
import type { Settings } from './settings.ts';

export interface AttributionFlags {
  readonly attributionDays?: string;
  readonly attributionClicks?: string;
}

const DAY_MS = 86_400_000;

/**
 * Reads them: flag, setting, default.
 *
 * @throws TelltaleError `INVALID_OPTION`.
 */
export function readAttribution(flags: AttributionFlags, settings: Settings): AttributionRules {
  const days = flags.attributionDays ?? settings.attributionDays ?? String(attributionDaysDefault);
  const clicks = flags.attributionClicks ?? settings.attributionClicks ?? 'human';
  if (!/^\d{1,3}$/.test(days) || Number(days) < 1 || Number(days) > attributionDaysMax) {
    throw new TelltaleError(
      'INVALID_OPTION',
      `--attribution-days takes a whole number from 1 to ${attributionDaysMax}, but ${quote(days)} came.`,
    );
  }
  return { windowMs: Number(days) * DAY_MS, clicks: checkChoice(clicks, ['human', 'all'], '--attribution-clicks') };
}
