// Mirrors in tests: opened for one test.
import { onTestFinished } from 'vitest';
import { type Mirror, type OpenMirrorOptions, openMirror } from '../../src/control/open-mirror.ts';

/** Opens a mirror that is closed when the test has ended. */
export function openTestMirror(path: string, options?: OpenMirrorOptions): Mirror {
  const mirror = openMirror(path, options);
  onTestFinished(() => mirror.close());
  return mirror;
}
