// What `rewrite` can be asked for, and what does not fit together.
import { parseBaseUrl } from '../base/base-url.ts';
import { TelltaleError } from '../base/errors.ts';
import { checkId } from '../base/ids.ts';
import type { PixelPlacement } from '../html/find-pixel-places.ts';
import type { LinkForm } from '../track/create-tracker.ts';
import type { AdornmentFlags } from './adornment-flags.ts';
import type { CommonFlags, Settings } from './settings.ts';

export interface RewriteFlags extends CommonFlags, AdornmentFlags {
  readonly message: string;
  readonly recipient?: string;
  readonly recipients?: string;
  readonly out?: string;
  readonly mbox?: string;
  readonly force?: boolean;
  readonly resume?: boolean;
  readonly pixel?: PixelPlacement;
  readonly links?: LinkForm;
  readonly merge?: string;
  readonly placeholder?: string;
}

/**
 * Refuses flags that do not fit together.
 *
 * @throws TelltaleError `USAGE`, `INVALID_BASE_URL`, `INVALID_ID`.
 */
export function checkRewriteFlags(files: readonly string[], flags: RewriteFlags, settings: Settings): void {
  const isOneOf = (flags.recipient === undefined) !== (flags.recipients === undefined);
  const isTemplate = flags.placeholder !== undefined && flags.recipients === undefined;
  if (!isOneOf && !isTemplate) {
    throw new TelltaleError('USAGE', 'Say for whom: either --recipient ID or --recipients FILE.csv.');
  }
  if (settings.baseUrl === undefined) {
    throw new TelltaleError(
      'INVALID_BASE_URL',
      'Say where your collector answers: --base-url https://t.example.com, or set TELLTALE_BASE_URL.',
    );
  }
  parseBaseUrl(settings.baseUrl);
  checkId(flags.message, 'message');
  if (flags.recipient !== undefined) checkId(flags.recipient, 'recipient');
  if (flags.resume === true && (flags.out === undefined || flags.force === true)) {
    throw new TelltaleError(
      'USAGE',
      '--resume goes on with the files of --out DIR; --force starts them over. Give one.',
    );
  }
  if (flags.placeholder !== undefined) {
    checkTemplateFlags(files, flags, settings);
    return;
  }
  if (flags.out !== undefined || flags.mbox !== undefined || settings.json) return;
  if (files.length > 1 || flags.recipients !== undefined) {
    throw new TelltaleError(
      'USAGE',
      'Several mails do not fit on one stdout: give --mbox FILE, --out DIR, or --json for one object a line.',
    );
  }
}

/** Refuses what does not go together with a placeholder. */
function checkTemplateFlags(files: readonly string[], flags: RewriteFlags, settings: Settings): void {
  if (flags.mbox !== undefined || flags.resume === true) {
    throw new TelltaleError(
      'USAGE',
      '--placeholder writes templates, not mails: it takes --out DIR or --json, not --mbox or --resume.',
    );
  }
  const hasRecipients = flags.recipient !== undefined || flags.recipients !== undefined;
  if (flags.out !== undefined || settings.json || (files.length <= 1 && !hasRecipients)) return;
  throw new TelltaleError('USAGE', 'Templates and their table do not fit on one stdout: give --out DIR, or --json.');
}
