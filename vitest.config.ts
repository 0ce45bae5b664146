import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests start processes, which takes ten times as long on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: 'test/support/global-setup.ts',
    alias: [
      {
        find: /^.*\/start-thread\.ts$/,
        replacement: fileURLToPath(new URL('test/support/built-thread.ts', import.meta.url)),
      },
    ],
  },
});
