import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests start processes, which takes ten times as long on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One more than by default: many tests wait for processes of their own.
    maxWorkers: '100%',
    globalSetup: 'test/support/global-setup.ts',
    alias: [
      {
        find: /^.*\/start-thread\.ts$/,
        replacement: fileURLToPath(new URL('test/support/built-thread.ts', import.meta.url)),
      },
    ],
  },
});
