// `npm run bench`: makes plain JavaScript of the source, as the package has it, and runs the benches there. What a loader of
// TypeScript adds to each function would be measured too.
import { spawnSync } from 'node:child_process';
import { builtFile } from '../test/support/built.ts';

const program = builtFile(new URL('./run.ts', import.meta.url));
process.exitCode = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
