// The flags of `rewrite`, `send` and `check` that say what links carry to where they lead.
import type { Command } from 'commander';
import type { CompileOptions } from '../track/create-tracker.ts';

export interface AdornmentFlags {
  readonly clickId?: string | true;
  readonly utmSource?: string;
  readonly utmMedium?: string;
  readonly utmCampaign?: string;
  readonly utmContent?: string;
  readonly utmTerm?: string;
  readonly utmOverride?: boolean;
}

/** Adds the flags to a command. */
export function withAdornment(of: Command): Command {
  return of
    .option('--click-id [name]', 'add a click id to where links lead, so that sales can be told (parameter: tt_click)')
    .option(
      '--utm-source <text>',
      'add utm_source to where links lead; {message}, {link.name}, {link.index} are filled in',
    )
    .option('--utm-medium <text>', 'utm_medium')
    .option('--utm-campaign <text>', 'utm_campaign')
    .option('--utm-content <text>', 'utm_content')
    .option('--utm-term <text>', 'utm_term')
    .option('--utm-override', 'replace UTM parameters that a destination has already');
}

/** The flags as options of `compile`. */
export function adornmentOf(flags: AdornmentFlags): Pick<CompileOptions, 'clickId' | 'utm'> {
  const { clickId, utmSource, utmMedium, utmCampaign, utmContent, utmTerm, utmOverride } = flags;
  const utm = { source: utmSource, medium: utmMedium, campaign: utmCampaign, content: utmContent, term: utmTerm };
  const hasUtm = Object.values(utm).some((value) => value !== undefined);
  return { clickId, utm: hasUtm ? { ...utm, override: utmOverride } : undefined };
}
