// Figures as a person reads them.

export function number(value: number): string {
  return value.toLocaleString('en');
}

export function percent(rate: number | null): string {
  return rate === null ? '-' : `${(rate * 100).toFixed(1)} %`;
}

/** An interval of rates, or nothing where it is not known. */
export function percentRange(low: number | null, high: number | null): string {
  return low === null || high === null ? '-' : `${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)} %`;
}

/** `2026-11-10 07:00`, as clocks in a time zone show it. */
export function localTime(iso: string, tz: string): string {
  // The Swedish way to write a time is the one of ISO 8601.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: tz, dateStyle: 'short', timeStyle: 'short' });
  return format.format(new Date(iso));
}

/** A difference of rates in percentage points, with its sign. */
export function pointsWords(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${Math.abs(difference * 100).toFixed(1)}`;
}

export function pointsRange(low: number, high: number): string {
  return `${pointsWords(low)} to ${pointsWords(high)}`;
}
