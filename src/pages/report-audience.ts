// By what people read, and at which providers they are.
import type { Report } from '../report/build-report.ts';
import { type Figure, figureOf } from './figures.ts';
import { tableBar } from './share-bar.ts';
import { cut, numberWords, percentWords } from './words.ts';

export interface AudienceSection {
  readonly tables: readonly UsageTable[];
  readonly domains: readonly DomainLine[];
  readonly moreDomains: number;
}

interface UsageTable {
  readonly caption: string;
  readonly rows: readonly {
    readonly name: string;
    readonly opens: Figure;
    readonly clicks: Figure;
    readonly bar: string;
  }[];
  /** How many are not shown. */
  readonly more: number;
}

interface DomainLine {
  readonly domain: string;
  readonly sent: Figure;
  readonly opened: Figure;
  readonly openedShare: string;
  readonly clicked: Figure;
}

/** Rows of a table: past them, each has a few opens. */
const ROWS = 12;

const DOMAIN_CHARS = 60;

/** What the section shows. */
export function audienceSection({ clients, devices, domains }: Report): AudienceSection {
  const tables = [
    usageTable(
      'Mail clients',
      'clients',
      clients.map(({ client, ...counts }) => ({ name: client, ...counts })),
    ),
    usageTable(
      'Devices',
      'devices',
      devices.map(({ device, ...counts }) => ({ name: device, ...counts })),
    ),
  ];
  return {
    tables: tables.filter(({ rows }) => rows.length > 0),
    domains: domains.slice(0, ROWS).map(({ domain, sent, opened, clicked }, place) => ({
      domain: cut(domain, DOMAIN_CHARS),
      sent: figureOf(`domains.${place}.sent`, sent, numberWords),
      opened: figureOf(`domains.${place}.opened`, opened, numberWords),
      openedShare: sent === 0 ? '' : percentWords(opened / sent),
      clicked: figureOf(`domains.${place}.clicked`, clicked, numberWords),
    })),
    moreDomains: Math.max(0, domains.length - ROWS),
  };
}

function usageTable(
  caption: string,
  list: 'clients' | 'devices',
  usage: readonly { readonly name: string | null; readonly opens: number; readonly clicks: number }[],
): UsageTable {
  const most = Math.max(1, ...usage.map(({ opens }) => opens));
  const rows = usage.slice(0, ROWS).map(({ name, opens, clicks }, place) => {
    const shown = name ?? 'not known';
    const bar = tableBar({ className: name === null ? 'unknown' : 'human', value: opens }, most);
    return {
      ...{ name: shown, bar },
      opens: figureOf(`${list}.${place}.opens`, opens, numberWords),
      clicks: figureOf(`${list}.${place}.clicks`, clicks, numberWords),
    };
  });
  return { caption, rows, more: usage.length - rows.length };
}
