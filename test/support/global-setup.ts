// Before all tests: makes the JavaScript that their processes and threads run, once for all of them.
import { builtRoot } from './built.ts';

export default function setup(): void {
  builtRoot();
}
