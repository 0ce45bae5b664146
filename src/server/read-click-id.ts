// Reads a click id that somebody hands in: whether it is one of ours, and not too old for the attribution window.
import { clickIdGraceMs, tokenCharsMax } from '../base/limits.ts';
import { type ClickToken, openClickToken } from '../token/click-token.ts';
import type { KeyRing } from '../token/key-ring.ts';

export type ReadClickId =
  | { readonly ok: true; readonly click: ClickToken }
  | { readonly ok: false; readonly reason: 'click-invalid' | 'click-expired' | 'revoked-key'; readonly detail: string };

/** Opens a click id; `windowMs` is the attribution window. */
export function readClickId(
  text: string,
  { keys, windowMs, nowMs }: { readonly keys: KeyRing; readonly windowMs: number; readonly nowMs: number },
): ReadClickId {
  const opened = text.length > tokenCharsMax ? undefined : openClickToken(keys, text);
  if (!opened?.ok) return { ok: false, reason: 'click-invalid', detail: opened?.reason ?? 'malformed' };
  if (opened.key.revoked) return { ok: false, reason: 'revoked-key', detail: 'revoked-key' };
  const ageMs = nowMs - opened.token.atMs;
  if (ageMs > windowMs + clickIdGraceMs) return { ok: false, reason: 'click-expired', detail: 'expired' };
  return { ok: true, click: opened.token };
}
