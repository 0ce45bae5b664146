// Hosts, as a browser serialises them: lower case, punycode, IPv4 in four decimals. A host stands for itself alone,
// not for those below it, and for all its ports unless one is named.

const PORT = /:(\d{1,5})$/;

/** Reads `Example.com`, `bücher.example:8443` or `[::1]`; nothing for what is no host. */
export function parseHost(text: string): string | undefined {
  const port = PORT.exec(text)?.[1];
  const name = text.replace(PORT, '');
  if (name === '' || /[\s/\\?#@%*]/.test(name) || !URL.canParse(`https://${name}/`)) return undefined;
  const url = new URL(`https://${name}/`);
  if (url.port !== '' || (port !== undefined && Number(port) > 65_535)) return undefined;
  const host = withoutDot(url.hostname);
  if (host === '') return undefined;
  return port === undefined ? host : `${host}:${Number(port)}`;
}

/** What names the host of a destination: the host, and the host with the port that is asked. */
export function hostsOf(destination: string): readonly [string, string] {
  const { hostname, port, protocol } = new URL(destination);
  const host = withoutDot(hostname);
  return [host, `${host}:${port || (protocol === 'https:' ? 443 : 80)}`];
}

/** `example.com.` is `example.com`, spelt out. */
function withoutDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}
