// Reads what a caller says of consent: both levels, one of them, or none.
import { CONSENT_LEVELS, type Consent, FULL_CONSENT } from '../base/nouns.ts';
import { checkChoice, checkOptionNames } from '../base/options.ts';

/** Completes a consent; what is not said is `individual`, what the sender asked for. */
export function readConsent(consent: Partial<Consent> | undefined, of: string): Consent {
  if (consent === undefined) return FULL_CONSENT;
  checkOptionNames(consent, ['opens', 'clicks'], `${of}: consent`);
  return {
    opens: checkChoice(consent.opens ?? FULL_CONSENT.opens, CONSENT_LEVELS, 'consent.opens'),
    clicks: checkChoice(consent.clicks ?? FULL_CONSENT.clicks, CONSENT_LEVELS, 'consent.clicks'),
  };
}
