// Names by which a machine calls itself.

export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]' || name === '::1';
}
