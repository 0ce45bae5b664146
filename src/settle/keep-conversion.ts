// What may be kept of a conversion when it is stored: what was revoked, withdrawn or erased since the click holds, and
// since the conversion was told, too.
import type { Conversion } from '../base/conversion.ts';
import type { SettleControl } from './keep-hit.ts';

type Control = Pick<SettleControl, 'isMessageRevoked' | 'isLinkRevoked' | 'consentOf' | 'isErased'>;

/** The conversion as it may be kept: itself, without its recipient, or nothing of it. */
export function keepConversion(conversion: Conversion, control: Control): Conversion | undefined {
  const { recipient, click } = conversion;
  const message = click?.message ?? conversion.message;
  if (message !== null && control.isMessageRevoked(message)) return undefined;
  if (click !== null && control.isLinkRevoked({ message: click.message, index: click.link })) return undefined;
  if (recipient === null) return conversion;
  const level = control.isErased(recipient) ? 'none' : (control.consentOf(recipient)?.clicks ?? 'individual');
  if (level === 'none') return undefined;
  return level === 'aggregate' ? { ...conversion, recipient: null } : conversion;
}
