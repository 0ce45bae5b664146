// Addresses that the world sees. Everything else is a network of somebody's own: this machine, its link, its provider's
// services, or a way to reach those through a translation.
import ipaddr from 'ipaddr.js';

/** Whether an address is one of the public internet; an IPv4 address in IPv6 is what it stands for. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}
