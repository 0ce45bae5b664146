import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute or more, for they wait for processes: the others are run beside them, not behind. */
const LONG = ['pages/browser', 'store/postgres-turns', 'cli/send-kill', 'store/weigh-rows'];

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => moduleId.endsWith(`${name}.test.ts`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests start processes, which takes ten times as long on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One more than by default: many tests wait for processes of their own.
    maxWorkers: '100%',
    // No file changes what another one imports, and importing all anew takes a third of the time.
    isolate: false,
    sequence: { sequencer: LongOnesFirst },
    globalSetup: 'test/support/global-setup.ts',
    alias: [
      {
        find: /^.*\/start-thread\.ts$/,
        replacement: fileURLToPath(new URL('test/support/built-thread.ts', import.meta.url)),
      },
    ],
  },
});
