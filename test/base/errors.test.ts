import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, messageOf, TelltaleError } from '../../src/base/errors.ts';
import { packageRoot } from '../../src/base/package-root.ts';

const sources = new URL('src/', packageRoot);
const TABLE = 'base/errors.ts';

function readSources(): string {
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.ts') && name !== TABLE);
  return files.map((name) => readFileSync(new URL(name, sources), 'utf8')).join('\n');
}

describe('ERROR_CODES', () => {
  const code = readSources();

  it.each(Object.keys(ERROR_CODES))('%s is used', (name) => {
    expect(code).toContain(`'${name}'`);
  });

  it.each(Object.entries(ERROR_CODES))('%s stands for a sentence', (_, sentence) => {
    expect(sentence).toMatch(/^[A-Z].+\.$/);
  });
});

describe('TelltaleError', () => {
  it('carries code, message and cause', () => {
    const cause = new Error('disk full');
    const error = new TelltaleError('INVALID_KEYS', 'The key ring cannot be read.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'TelltaleError',
      code: 'INVALID_KEYS',
      message: 'The key ring cannot be read.',
    });
    expect(error.cause).toBe(cause);
  });
});

describe('messageOf', () => {
  it.each([
    [new Error('full'), 'full'],
    ['text', 'text'],
    [42, '42'],
    [null, 'null'],
    [undefined, 'undefined'],
  ])('reads %s as %s', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
