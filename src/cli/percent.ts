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
