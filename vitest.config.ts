import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests start processes, which takes ten times as long on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
