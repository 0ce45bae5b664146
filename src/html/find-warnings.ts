// What a sender should look at although nothing keeps the mail from being tracked: links that readers or filters will
// mistrust, and a mail that is not finished.
import { childNamed } from './mail-node.ts';
import type { ParsedMail } from './parse-mail.ts';
import type { SourceRange } from './scan-attribute.ts';

export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

export type WarningCode =
  | 'http-destination'
  | 'non-ascii-host'
  | 'text-names-other-host'
  | 'no-body-end'
  | 'merge-tags-left';

/** A text that is a web address: what filters compare with where the link leads. */
const ADDRESS = /^(?:https?:\/\/)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})(?:[/?#:]\S*)?$/i;

/** Tags that engines replace, where they stand for themselves and not for CSS or prose. */
const MERGE_TAG = /\{\{[^{}]{1,200}\}\}|\{%[^{}]{1,200}%\}|\*\|[^|*\s]{1,200}\|\*|<%[^<>]{1,200}%>/g;

/** Warnings of one tracked link. `trackingHost` is where its tracked URL will lead first. */
export function warnOfLink(
  link: { readonly destination: string; readonly text: string },
  trackingHost: string,
): readonly Warning[] {
  const [, protocol = '', hostname = ''] = /^(https?:)\/\/([^/:?#]*)/.exec(link.destination) ?? [];
  const warnings: Warning[] = [];
  if (protocol === 'http:') {
    warnings.push({ code: 'http-destination', message: 'it leads to plain http, which browsers warn of' });
  }
  if (/(?:^|\.)xn--/.test(hostname)) {
    warnings.push({ code: 'non-ascii-host', message: `its host is not ASCII; clients may show it as ${hostname}` });
  }
  const shown = ADDRESS.exec(link.text)?.[1]?.toLowerCase();
  if (shown === undefined) return warnings;
  const place = [hostname, trackingHost].find((host) => domainOf(host) !== domainOf(shown));
  if (place === undefined) return warnings;
  const advice = place === trackingHost ? '; track from a host below the same domain' : '';
  return [
    ...warnings,
    {
      code: 'text-names-other-host',
      message: `its text shows ${shown} but it leads to ${place}, which filters take for phishing${advice}`,
    },
  ];
}

/** Warnings of the mail as a whole, with the offset each speaks of; `hrefs` ascend and have notes of their own. */
export function warnOfMail(
  { source, document }: ParsedMail,
  hrefs: readonly SourceRange[],
): readonly (Warning & { readonly offset: number })[] {
  const warnings: (Warning & { readonly offset: number })[] = [];
  const body = childNamed(childNamed(document, 'html'), 'body');
  const place = body?.sourceCodeLocation;
  if (place && place.endTag === undefined) {
    const message = '<body> is never closed by </body>; what is missing may be the end of the mail';
    warnings.push({ code: 'no-body-end', message, offset: place.startOffset });
  }
  const tag = firstMergeTag(source, hrefs);
  if (tag !== undefined) {
    const message = `merge tags are left unexpanded, the first is ${tag[0].slice(0, 40)}`;
    warnings.push({ code: 'merge-tags-left', message, offset: tag.index });
  }
  return warnings;
}

function firstMergeTag(source: string, hrefs: readonly SourceRange[]): RegExpExecArray | undefined {
  let next = 0;
  for (const tag of source.matchAll(MERGE_TAG)) {
    while ((hrefs[next]?.end ?? Number.POSITIVE_INFINITY) <= tag.index) next += 1;
    if ((hrefs[next]?.start ?? Number.POSITIVE_INFINITY) > tag.index) return tag;
  }
  return undefined;
}

/** The last two labels of a host: enough to tell one sender's hosts from another's. */
function domainOf(host: string): string {
  return host.toLowerCase().split('.').slice(-2).join('.');
}
