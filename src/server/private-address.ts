// Addresses of networks that the world does not see: no reader of mail elsewhere has one, and no name server elsewhere
// knows them.

/** Whether an address is one of a private network, of this machine or of its link. */
export function isPrivate(address: string): boolean {
  return PRIVATE.test(address);
}

const PRIVATE =
  /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i;
