// The header that has a browser keep an answer as a file (RFC 6266, RFC 8187).

/** Of an id only letters and digits stay: nothing of it can be a step out of a folder, or turn the ending round. */
export function asFile(id: string, ending: string): string {
  const name = `${id.replace(/[^\p{L}\p{N}]+/gu, '-')}.${ending}`;
  const plain = name.replace(/[^ -~]/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}
