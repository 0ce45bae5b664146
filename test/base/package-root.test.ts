import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/base/package-root.ts';

it('packageRoot is the folder of package.json', () => {
  expect(readFileSync(new URL('package.json', packageRoot), 'utf8')).toContain('"name": "telltale"');
});
